-- read_workspace_name --
-- For the page's frame.
SELECT name FROM workspaces WHERE id = :workspace_id;

-- count_mirrors --
-- Drafts of the page, as mail programs see them: the page counts them itself.
SELECT count(*) FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND flags & 32 <> 0;
