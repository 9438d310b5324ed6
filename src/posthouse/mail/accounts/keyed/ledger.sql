-- live_rows --
-- What the ledger has of these keys anywhere in the account; locked.
SELECT i.remote_folder_id, i.uid, i.key, i.mark, i.state, i.leaving, i.flags, i.keywords
  FROM remote_items i
  JOIN remote_folders f ON f.workspace_id = i.workspace_id AND f.id = i.remote_folder_id
 WHERE i.workspace_id = :workspace_id AND f.account_id = :account_id
   AND i.key = ANY(:keys::bytea[]) AND i.state <> 'gone'
 ORDER BY i.remote_folder_id, i.uid FOR UPDATE OF i;

-- take_uids --
-- So many uids of ours, never given before; the first of them.
UPDATE remote_folders SET uid_next = greatest(uid_next, 1) + :count
 WHERE workspace_id = :workspace_id AND id = :id
RETURNING uid_next - :count;

-- insert_items --
-- What the ledger did not know.
INSERT INTO remote_items (workspace_id, remote_folder_id, generation, uid, state, reason, flags,
                          keywords, size, arrived_at, key, remote_id, mark)
SELECT :workspace_id, :id, :generation, uid,
       CASE WHEN size > :largest THEN 'filtered' ELSE 'listed' END,
       CASE WHEN size > :largest THEN 'too_large' END,
       flags, keywords::smallint[], size, arrived_at, key, remote_id, mark
  FROM unnest(:uids::bigint[], :flags::smallint[], :keywords::text[], :sizes::bigint[],
              :arrived_ats::timestamptz[], :keys::bytea[], :remote_ids::bytea[], :marks::bytea[])
       AS new (uid, flags, keywords, size, arrived_at, key, remote_id, mark);

-- take_gone --
-- No longer there. Their messages here wait for the end of the visit.
UPDATE remote_items i
   SET leaving = i.mailbox_message_id IS NOT NULL,
       state = CASE WHEN i.mailbox_message_id IS NULL THEN 'gone' ELSE i.state END
  FROM unnest(:folder_ids::uuid[], :uids::bigint[]) AS told (remote_folder_id, uid)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = told.remote_folder_id
   AND i.uid = told.uid AND i.state <> 'gone' AND NOT i.leaving;

-- take_back --
-- There again before they had left.
UPDATE remote_items i SET leaving = false
  FROM unnest(:folder_ids::uuid[], :uids::bigint[]) AS told (remote_folder_id, uid)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = told.remote_folder_id
   AND i.uid = told.uid AND i.leaving;

-- mark_anew --
-- The content is another one, and was not brought before: it is fetched, whatever failed before.
UPDATE remote_items i
   SET mark = told.mark, attempts = 0, reason = NULL,
       state = CASE WHEN i.state = 'stored' THEN i.state ELSE 'listed' END
  FROM unnest(:folder_ids::uuid[], :uids::bigint[], :marks::bytea[])
       AS told (remote_folder_id, uid, mark)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = told.remote_folder_id
   AND i.uid = told.uid;

-- remote_ids --
-- What the server is asked by.
SELECT uid, key, remote_id FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid = ANY(:uids::bigint[]) AND remote_id IS NOT NULL
 ORDER BY uid;

-- own_content --
-- Where the very same is here already: moved there from another folder, or in several.
SELECT DISTINCT ON (i.uid) i.uid, o.mailbox_message_id
  FROM remote_items i
  JOIN remote_folders f ON f.workspace_id = i.workspace_id AND f.account_id = :account_id
  JOIN remote_items o
    ON o.workspace_id = i.workspace_id AND o.remote_folder_id = f.id AND o.key = i.key
   AND o.state = 'stored' AND o.mailbox_message_id IS NOT NULL
   AND o.mark IS NOT DISTINCT FROM i.mark
  JOIN mailbox_messages c
    ON c.workspace_id = o.workspace_id AND c.id = o.mailbox_message_id
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid = ANY(:uids::bigint[])
 ORDER BY i.uid, o.remote_folder_id, o.uid;

-- waiting --
-- What is still to be brought: those that failed before last, then the newest first; without a date
-- in the order in which the server told of them.
SELECT uid, flags, keywords, size, arrived_at, attempts, lives
  FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND state IN ('listed', 'fetched') AND NOT leaving
 ORDER BY attempts, arrived_at DESC NULLS LAST, uid LIMIT :limit;

-- note_told --
-- What came with the content, of those whose feed did not tell it.
UPDATE remote_items i
   SET flags = coalesce(told.flags, i.flags), arrived_at = coalesce(i.arrived_at, told.arrived_at)
  FROM unnest(:uids::bigint[], :flags::smallint[], :arrived_ats::timestamptz[])
       AS told (uid, flags, arrived_at)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid = told.uid;

-- present --
-- A slice of what the server is known to have.
SELECT uid FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid > :after AND state <> 'gone' AND NOT leaving
 ORDER BY uid LIMIT :limit;

-- are_leaving --
-- Whether something may turn up elsewhere.
SELECT EXISTS (SELECT FROM remote_items i
                 JOIN remote_folders f
                   ON f.workspace_id = i.workspace_id AND f.id = i.remote_folder_id
                WHERE f.workspace_id = :workspace_id AND f.account_id = :account_id AND i.leaving);

-- count_live --
-- How many the ledger thinks are there, by folder.
SELECT f.id, count(i.uid) AS count
  FROM remote_folders f
  LEFT JOIN remote_items i
    ON i.workspace_id = f.workspace_id AND i.remote_folder_id = f.id
   AND i.generation = f.generation AND i.state <> 'gone' AND NOT i.leaving
 WHERE f.workspace_id = :workspace_id AND f.id = ANY(:ids::uuid[])
 GROUP BY f.workspace_id, f.id;

-- keep_counts --
-- How many the server says there are.
UPDATE remote_folders f SET remote_count = told.count
  FROM unnest(:ids::uuid[], :counts::bigint[]) AS told (id, count)
 WHERE f.workspace_id = :workspace_id AND f.id = told.id;

-- keep_uncounted --
-- After everything was compared: so many more it counts than it lists.
UPDATE remote_folders f SET uncounted = told.count
  FROM unnest(:ids::uuid[], :counts::bigint[]) AS told (id, count)
 WHERE f.workspace_id = :workspace_id AND f.id = told.id;

-- note_listed --
-- Whether all of these folders was told once: 1 is complete, as for other servers; 0 was no visit yet.
UPDATE remote_folders SET listed_down_to = CASE WHEN :complete::boolean THEN 1 ELSE 2 END
 WHERE workspace_id = :workspace_id AND id = ANY(:ids::uuid[]) AND listed_down_to <> 1;

-- keep_label --
-- Renamed there.
UPDATE remote_folders SET label = :label WHERE workspace_id = :workspace_id AND id = :id;
