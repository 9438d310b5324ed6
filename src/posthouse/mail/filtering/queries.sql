-- read_table --
-- What the workspace has learned so far.
SELECT weights, junk_count, good_count FROM filter_tables WHERE workspace_id = :workspace_id;

-- write_table --
-- After a lesson: all of it, some hundred kilobytes.
INSERT INTO filter_tables (workspace_id, weights, junk_count, good_count)
VALUES (:workspace_id, :weights, :junk_count, :good_count)
ON CONFLICT (workspace_id) DO UPDATE
   SET weights = excluded.weights, junk_count = filter_tables.junk_count + excluded.junk_count,
       good_count = filter_tables.good_count + excluded.good_count, changed_at = now();

-- folder_uses --
-- Which folders a move went between.
SELECT id, mailbox_id, coalesce(special_use, '') AS special_use FROM folders
 WHERE workspace_id = :workspace_id AND id = ANY(:folder_ids);

-- good_mail --
-- What stayed where it arrived in a mailbox, read or newest first: the other half of each lesson.
SELECT p.mailbox_message_id
  FROM folders f
 CROSS JOIN LATERAL (
    SELECT g.mailbox_message_id, g.flags, g.received_at FROM folder_messages g
     WHERE g.workspace_id = f.workspace_id AND g.folder_id = f.id
     ORDER BY g.uid DESC LIMIT :limit) p
 WHERE f.workspace_id = :workspace_id AND f.mailbox_id = :mailbox_id
   AND coalesce(f.special_use, '') IN ('', 'inbox', 'archive')
 ORDER BY p.flags & 1 DESC, p.received_at DESC LIMIT :limit;

-- verdicts_of --
-- What verification said when the mail came.
SELECT id, verdict FROM mailbox_messages
 WHERE workspace_id = :workspace_id AND id = ANY(:mailbox_message_ids) AND verdict IS NOT NULL;
