-- read_workspace_name --
-- For the page's frame.
SELECT name FROM workspaces WHERE id = :workspace_id;
