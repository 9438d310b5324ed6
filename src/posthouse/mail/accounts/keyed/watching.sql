-- read_watch --
-- What is told of an account's news, and until when.
SELECT state, renew_at FROM account_watches
 WHERE workspace_id = :workspace_id AND account_id = :account_id;

-- keep_watch --
-- As the driver left it.
INSERT INTO account_watches (workspace_id, account_id, state, renew_at)
VALUES (:workspace_id, :account_id, :state, :renew_at)
ON CONFLICT (workspace_id, account_id) DO UPDATE
   SET state = excluded.state, renew_at = excluded.renew_at;

-- bring_forward --
-- The service wants to be asked anew.
UPDATE account_watches SET renew_at = :now
 WHERE workspace_id = :workspace_id AND account_id = :account_id;

-- workspace_of --
-- Whose account somebody tells of, who has no workspace.
SELECT workspace_id FROM account_visits WHERE account_id = :account_id;
