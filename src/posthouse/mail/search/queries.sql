-- unindexed_variants --
-- Of these copies: one per variant that has no rows yet, and each that has hidden recipients.
SELECT c.id AS mailbox_message_id, c.variant_id,
       c.private_fields IS NOT NULL AS has_hidden
  FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids)
   AND NOT EXISTS (SELECT 1 FROM search_chunks s
                    WHERE s.workspace_id = c.workspace_id AND s.variant_id = c.variant_id
                      AND s.mailbox_message_id =
                          CASE WHEN c.private_fields IS NULL
                               THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE c.id END);

-- insert_chunks --
-- Repeat-safe: an event that comes twice changes nothing.
INSERT INTO search_chunks (workspace_id, variant_id, mailbox_message_id, chunk, tsv)
SELECT :workspace_id, variant_id, mailbox_message_id, chunk, tsv
  FROM unnest(:variant_ids::uuid[], :mailbox_message_ids::uuid[], :chunks::smallint[],
              :tsvs::tsvector[]) AS new (variant_id, mailbox_message_id, chunk, tsv)
ON CONFLICT DO NOTHING;

-- forget_hidden --
-- The rows of copies with hidden recipients, when such a copy is erased and its variant stays.
DELETE FROM search_chunks s
 USING unnest(:variant_ids::uuid[], :mailbox_message_ids::uuid[]) AS gone (variant_id, copy_id)
 WHERE s.workspace_id = :workspace_id AND s.variant_id = gone.variant_id
   AND s.mailbox_message_id = gone.copy_id;

-- walk_newest --
-- The newest messages of each mailbox, and those of granted threads, tried one by one: finds common
-- words in milliseconds. `tried` tells whether there are older ones that were not looked at, `left`
-- how many, or null when a mailbox of the actor's own holds more than were listed. With `among` only
-- messages of these words are tried, which is worth it when there are more than `few` of them.
WITH together AS MATERIALIZED (
    SELECT s.variant_id
      FROM search_chunks s
     WHERE s.workspace_id IS NOT DISTINCT FROM :workspace_id::uuid
       AND s.chunk IS NOT DISTINCT FROM 0
       AND :among::text IS NOT NULL AND s.tsv @@ :among::text::tsquery
), candidates AS MATERIALIZED (
    SELECT own.mailbox_id AS listed_of, listed.*
      FROM unnest(:reach_mailboxes::uuid[]) AS own (mailbox_id)
     CROSS JOIN LATERAL (
        SELECT c.id, c.variant_id, c.mailbox_id, c.thread_id, c.received_at
          FROM mailbox_messages c
         WHERE c.workspace_id = :workspace_id AND c.mailbox_id = own.mailbox_id
           AND (:mailbox_id::uuid IS NULL OR c.mailbox_id = :mailbox_id)
           AND (c.received_at, c.id) < (:before, :before_id::uuid) AND c.received_at >= :after
           AND (:among::text IS NULL
                OR EXISTS (SELECT 1 FROM together OFFSET :few)
                   AND (c.variant_id IN (SELECT variant_id FROM together)) IS TRUE)
         ORDER BY c.received_at DESC, c.id DESC LIMIT :depth) listed
    UNION ALL
    SELECT NULL, c.id, c.variant_id, c.mailbox_id, c.thread_id, c.received_at
      FROM grants g
      JOIN mailbox_messages c
        ON c.workspace_id = g.workspace_id AND c.thread_id = g.thread_id
       AND c.mailbox_id = g.mailbox_id
     WHERE g.workspace_id = :workspace_id AND g.member_id = :reach_member
       AND g.thread_id IS NOT NULL AND g.level = ANY(:reach_levels::text[])
       AND (g.expires_at IS NULL OR g.expires_at > now())
       AND c.mailbox_id <> ALL(:reach_mailboxes::uuid[])
       AND (:mailbox_id::uuid IS NULL OR c.mailbox_id = :mailbox_id)
       AND (c.received_at, c.id) < (:before, :before_id::uuid) AND c.received_at >= :after
       AND (:among::text IS NULL
            OR EXISTS (SELECT 1 FROM together OFFSET :few)
               AND (c.variant_id IN (SELECT variant_id FROM together)) IS TRUE)
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (received_at, id) id, variant_id, mailbox_id, thread_id, received_at
      FROM candidates
     ORDER BY received_at DESC, id DESC LIMIT :depth
), matching AS MATERIALIZED (
    SELECT n.id, n.thread_id, n.mailbox_id, n.received_at
      FROM newest n
     WHERE (:words::text IS NULL OR EXISTS (
               SELECT 1 FROM search_chunks s
                WHERE s.workspace_id = :workspace_id AND s.variant_id = n.variant_id
                  AND s.mailbox_message_id IN (n.id, '00000000-0000-0000-0000-000000000000'::uuid)
                  AND s.chunk = 0 AND s.tsv @@ :words::text::tsquery))
       AND {{has_phrases n}}
), hits AS (
    SELECT n.* FROM matching n
     WHERE {{is_placed n}}
     ORDER BY n.received_at DESC, n.id DESC LIMIT :limit
)
SELECT hits.*, last.*
  FROM (SELECT count(*) AS tried, min(received_at) AS oldest,
               (array_agg(id ORDER BY received_at, id))[1] AS oldest_id,
               (SELECT CASE WHEN max(listed.count) < :depth OR max(listed.count) IS NULL
                            THEN (SELECT count(*) FROM candidates) END
                  FROM (SELECT count(*) FROM candidates
                         WHERE listed_of IS NOT NULL GROUP BY listed_of) listed
               ) - count(*) AS left,
               EXISTS (SELECT 1 FROM together OFFSET :few) AS worth_it
          FROM newest) last
  LEFT JOIN hits ON true
 ORDER BY hits.received_at DESC, hits.id DESC;

-- find_by_index --
-- Rare words: the index gives all candidates at once. Materialised, or the planner would walk the
-- date order through millions of misses; the predicate and row-level security come after it. The
-- workspace and chunk are compared in a way that the primary key cannot serve: only the index of
-- words is left.
WITH found AS MATERIALIZED (
    SELECT s.variant_id, s.mailbox_message_id
      FROM search_chunks s
     WHERE s.workspace_id IS NOT DISTINCT FROM :workspace_id::uuid
       AND s.chunk IS NOT DISTINCT FROM 0
       AND s.tsv @@ :words::text::tsquery
)
SELECT DISTINCT ON (c.received_at, c.id) c.id, c.thread_id, c.mailbox_id, c.received_at
  FROM found
  JOIN mailbox_messages c
    ON c.workspace_id = :workspace_id AND c.variant_id = found.variant_id
   AND found.mailbox_message_id IN (c.id, '00000000-0000-0000-0000-000000000000'::uuid)
 WHERE {{readable c}}
   AND (:mailbox_id::uuid IS NULL OR c.mailbox_id = :mailbox_id)
   AND (c.received_at, c.id) < (:before, :before_id::uuid) AND c.received_at >= :after
   AND {{has_phrases c}}
   AND {{is_placed c}}
 ORDER BY c.received_at DESC, c.id DESC LIMIT :limit;

-- clean_pending --
-- Empties the pending list of the index; needs the owner's connection.
SELECT gin_clean_pending_list('search_chunks_by_word'::regclass);

-- rows_written --
-- What the tidying job decides by: rows ever inserted, as the statistics know it.
SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'search_chunks';
