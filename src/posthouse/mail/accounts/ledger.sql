-- list_items --
-- New ones. A UID that was gone and is told of again begins another life.
INSERT INTO remote_items (workspace_id, remote_folder_id, generation, uid, state, reason, flags,
                          keywords, size, arrived_at)
SELECT :workspace_id, :id, :generation, uid, state, reason, flags, keywords::smallint[], size,
       arrived_at
  FROM unnest(:uids::bigint[], :states::text[], :reasons::text[], :flags::smallint[],
              :keywords::text[], :sizes::bigint[], :arrived_ats::timestamptz[])
       AS new (uid, state, reason, flags, keywords, size, arrived_at)
ON CONFLICT (workspace_id, remote_folder_id, generation, uid) DO UPDATE
   SET state = CASE WHEN remote_items.leaving THEN remote_items.state ELSE excluded.state END,
       leaving = false, attempts = 0,
       lives = remote_items.lives + CASE WHEN remote_items.leaving THEN 0 ELSE 1 END,
       flags = CASE WHEN remote_items.leaving THEN remote_items.flags ELSE excluded.flags END,
       keywords = CASE WHEN remote_items.leaving THEN remote_items.keywords
                       ELSE excluded.keywords END
 WHERE remote_items.state = 'gone' OR remote_items.leaving;

-- rows_between --
-- A window as it is compared.
SELECT uid, flags, keywords FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid BETWEEN :low AND :high AND state <> 'gone' AND NOT leaving
 ORDER BY uid;

-- highest_uids --
-- Where a window of so many items ends.
SELECT uid FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid >= :low AND state <> 'gone' AND NOT leaving
 ORDER BY uid OFFSET :most LIMIT 1;

-- count_items --
-- How many the server is known to have, of those that are listed.
SELECT count(*) FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND state <> 'gone' AND NOT leaving;

-- take_vanished --
-- Their messages here wait for the end of the visit; what was never brought is gone at once.
UPDATE remote_items i
   SET leaving = i.mailbox_message_id IS NOT NULL,
       state = CASE WHEN i.mailbox_message_id IS NULL THEN 'gone' ELSE i.state END
  FROM unnest(:lows::bigint[], :highs::bigint[]) AS told (low, high)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid BETWEEN told.low AND told.high AND i.state <> 'gone' AND NOT i.leaving;

-- flags_before --
-- What the server told last of these, and where their messages lie here: in this folder, else
-- wherever they were moved to; a copy that the server has of its own is another one's.
SELECT i.uid, i.state, i.flags, i.keywords, place.folder_id, place.uid AS our_uid
  FROM remote_items i
  LEFT JOIN LATERAL (
       SELECT p.folder_id, p.uid FROM folder_messages p
        WHERE p.workspace_id = i.workspace_id AND p.mailbox_message_id = i.mailbox_message_id
          AND ((p.folder_id = :folder_id) IS TRUE OR NOT {{at_server p}})
        ORDER BY (p.folder_id = :folder_id) IS TRUE DESC, p.folder_id LIMIT 1) place ON true
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid = ANY(:uids::bigint[]) AND i.state <> 'gone' AND NOT i.leaving
 ORDER BY i.uid FOR UPDATE OF i;

-- keep_flags --
-- What the server tells now.
UPDATE remote_items i SET flags = told.flags, keywords = told.keywords::smallint[]
  FROM unnest(:uids::bigint[], :flags::smallint[], :keywords::text[]) AS told (uid, flags, keywords)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid = told.uid;

-- waiting --
-- What is still to be brought: the newest first, those that failed before last.
SELECT uid, flags, keywords, size, arrived_at, attempts, lives
  FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND state IN ('listed', 'fetched') AND NOT leaving
 ORDER BY attempts, uid DESC LIMIT :limit;

-- lock_waiting --
-- Of those, what nobody has brought meanwhile.
SELECT uid FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid = ANY(:uids::bigint[]) AND state IN ('listed', 'fetched') AND NOT leaving
 ORDER BY uid FOR UPDATE;

