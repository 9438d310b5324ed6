-- is_taken --
-- Whether there is any workspace.
SELECT EXISTS (SELECT FROM workspaces) AS taken;
