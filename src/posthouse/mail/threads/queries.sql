-- find_relatives --
-- Stored messages that bear or name any of these Message-IDs, with the size of their threads.
WITH {{relatives_of keys}}
SELECT id, message_id_key, subject_key, is_reply, reference_keys, thread_id, size
  FROM related;

-- find_parted --
-- Message-IDs around which messages filed just now stand in more than one thread, and threads of
-- theirs that had merged into others when they committed. One look per batch: of namers only those
-- since the oldest transaction that can have run beside, and each probe is limited, so that no plan
-- reads a table.
WITH filed AS MATERIALIZED (
    SELECT DISTINCT m.id, m.message_id_key, c.thread_id
      FROM mailbox_messages c
      JOIN messages m ON m.workspace_id = c.workspace_id AND m.id = c.message_id
     WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids)
), asked AS MATERIALIZED (
    SELECT message_id_key AS key FROM filed WHERE message_id_key IS NOT NULL
    UNION
    SELECT named.message_id_key
      FROM filed
     CROSS JOIN LATERAL (SELECT r.message_id_key FROM message_references r
                          WHERE r.workspace_id = :workspace_id AND r.message_id = filed.id
                          LIMIT 100) named
), around AS (
    SELECT asked.key, bearer.thread_id, true AS bears
      FROM asked
     CROSS JOIN LATERAL (SELECT m.thread_id FROM messages m
                          WHERE m.workspace_id = :workspace_id AND m.message_id_key = asked.key
                          LIMIT :most_bearers + 1) bearer
    UNION ALL
    SELECT asked.key, m.thread_id, false
      FROM asked
     CROSS JOIN LATERAL (SELECT r.message_id FROM message_references r
                          WHERE r.workspace_id = :workspace_id AND r.message_id_key = asked.key
                            AND r.message_id >= :since
                          ORDER BY r.message_id DESC LIMIT 50) naming
     CROSS JOIN LATERAL (SELECT n.thread_id FROM messages n
                          WHERE n.workspace_id = :workspace_id AND n.id = naming.message_id
                          LIMIT 1) m
)
SELECT key, NULL::uuid AS thread_id FROM around GROUP BY key
HAVING count(DISTINCT thread_id) > 1 AND count(*) FILTER (WHERE bears) <= :most_bearers
UNION ALL
SELECT NULL, t.id
  FROM (SELECT DISTINCT thread_id FROM filed) standing
  JOIN threads t ON t.workspace_id = :workspace_id AND t.id = standing.thread_id
 WHERE t.merged_into IS NOT NULL;

-- find_leftovers --
-- Threads that have merged into others and are not empty all the same, with where they went in the
-- end: a merge does not see what commits beside it. Into always is the older, so chains end.
WITH RECURSIVE gone (from_id, into_id) AS (
    SELECT t.id, t.merged_into FROM threads t
     WHERE t.workspace_id = :workspace_id AND t.id = ANY(:thread_ids)
       AND t.merged_into IS NOT NULL
    UNION
    SELECT gone.from_id, t.merged_into
      FROM gone JOIN threads t ON t.workspace_id = :workspace_id AND t.id = gone.into_id
     WHERE t.merged_into IS NOT NULL
)
SELECT DISTINCT ON (from_id) from_id, into_id
  FROM gone
 WHERE EXISTS (SELECT 1 FROM threads t
                WHERE t.workspace_id = :workspace_id AND t.merged_into = gone.from_id)
    OR EXISTS (SELECT 1 FROM messages m
                WHERE m.workspace_id = :workspace_id AND m.thread_id = gone.from_id)
    OR EXISTS (SELECT 1 FROM mailbox_messages c
                WHERE c.workspace_id = :workspace_id AND c.thread_id = gone.from_id)
    OR EXISTS (SELECT 1 FROM folder_messages p
                WHERE p.workspace_id = :workspace_id AND p.thread_id = gone.from_id)
 ORDER BY from_id, into_id;

-- mark_merged --
-- Chains stay one step long: what had merged into a thread that merges now follows it.
UPDATE threads t SET merged_into = new.into_id
  FROM unnest(:from_ids::uuid[], :into_ids::uuid[]) AS new (from_id, into_id)
 WHERE t.workspace_id = :workspace_id
   AND (t.id = new.from_id OR t.merged_into = new.from_id);
