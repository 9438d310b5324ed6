-- list_folders --
-- What we know of an account's folders.
SELECT id, folder_id, name, special_use, mirrored, generation, uid_validity, uid_next,
       highest_modseq, remote_count, listed_down_to, compared_at, parked_until, failures, label,
       uncounted
  FROM remote_folders WHERE workspace_id = :workspace_id AND account_id = :account_id
 ORDER BY id;

-- insert_folder --
-- Found in a listing; the row may be there when two visits meet.
INSERT INTO remote_folders (workspace_id, id, account_id, folder_id, name, name_key, label,
                            special_use, mirrored, placed_name)
VALUES (:workspace_id, :id, :account_id, :folder_id, :name, :name_key, :label, :special_use,
        :mirrored, (SELECT name_key FROM folders
                     WHERE workspace_id = :workspace_id AND id = :folder_id))
ON CONFLICT (workspace_id, account_id, name_key) DO NOTHING;

-- keep_state --
-- When everything the server told up to there is in the ledger.
UPDATE remote_folders
   SET uid_validity = :uid_validity, uid_next = :uid_next, highest_modseq = :highest_modseq,
       remote_count = :remote_count, failures = 0, parked_until = NULL,
       compared_at = coalesce(:compared_at, compared_at)
 WHERE workspace_id = :workspace_id AND id = :id;

-- keep_bounds --
-- How far down and up the ledger reaches, and how many are there with what is new.
UPDATE remote_folders
   SET listed_down_to = :listed_down_to, uid_next = :uid_next,
       remote_count = remote_count + :new
 WHERE workspace_id = :workspace_id AND id = :id;

-- begin_folder --
-- The first time, or with new numbers: nothing is listed, and items of before wait to be found again.
UPDATE remote_folders
   SET generation = generation + :more, uid_validity = :uid_validity, uid_next = :uid_next,
       listed_down_to = :uid_next, highest_modseq = 0, remote_count = :remote_count,
       compared_at = NULL
 WHERE workspace_id = :workspace_id AND id = :id;

-- part_with_generation --
-- All messages of a folder whose numbers mean nothing any more.
UPDATE remote_items
   SET leaving = mailbox_message_id IS NOT NULL,
       state = CASE WHEN mailbox_message_id IS NULL THEN 'gone' ELSE state END
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND state <> 'gone' AND NOT leaving;

-- park_folder --
-- It does not open: left alone for some hours from the third time on.
UPDATE remote_folders
   SET failures = failures + 1,
       parked_until = CASE WHEN failures + 1 >= 3 THEN :until::timestamptz END
 WHERE workspace_id = :workspace_id AND id = :id;

-- place_folder --
-- Which folder of ours it is now; nothing of it has been carried over.
UPDATE remote_folders
   SET folder_id = :folder_id, pushed_modseq = 0,
       placed_name = (SELECT name_key FROM folders
                       WHERE workspace_id = :workspace_id AND id = :folder_id)
 WHERE workspace_id = :workspace_id AND id = :id;

-- part_with_folder --
-- It is no longer there: its messages leave, and it when they have left.
UPDATE remote_folders SET mirrored = false, listed_down_to = 1
 WHERE workspace_id = :workspace_id AND id = :id;

-- parted_folders --
-- Views have no folder of ours.
SELECT id, folder_id, name, special_use, mirrored, generation, uid_validity, uid_next,
       highest_modseq, remote_count, listed_down_to, compared_at, parked_until, failures, label,
       uncounted
  FROM remote_folders
 WHERE workspace_id = :workspace_id AND account_id = :account_id AND NOT mirrored
   AND folder_id IS NOT NULL
 ORDER BY id;

-- folders_waiting --
-- Those with items that are still to be brought.
SELECT f.id FROM remote_folders f
 WHERE f.workspace_id = :workspace_id AND f.account_id = :account_id
   AND EXISTS (SELECT FROM remote_items i
                WHERE i.workspace_id = f.workspace_id AND i.remote_folder_id = f.id
                  AND i.generation = f.generation AND i.state IN ('listed', 'fetched'));

-- delete_folder --
-- No longer there, and nothing of it left here.
DELETE FROM remote_folders f
 WHERE f.workspace_id = :workspace_id AND f.id = :id
   AND NOT EXISTS (SELECT FROM remote_items i
                    WHERE i.workspace_id = f.workspace_id AND i.remote_folder_id = f.id
                      AND i.leaving);

-- renamed_here --
-- Folders of ours that have another name than when both sides were the same.
SELECT r.id FROM remote_folders r
  JOIN folders f ON f.workspace_id = r.workspace_id AND f.id = r.folder_id
 WHERE r.workspace_id = :workspace_id AND r.account_id = :account_id AND r.mirrored
   AND f.special_use IS NULL AND r.placed_name <> f.name_key;

-- keep_names --
-- Both sides are the same now, or as near as can be.
UPDATE remote_folders r SET placed_name = f.name_key
  FROM folders f
 WHERE r.workspace_id = :workspace_id AND r.id = ANY(:ids::uuid[])
   AND f.workspace_id = r.workspace_id AND f.id = r.folder_id;

-- rename_remote --
-- It has another name there, and is the same folder.
UPDATE remote_folders SET name = :name, name_key = :name_key
 WHERE workspace_id = :workspace_id AND id = :id;

-- newest_items --
-- Some that are here, by which a folder is known again under another name.
SELECT uid, size, arrived_at FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND state = 'stored' AND NOT leaving
 ORDER BY uid DESC LIMIT :limit;

-- has_unseen --
-- Whether there is something in it that was never here.
SELECT EXISTS (SELECT FROM remote_items
                WHERE workspace_id = :workspace_id AND remote_folder_id = :id
                  AND generation = :generation AND NOT leaving
                  AND state IN ('listed', 'fetched', 'filtered', 'failed'));

-- forget_folder --
-- It is gone on both sides.
DELETE FROM remote_folders WHERE workspace_id = :workspace_id AND id = :id;