-- find_here --
-- Messages of the same content that are in the mailbox already: those whose item is leaving (moved
-- there, or numbered anew), and those in this folder that the server did not have there (put there
-- by a person, moved by us, or kept from before). lies_there: what is leaving has a place of its own,
-- which goes with it.
SELECT v.digest, c.id AS mailbox_message_id, p.folder_id, p.uid,
       i.remote_folder_id, i.generation, i.uid AS remote_uid, i.flags,
       EXISTS (SELECT FROM remote_folders t
                 JOIN folder_messages q
                   ON q.workspace_id = t.workspace_id AND q.folder_id = t.folder_id
                  AND q.mailbox_message_id = c.id AND q.folder_id <> p.folder_id
                WHERE t.workspace_id = i.workspace_id AND t.id = i.remote_folder_id) AS lies_there
  FROM variants v
  JOIN mailbox_messages c
    ON c.workspace_id = v.workspace_id AND c.variant_id = v.id AND c.mailbox_id = :mailbox_id
  JOIN folder_messages p ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
  LEFT JOIN remote_items i
    ON i.workspace_id = c.workspace_id AND i.mailbox_message_id = c.id AND i.leaving
 WHERE v.workspace_id = :workspace_id AND v.digest = ANY(:digests::bytea[])
   AND NOT {{at_server p}}
   AND (p.folder_id = :folder_id
        OR (i.leaving AND {{is_place_of_leaving p}}
           AND NOT EXISTS (  -- it is in the folder already: this is another one
               SELECT FROM folder_messages q
                WHERE q.workspace_id = c.workspace_id AND q.folder_id = :folder_id
                  AND q.mailbox_message_id = c.id)
           AND NOT EXISTS (  -- it was there, and its deletion is still to be carried over
               SELECT FROM remote_items o
                 JOIN remote_folders s
                   ON s.workspace_id = o.workspace_id AND s.id = o.remote_folder_id
                  AND s.generation = o.generation AND s.folder_id = :folder_id
                WHERE o.workspace_id = c.workspace_id AND o.mailbox_message_id = c.id
                  AND o.state = 'stored' AND NOT o.leaving)))
 ORDER BY (p.folder_id = :folder_id) DESC, c.id;

-- leaving_alike --
-- Messages of items that are leaving, of the same size and time as items that wait: they may be the
-- same, moved there or numbered anew. Otherwise as find_here.
SELECT w.uid AS new_uid, c.id AS mailbox_message_id, p.folder_id, p.uid,
       i.remote_folder_id, i.generation, i.uid AS remote_uid, i.flags,
       EXISTS (SELECT FROM folder_messages q
                WHERE q.workspace_id = c.workspace_id AND q.folder_id = t.folder_id
                  AND q.mailbox_message_id = c.id AND q.folder_id <> p.folder_id) AS lies_there
  FROM remote_items w
  JOIN remote_folders t ON t.workspace_id = w.workspace_id AND t.account_id = :account_id
  JOIN remote_items i
    ON i.workspace_id = t.workspace_id AND i.remote_folder_id = t.id AND i.leaving
   AND i.size = w.size AND i.arrived_at = w.arrived_at
  JOIN mailbox_messages c ON c.workspace_id = i.workspace_id AND c.id = i.mailbox_message_id
  JOIN folder_messages p ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
 WHERE w.workspace_id = :workspace_id AND w.remote_folder_id = :id AND w.generation = :generation
   AND w.uid = ANY(:uids::bigint[]) AND w.size > 0
   AND NOT {{at_server p}}
   AND (p.folder_id = :folder_id
        OR ({{is_place_of_leaving p}}
           AND NOT EXISTS (
               SELECT FROM folder_messages q
                WHERE q.workspace_id = c.workspace_id AND q.folder_id = :folder_id
                  AND q.mailbox_message_id = c.id)
           AND NOT EXISTS (  -- it was there, and its deletion is still to be carried over
               SELECT FROM remote_items o
                 JOIN remote_folders s
                   ON s.workspace_id = o.workspace_id AND s.id = o.remote_folder_id
                  AND s.generation = o.generation AND s.folder_id = :folder_id
                WHERE o.workspace_id = c.workspace_id AND o.mailbox_message_id = c.id
                  AND o.state = 'stored' AND NOT o.leaving)))
 ORDER BY (p.folder_id = :folder_id) DESC, c.id;

-- keep_stored --
-- In the transaction that files them.
UPDATE remote_items i
   SET state = 'stored', reason = NULL, mailbox_message_id = done.mailbox_message_id
  FROM unnest(:uids::bigint[], :mailbox_message_ids::uuid[]) AS done (uid, mailbox_message_id)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid = done.uid;

