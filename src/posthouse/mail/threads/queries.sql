-- find_relatives --
-- Stored messages that bear or name any of these Message-IDs, with the size of their threads.
-- Each key is capped: a Message-ID that thousands name links nothing anyway.
WITH asked AS MATERIALIZED (
    SELECT key FROM unnest(:keys::bytea[]) AS asked (key)
), relatives AS MATERIALIZED (
    SELECT bearer.id
      FROM asked
     CROSS JOIN LATERAL (SELECT m.id FROM messages m
                          WHERE m.workspace_id = :workspace_id AND m.message_id_key = asked.key
                          LIMIT 10) bearer
    UNION
    SELECT naming.message_id
      FROM asked
     CROSS JOIN LATERAL (SELECT r.message_id FROM message_references r
                          WHERE r.workspace_id = :workspace_id AND r.message_id_key = asked.key
                          LIMIT 50) naming
)
SELECT m.id, m.message_id_key, m.subject_key, m.is_reply,
       coalesce(t.merged_into, t.id) AS thread_id,
       (SELECT count(*) FROM (SELECT 1 FROM messages s
                               WHERE s.workspace_id = :workspace_id
                                 AND s.thread_id = m.thread_id LIMIT 501) counted) AS size,
       ARRAY(SELECT r.message_id_key FROM message_references r
              WHERE r.workspace_id = :workspace_id AND r.message_id = m.id
                AND r.message_id_key = ANY(:keys)) AS reference_keys
  FROM relatives
  JOIN messages m ON m.workspace_id = :workspace_id AND m.id = relatives.id
  JOIN threads t ON t.workspace_id = m.workspace_id AND t.id = m.thread_id;

-- mark_merged --
-- Chains stay one step long: what had merged into a thread that merges now follows it.
UPDATE threads t SET merged_into = new.into_id
  FROM unnest(:from_ids::uuid[], :into_ids::uuid[]) AS new (from_id, into_id)
 WHERE t.workspace_id = :workspace_id
   AND (t.id = new.from_id OR t.merged_into = new.from_id);
