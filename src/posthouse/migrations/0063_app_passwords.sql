-- App passwords: one for each mail program of a member, and workspaces that want nothing else there.

CREATE TABLE app_passwords (
    workspace_id     uuid NOT NULL,
    id               uuid NOT NULL,
    member_id        uuid NOT NULL,
    name             bytea NOT NULL,
    lookup           bytea NOT NULL,
    scram_stored_key bytea NOT NULL,
    scram_server_key bytea NOT NULL,
    protocols        text[] NOT NULL,
    created_at       timestamptz NOT NULL,
    last_used_at     timestamptz,
    last_protocol    text,
    last_source      text,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, member_id, lookup),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN app_passwords.name IS 'encrypted';
COMMENT ON COLUMN app_passwords.lookup IS 'plain: a keyed hash of the password, which is random';
COMMENT ON COLUMN app_passwords.scram_stored_key IS 'plain: RFC 5802 StoredKey, a hash';
COMMENT ON COLUMN app_passwords.scram_server_key IS 'encrypted';
COMMENT ON COLUMN app_passwords.protocols IS 'plain: enumerations';
COMMENT ON COLUMN app_passwords.last_protocol IS 'plain: an enumeration';
COMMENT ON COLUMN app_passwords.last_source IS 'plain: the address it was last used from, for the list of app passwords';
SELECT protect_by_workspace('app_passwords');

ALTER TABLE workspaces ADD COLUMN app_passwords_required boolean NOT NULL DEFAULT false;
