-- lock_moving --
-- Before any message row of a merge, in id order, with the folders the caller files into: writers of
-- one folder queue at its row and never deadlock.
SELECT id FROM folders
 WHERE workspace_id = :workspace_id
   AND (id = ANY(:folder_ids)
        OR id IN (SELECT p.folder_id FROM folder_messages p
                   WHERE p.workspace_id = :workspace_id AND p.thread_id = ANY(:from_ids)))
 ORDER BY id FOR UPDATE;

-- move_threads --
-- Everything that repeats a thread's id follows a merge. Moved places get a modseq of their own, by
-- which whoever watches the folder hears of it.
WITH merged AS MATERIALIZED (
    SELECT * FROM unnest(:from_ids::uuid[], :into_ids::uuid[]) AS merged (from_id, into_id)
), moved_messages AS (
    UPDATE messages m SET thread_id = merged.into_id
      FROM merged WHERE m.workspace_id = :workspace_id AND m.thread_id = merged.from_id
), moved_copies AS (
    UPDATE mailbox_messages c SET thread_id = merged.into_id
      FROM merged WHERE c.workspace_id = :workspace_id AND c.thread_id = merged.from_id
), bumped AS (
    UPDATE folders f SET highest_modseq = f.highest_modseq + 1
     WHERE f.workspace_id = :workspace_id
       AND f.id IN (SELECT p.folder_id FROM folder_messages p
                     WHERE p.workspace_id = :workspace_id AND p.thread_id = ANY(:from_ids))
    RETURNING f.id, f.highest_modseq
), moved_places AS (
    UPDATE folder_messages p SET thread_id = merged.into_id, modseq = bumped.highest_modseq
      FROM merged, bumped
     WHERE p.workspace_id = :workspace_id AND p.thread_id = merged.from_id
       AND p.folder_id = bumped.id
)
SELECT id FROM bumped;
