-- set_keeping --
-- NULL: for ever; 0: not at all.
UPDATE linked_accounts SET kept_days = :kept_days WHERE workspace_id = :workspace_id AND id = :id;

-- read_keeping --
-- How long mail that is here stays at the server.
SELECT kept_days FROM linked_accounts WHERE workspace_id = :workspace_id AND id = :id;
