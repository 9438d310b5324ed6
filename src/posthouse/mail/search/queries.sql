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

-- bulk_waits --
-- Whether mail that came through one of these doors is among what a listener has next before it:
-- the whole log, when it has never run.
SELECT EXISTS (
    SELECT FROM (SELECT e.body ->> 'door' AS door FROM events e
                  WHERE (e.xid, e.seq) > (coalesce((SELECT c.xid FROM event_cursors c
                                                     WHERE c.listener = :listener), '0'),
                                          coalesce((SELECT c.seq FROM event_cursors c
                                                     WHERE c.listener = :listener), 0))
                    AND e.kind = :kind
                  ORDER BY e.xid, e.seq LIMIT :limit) waits
     WHERE door = ANY(:doors::text[]));

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
-- The newest messages of each mailbox, and those of granted threads, tried one by one until a page
-- is full: finds common words in milliseconds. `left` tells how many older ones were not tried, or
-- null when there are more than were listed, which ends between two moments (`cut`). When it matters
-- where messages lie and with which flags (`placed`), the folders are listed, whose index knows
-- both; the flags in a CASE, which the planner takes for half of the rows: of a comparison it
-- expects a handful, and sorts the whole folder (OFFSET 0: or it would hash the whole mailbox).
-- With `among` only messages of these words are tried, if there are more than `few`: `worth_it`.
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
           AND {{is_among c}}
         ORDER BY c.received_at DESC FETCH FIRST :depth ROWS WITH TIES) listed
     WHERE NOT :placed::boolean
    UNION ALL
    SELECT f.id, c.id, c.variant_id, c.mailbox_id, c.thread_id, listed.received_at
      FROM folders f
     CROSS JOIN LATERAL (
        SELECT p.received_at, p.mailbox_message_id
          FROM folder_messages p
         WHERE p.workspace_id = :workspace_id AND p.folder_id = f.id
           AND (p.received_at, p.mailbox_message_id) < (:before, :before_id::uuid)
           AND p.received_at <= :before AND p.received_at >= :after
           AND CASE p.flags & (:flags_set::smallint | :flags_clear::smallint | 32::smallint)
               WHEN :flags_set::smallint THEN true ELSE false END
         ORDER BY p.received_at DESC FETCH FIRST :depth ROWS WITH TIES) listed
     CROSS JOIN LATERAL (
        SELECT c.id, c.variant_id, c.mailbox_id, c.thread_id FROM mailbox_messages c
         WHERE c.workspace_id = :workspace_id AND c.id = listed.mailbox_message_id OFFSET 0) c
     WHERE :placed::boolean AND f.workspace_id = :workspace_id
       AND f.mailbox_id = ANY(:reach_mailboxes::uuid[])
       AND (:mailbox_id::uuid IS NULL OR f.mailbox_id = :mailbox_id)
       AND (:folder_ids::uuid[] IS NULL OR f.id = ANY(:folder_ids))
       AND {{is_among c}}
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
       AND {{is_among c}}
), cut AS MATERIALIZED (
    SELECT max(each.oldest) AS at
      FROM (SELECT count(*), min(received_at) AS oldest FROM candidates
             WHERE listed_of IS NOT NULL GROUP BY listed_of) each
     WHERE each.count >= :depth
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (received_at, id) id, variant_id, mailbox_id, thread_id, received_at
      FROM candidates
     WHERE received_at >= coalesce((SELECT at FROM cut), '-infinity')
     ORDER BY received_at DESC, id DESC LIMIT :depth
), hits AS (
    SELECT n.id, n.thread_id, n.mailbox_id, n.received_at
      FROM (SELECT * FROM newest ORDER BY received_at DESC, id DESC OFFSET 0) n
     WHERE CASE WHEN {{has_words n}} AND {{has_phrases n}} THEN {{is_placed n}} END
     ORDER BY n.received_at DESC, n.id DESC LIMIT :limit
)
SELECT hits.*, last.received_at AS oldest, last.id AS oldest_id, tried.count AS tried,
       CASE WHEN (SELECT at FROM cut) IS NULL
            THEN (SELECT count(*) FROM candidates) - tried.count END AS left,
       EXISTS (SELECT 1 FROM together OFFSET :few) AS worth_it
  FROM (SELECT count(*) FROM newest) tried
  LEFT JOIN (SELECT received_at, id FROM newest ORDER BY received_at, id LIMIT 1) last ON true
  LEFT JOIN hits ON true
 ORDER BY hits.received_at DESC, hits.id DESC;

-- is_common --
-- Whether the index knows more than `few` messages of these words; it stops counting there.
SELECT EXISTS (SELECT 1 FROM search_chunks s
                WHERE (s.workspace_id = :workspace_id::uuid) IS TRUE
                  AND s.chunk IS NOT DISTINCT FROM 0
                  AND s.tsv @@ :words::text::tsquery OFFSET :few);

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
