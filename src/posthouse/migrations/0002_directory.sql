-- Workspaces, members, sign-in, grants. The directory tables (no row-level security) are global
-- by nature: what must be found before the workspace is known.

CREATE TABLE workspaces (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN workspaces.name IS 'plain: the operator''s own company name';
SELECT share_with_all_workspaces('workspaces');

-- A workspace's key, wrapped by the master key (file, environment, KMS).
CREATE TABLE workspace_keys (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    generation   smallint NOT NULL,
    wrapped      bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, generation)
);
COMMENT ON COLUMN workspace_keys.wrapped IS 'encrypted';
SELECT share_with_all_workspaces('workspace_keys');

CREATE TABLE domains (
    name         text PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    created_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN domains.name IS 'plain: hosted domains are public in DNS';
CREATE INDEX domains_by_workspace ON domains (workspace_id);
SELECT share_with_all_workspaces('domains');

CREATE TABLE dkim_keys (
    workspace_id uuid NOT NULL,
    domain       text NOT NULL REFERENCES domains (name),
    selector     text NOT NULL,
    algorithm    text NOT NULL CHECK (algorithm IN ('rsa-sha256', 'ed25519-sha256')),
    private_key  bytea NOT NULL,
    txt          text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, domain, selector)
);
COMMENT ON COLUMN dkim_keys.domain IS 'plain: hosted domains are public in DNS';
COMMENT ON COLUMN dkim_keys.selector IS 'plain: public in DNS';
COMMENT ON COLUMN dkim_keys.algorithm IS 'plain: public in DNS';
COMMENT ON COLUMN dkim_keys.private_key IS 'encrypted';
COMMENT ON COLUMN dkim_keys.txt IS 'plain: public in DNS';
SELECT protect_by_workspace('dkim_keys');

CREATE TABLE members (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    address         text NOT NULL,
    name            text NOT NULL,
    role            text NOT NULL CHECK (role IN ('admin', 'member')),
    language        text NOT NULL DEFAULT 'en',
    time_zone       text NOT NULL DEFAULT 'UTC',
    preferences     jsonb NOT NULL DEFAULT '{}',
    argon2id        text,
    scram_salt      bytea,
    scram_iterations integer,
    scram_stored_key bytea,
    scram_server_key bytea,
    disabled_at     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, address)
);
COMMENT ON COLUMN members.address IS 'plain: sign-in addresses are looked up before any key is known';
COMMENT ON COLUMN members.name IS 'plain: the workspace''s own staff directory';
COMMENT ON COLUMN members.role IS 'plain: an enumeration';
COMMENT ON COLUMN members.language IS 'plain: a language tag';
COMMENT ON COLUMN members.time_zone IS 'plain: an IANA zone name';
COMMENT ON COLUMN members.preferences IS 'plain: settings of the page, no content';
COMMENT ON COLUMN members.argon2id IS 'plain: a password hash';
COMMENT ON COLUMN members.scram_salt IS 'plain: RFC 5802 salt';
COMMENT ON COLUMN members.scram_stored_key IS 'plain: RFC 5802 StoredKey, a hash';
COMMENT ON COLUMN members.scram_server_key IS 'encrypted';
SELECT protect_by_workspace('members');

-- Sign-in address → member, before the workspace is known.
CREATE TABLE sign_in_addresses (
    address      text PRIMARY KEY,
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN sign_in_addresses.address IS 'plain: looked up before any key is known';
SELECT share_with_all_workspaces('sign_in_addresses');

-- Failed sign-ins per key (an address or a source network), for throttling and lock-out.
CREATE TABLE sign_in_failures (
    key          bytea PRIMARY KEY,
    failures     integer NOT NULL,
    window_start timestamptz NOT NULL,
    locked_until timestamptz
);
COMMENT ON COLUMN sign_in_failures.key IS 'plain: a hash of address or source';
SELECT share_with_all_workspaces('sign_in_failures');

CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE,
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    agent        text NOT NULL,
    source       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN sessions.token_hash IS 'plain: a hash of the session token';
COMMENT ON COLUMN sessions.agent IS 'plain: browser and system names, reduced, for the list of sessions';
COMMENT ON COLUMN sessions.source IS 'plain: the address a session came from, for the list of sessions';
CREATE INDEX sessions_by_member ON sessions (workspace_id, member_id);
SELECT share_with_all_workspaces('sessions');

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    key_hash     bytea NOT NULL UNIQUE,
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN api_keys.key_hash IS 'plain: a hash of the key';
COMMENT ON COLUMN api_keys.scopes IS 'plain: enumerations';
SELECT share_with_all_workspaces('api_keys');

-- Who may read what. Upper rooms write grants (owner, shared mailbox, hand-over, mention …);
-- security/access turns them into one predicate.
CREATE TABLE grants (
    workspace_id  uuid NOT NULL,
    id            uuid NOT NULL,
    member_id     uuid NOT NULL,
    resource_kind text NOT NULL CHECK (resource_kind IN ('mailbox', 'thread')),
    resource_id   uuid NOT NULL,
    level         text NOT NULL CHECK (level IN ('metadata', 'subject', 'full')),
    may_write     boolean NOT NULL DEFAULT false,
    may_send      boolean NOT NULL DEFAULT false,
    source        text NOT NULL,
    expires_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, member_id, resource_kind, resource_id, source),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN grants.resource_kind IS 'plain: an enumeration';
COMMENT ON COLUMN grants.level IS 'plain: an enumeration';
COMMENT ON COLUMN grants.source IS 'plain: the room that wrote it, such as owner, share, hand-over';
CREATE INDEX grants_by_resource ON grants (workspace_id, resource_kind, resource_id);
SELECT protect_by_workspace('grants');
