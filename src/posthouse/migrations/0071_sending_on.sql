-- Mail that goes on to addresses elsewhere, relays of senders, and what TLS other servers showed.

-- Aliases and groups reach addresses that are not kept here, too.
CREATE TABLE forward_targets (
    address      text NOT NULL REFERENCES mailbox_addresses (address) ON DELETE CASCADE,
    id           uuid NOT NULL,
    workspace_id uuid NOT NULL,
    target       bytea NOT NULL,
    PRIMARY KEY (address, id)
);
COMMENT ON COLUMN forward_targets.address IS 'plain: asked at RCPT before any key is known';
COMMENT ON COLUMN forward_targets.target IS 'encrypted';
SELECT share_with_all_workspaces('forward_targets');

-- What goes on, from the transaction that took the mail until the outbox has it.
CREATE TABLE forward_letters (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    forwarded_by text NOT NULL,
    envelope     bytea NOT NULL,
    content      bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN forward_letters.forwarded_by IS 'plain: hosted domains are public in DNS';
COMMENT ON COLUMN forward_letters.envelope IS 'encrypted';
COMMENT ON COLUMN forward_letters.content IS 'encrypted';
SELECT protect_by_workspace('forward_letters');

-- Keys of rewritten return paths (SRS). The newest makes them, older ones still read them.
CREATE TABLE srs_keys (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    secret       bytea NOT NULL,
    made_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN srs_keys.secret IS 'encrypted';
SELECT protect_by_workspace('srs_keys');

-- Mail of others that a domain of ours sends on: its return path is rewritten for that domain.
ALTER TABLE outbox_messages ADD COLUMN forwarded_by text;
COMMENT ON COLUMN outbox_messages.forwarded_by IS 'plain: hosted domains are public in DNS';
ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_door_check;
ALTER TABLE outbox_messages ADD CONSTRAINT outbox_messages_door_check
    CHECK (door IN ('composer', 'submission', 'dsn', 'rule', 'forward', 'report'));

-- Relays by who sends: a mailbox, a domain, a whole workspace. A provider's HTTP API is a relay, too.
ALTER TABLE outbox_routes
    ADD COLUMN kind text NOT NULL DEFAULT 'smtp' CHECK (kind IN ('smtp', 'ses'));
COMMENT ON COLUMN outbox_routes.kind IS 'plain: an enumeration';
CREATE TABLE outbox_relays (
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL,
    mailbox_id   uuid,
    domain       text REFERENCES domains (name) ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('smtp', 'ses')),
    host         text NOT NULL,
    port         integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    tls          text NOT NULL CHECK (tls IN ('opportunistic', 'encrypted', 'verified', 'implicit')),
    sign_in      bytea,
    -- The operator said so at the command line: it may stand in a network of his own.
    inside       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, id),
    CHECK (mailbox_id IS NULL OR domain IS NULL),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN outbox_relays.domain IS 'plain: hosted domains are public in DNS';
COMMENT ON COLUMN outbox_relays.kind IS 'plain: an enumeration';
COMMENT ON COLUMN outbox_relays.host IS 'plain: where mail is handed over, asked before any key is known';
COMMENT ON COLUMN outbox_relays.tls IS 'plain: an enumeration';
COMMENT ON COLUMN outbox_relays.sign_in IS 'encrypted';
-- One for each sender, and one for the workspace.
CREATE UNIQUE INDEX outbox_relays_by_sender ON outbox_relays
    (workspace_id, coalesce(mailbox_id::text, domain, ''));
SELECT share_with_all_workspaces('outbox_relays');

-- What a relay is chosen by. Reports on TLS go without it when need be (RFC 8460 3).
ALTER TABLE outbox_queue
    ADD COLUMN mailbox_id    uuid,
    ADD COLUMN sender_domain text,
    ADD COLUMN tls_optional  boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN outbox_queue.sender_domain IS 'plain: hosted domains are public in DNS';

-- Sessions with other servers, counted by day, domain, policy and what went wrong (RFC 8460 4).
CREATE TABLE outbox_tls_sessions (
    day      date NOT NULL,
    domain   text NOT NULL,
    id       bytea NOT NULL,
    policy   text NOT NULL,
    failure  text,
    sessions bigint NOT NULL,
    PRIMARY KEY (day, domain, id)
);
COMMENT ON COLUMN outbox_tls_sessions.domain IS 'plain: where mail goes to; DNS hears it anyway';
COMMENT ON COLUMN outbox_tls_sessions.id IS 'plain: a hash of policy and failure';
COMMENT ON COLUMN outbox_tls_sessions.policy IS 'plain: published by the domain';
COMMENT ON COLUMN outbox_tls_sessions.failure IS 'plain: kinds of failures, names and addresses of mail hosts';
SELECT share_with_all_workspaces('outbox_tls_sessions');

-- Reports that were or are being sent.
CREATE TABLE outbox_tls_reports (
    day        date NOT NULL,
    domain     text NOT NULL,
    id         uuid NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL,
    sent_at    timestamptz,
    outcome    text NOT NULL DEFAULT '',
    PRIMARY KEY (day, domain)
);
COMMENT ON COLUMN outbox_tls_reports.domain IS 'plain: where mail goes to; DNS hears it anyway';
COMMENT ON COLUMN outbox_tls_reports.outcome IS 'plain: an enumeration';
SELECT share_with_all_workspaces('outbox_tls_reports');
