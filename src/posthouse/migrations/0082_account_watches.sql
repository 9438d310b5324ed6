-- What a service was asked for, so that it tells of news in an account: the driver's own state of it,
-- and when it is asked again. The door brings `renew_at` forward when the service wants to be asked.
CREATE TABLE account_watches (
    workspace_id uuid NOT NULL,
    account_id   uuid NOT NULL,
    state        bytea NOT NULL,
    renew_at     timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, account_id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN account_watches.state IS 'encrypted';
SELECT protect_by_workspace('account_watches');
