-- The workspace that took the empty house runs it: its administrators see to what all share. In
-- a house that stands already it is the first one.
INSERT INTO house_claims (workspace_id, claimed_at)
SELECT id, now() FROM workspaces ORDER BY created_at, id LIMIT 1
ON CONFLICT (one) DO NOTHING;

-- The certificate that the house wants from an authority (RFC 8555), and how it goes. One row.
CREATE TABLE certificate_wishes (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    directory    text NOT NULL,
    trust        text,
    names        text[] NOT NULL,
    agreed_at    timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    tried_at     timestamptz,
    failures     integer NOT NULL DEFAULT 0,
    problem      text,
    detail       text,
    leased_until timestamptz
);
SELECT share_with_all_workspaces('certificate_wishes');
COMMENT ON COLUMN certificate_wishes.directory IS 'plain: the address of a public service';
COMMENT ON COLUMN certificate_wishes.trust IS 'plain: a certificate, shown to everybody';
COMMENT ON COLUMN certificate_wishes.names IS 'plain: hostnames that DNS and the certificate show';
COMMENT ON COLUMN certificate_wishes.problem IS 'plain: a kind of failure, of a list';
COMMENT ON COLUMN certificate_wishes.detail IS 'plain: what the authority said of our hostnames';

-- Whom we are at an authority.
CREATE TABLE certificate_accounts (
    id        uuid PRIMARY KEY,
    directory text NOT NULL UNIQUE,
    url       text NOT NULL,
    key       bytea NOT NULL
);
SELECT share_with_all_workspaces('certificate_accounts');
COMMENT ON COLUMN certificate_accounts.directory IS 'plain: the address of a public service';
COMMENT ON COLUMN certificate_accounts.url IS 'plain: opens nothing without the key';
COMMENT ON COLUMN certificate_accounts.key IS 'encrypted';

-- What listeners show. Only the newest is kept.
CREATE TABLE certificates (
    id         uuid PRIMARY KEY,
    directory  text NOT NULL,
    chain      text NOT NULL,
    key        bytea NOT NULL,
    issued_at  timestamptz NOT NULL
);
SELECT share_with_all_workspaces('certificates');
COMMENT ON COLUMN certificates.directory IS 'plain: the address of a public service';
COMMENT ON COLUMN certificates.chain IS 'plain: shown to everybody who connects';
COMMENT ON COLUMN certificates.key IS 'encrypted';

-- What the authority looks for at our names, over plain HTTP (RFC 8555 8.3).
CREATE TABLE certificate_challenges (
    token      text PRIMARY KEY,
    answer     text NOT NULL,
    expires_at timestamptz NOT NULL
);
SELECT share_with_all_workspaces('certificate_challenges');
COMMENT ON COLUMN certificate_challenges.token IS 'plain: random, asked for over plain HTTP';
COMMENT ON COLUMN certificate_challenges.answer IS 'plain: given to everybody who asks';