-- look_again --
-- Their messages were in the folder here before the items were: what is other there is carried over.
UPDATE remote_folders r
   SET pushed_modseq = least(r.pushed_modseq, (
           SELECT min(p.modseq) - 1 FROM folder_messages p
            WHERE p.workspace_id = r.workspace_id AND p.folder_id = r.folder_id
              AND p.mailbox_message_id = ANY(:mailbox_message_ids::uuid[])))
 WHERE r.workspace_id = :workspace_id AND r.id = :id;

-- part_with --
-- Whose messages another item has now, or that left for good.
UPDATE remote_items i SET leaving = false, state = 'gone', mailbox_message_id = NULL
  FROM unnest(:folder_ids::uuid[], :generations::smallint[], :uids::bigint[])
       AS left_it (remote_folder_id, generation, uid)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = left_it.remote_folder_id
   AND i.generation = left_it.generation AND i.uid = left_it.uid AND i.leaving;

-- note_failures --
-- Tried again the next time; failed for good after some.
UPDATE remote_items
   SET attempts = attempts + 1, reason = :reason,
       state = CASE WHEN attempts + 1 >= :most THEN 'failed' ELSE state END
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid = ANY(:uids::bigint[]) AND state IN ('listed', 'fetched');

-- retry_failed --
-- A person asks for it: each is tried once more, by itself.
UPDATE remote_items i SET state = 'listed', attempts = :attempts
  FROM remote_folders f
 WHERE f.workspace_id = :workspace_id AND f.account_id = :account_id
   AND i.workspace_id = f.workspace_id AND i.remote_folder_id = f.id
   AND i.generation = f.generation AND i.state = 'failed' AND NOT i.leaving;

-- leavings --
-- What left an account for good, and where it lies here, also when it was moved here meanwhile; not
-- copies that are elsewhere there, too. Items of folders that were numbered anew wait until all is
-- listed and brought under the new numbers.
SELECT i.remote_folder_id, i.generation, i.uid AS remote_uid, place.folder_id, place.uid AS our_uid
  FROM remote_items i
  JOIN remote_folders f ON f.workspace_id = i.workspace_id AND f.id = i.remote_folder_id
  LEFT JOIN LATERAL (
       SELECT p.folder_id, p.uid FROM folder_messages p
        WHERE p.workspace_id = i.workspace_id AND p.mailbox_message_id = i.mailbox_message_id
          AND NOT {{at_server p}} AND {{is_place_of_leaving p}}
        ORDER BY (p.folder_id = f.folder_id) IS TRUE DESC, p.folder_id LIMIT 1) place ON true
 WHERE i.workspace_id = :workspace_id AND f.account_id = :account_id AND i.leaving
   AND (i.generation = f.generation
        OR (f.listed_down_to = 1
            AND NOT EXISTS (SELECT FROM remote_items w
                             WHERE w.workspace_id = f.workspace_id AND w.remote_folder_id = f.id
                               AND w.generation = f.generation
                               AND w.state IN ('listed', 'fetched'))))
 ORDER BY f.id, i.generation, i.uid LIMIT :limit;

-- are_waiting --
-- Whether something is still to be listed or brought.
SELECT EXISTS (SELECT FROM remote_folders f
                WHERE f.workspace_id = :workspace_id AND f.account_id = :account_id AND f.mirrored
                  AND f.parked_until IS NULL
                  AND (f.listed_down_to <> 1
                       OR EXISTS (SELECT FROM remote_items i
                                   WHERE i.workspace_id = f.workspace_id
                                     AND i.remote_folder_id = f.id
                                     AND i.generation = f.generation
                                     AND i.state IN ('listed', 'fetched'))));

-- note_visit --
-- All folders were looked at; the first sync is over when nothing waits any more.
UPDATE linked_accounts
   SET last_visit_at = :now,
       last_new_at = CASE WHEN :stored::bigint > 0 THEN :now ELSE last_new_at END,
       history_done_at = CASE WHEN :waiting::boolean THEN history_done_at
                              ELSE coalesce(history_done_at, :now) END
 WHERE workspace_id = :workspace_id AND id = :account_id;
