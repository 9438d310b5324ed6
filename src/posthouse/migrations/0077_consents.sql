-- Linked accounts that sign in by a member's consent (OAuth 2.0) in place of a password.

-- What a provider gave us for an account. `version` counts the refreshes: whoever comes late with
-- an older one changes nothing. One process at a time asks for a new token: the lease says which.
CREATE TABLE account_tokens (
    workspace_id     uuid NOT NULL,
    account_id       uuid NOT NULL,
    service          text NOT NULL,
    tokens           bytea NOT NULL,
    version          bigint NOT NULL DEFAULT 1,
    obtained_at      timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    refreshing_by    uuid,
    refreshing_until timestamptz,
    PRIMARY KEY (workspace_id, account_id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN account_tokens.service IS 'plain: a name from the table of services';
COMMENT ON COLUMN account_tokens.tokens IS 'encrypted';
SELECT protect_by_workspace('account_tokens');

-- A consent that was asked for and has not come back yet: good once, for a quarter of an hour, and
-- in the session that asked.
CREATE TABLE account_consents (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    member_id    uuid NOT NULL,
    session_id   uuid NOT NULL,
    state_key    bytea NOT NULL,
    request      bytea NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, state_key),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN account_consents.state_key IS 'plain: keyed hash of the state, for look-up';
COMMENT ON COLUMN account_consents.request IS 'encrypted';
CREATE INDEX account_consents_by_member ON account_consents (workspace_id, member_id);
SELECT protect_by_workspace('account_consents');
