-- expunged_since --
-- What left after a modseq, and whether the log still reaches back to it. One statement, so that no
-- row is trimmed between the two answers.
SELECT f.mailbox_id, f.uid_next, f.highest_modseq,
       f.expunges_trimmed_to <= :modseq AS complete,
       ARRAY(SELECT e.uid FROM folder_expunges e
              WHERE e.workspace_id = :workspace_id AND e.folder_id = :folder_id
                AND e.modseq > :modseq
              ORDER BY e.uid) AS uids
  FROM folders f
 WHERE f.workspace_id = :workspace_id AND f.id = :folder_id;

-- remaining_uids --
-- What is still there: for who asks from before the log, and before a folder is emptied.
SELECT uid FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id ORDER BY uid;

-- list_workspaces --
-- All of them: each log is looked at by itself.
SELECT id FROM workspaces ORDER BY id;

-- overgrown_logs --
-- Up to which modseq each log is too old, or older than its newest so many rows.
SELECT folder_id, trim_to
  FROM (SELECT folder_id,
               greatest(max(modseq) FILTER (WHERE expunged_at < :before),
                        max(modseq) FILTER (WHERE nth > :most)) AS trim_to
          FROM (SELECT folder_id, modseq, expunged_at,
                       row_number() OVER (PARTITION BY folder_id ORDER BY modseq DESC) AS nth
                  FROM folder_expunges WHERE workspace_id = :workspace_id) log
         GROUP BY folder_id) logs
 WHERE trim_to IS NOT NULL
 ORDER BY folder_id;

-- trim_log --
-- The oldest rows of one log, and how far it reaches from now on. Deliveries wait for the folder's
-- row meanwhile, so a slice is small.
WITH oldest AS MATERIALIZED (
    SELECT uid, modseq FROM folder_expunges
     WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND modseq <= :trim_to
     ORDER BY modseq LIMIT :limit
), told AS (
    UPDATE folders
       SET expunges_trimmed_to = greatest(expunges_trimmed_to, (SELECT max(modseq) FROM oldest))
     WHERE workspace_id = :workspace_id AND id = :folder_id
)
DELETE FROM folder_expunges e USING oldest
 WHERE e.workspace_id = :workspace_id AND e.folder_id = :folder_id AND e.uid = oldest.uid;
