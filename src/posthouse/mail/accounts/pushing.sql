-- folders_changed_here --
-- Folders with something to carry over. Those that only look changed, since we have filed into them or
-- taken out of them, are noted as carried over at once. has_new: something is to be put there now.
WITH looked AS MATERIALIZED (
    SELECT r.id, r.workspace_id, r.folder_id, r.generation, r.pushed_modseq, r.special_use,
           r.listed_down_to, f.highest_modseq,
           r.pushed_modseq = 0
           OR EXISTS (SELECT FROM folder_expunges e
                       WHERE e.workspace_id = f.workspace_id AND e.folder_id = f.id
                         AND e.modseq > r.pushed_modseq) AS has_left
      FROM remote_folders r
      JOIN folders f ON f.workspace_id = r.workspace_id AND f.id = r.folder_id
     WHERE r.workspace_id = :workspace_id AND r.account_id = :account_id AND r.mirrored
       AND f.highest_modseq > r.pushed_modseq
), found AS MATERIALIZED (
    SELECT r.id, r.highest_modseq, r.has_left AND EXISTS (
               SELECT FROM remote_items i
                WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = r.id
                  AND i.generation = r.generation AND i.state = 'stored' AND NOT i.leaving
                  AND i.mailbox_message_id IS NOT NULL
                  AND NOT EXISTS (SELECT FROM folder_messages p
                                   WHERE p.workspace_id = i.workspace_id
                                     AND p.folder_id = r.folder_id
                                     AND p.mailbox_message_id = i.mailbox_message_id)) AS has_left,
           EXISTS (SELECT FROM folder_messages p
                     JOIN remote_items i
                       ON i.workspace_id = p.workspace_id
                      AND i.mailbox_message_id = p.mailbox_message_id
                      AND i.remote_folder_id = r.id AND i.generation = r.generation
                      AND i.state = 'stored' AND NOT i.leaving
                    WHERE p.workspace_id = :workspace_id AND p.folder_id = r.folder_id
                      AND p.modseq > r.pushed_modseq
                      AND (p.flags & 31 <> i.flags
                           OR p.keywords IS DISTINCT FROM i.keywords)) AS has_flags,
           EXISTS (SELECT FROM folder_messages p
                    WHERE p.workspace_id = :workspace_id AND p.folder_id = r.folder_id
                      AND {{only_here p}}) AS keeps_new,
           EXISTS (SELECT FROM folder_messages p
                     LEFT JOIN remote_appends a
                       ON a.workspace_id = p.workspace_id AND a.remote_folder_id = r.id
                      AND a.mailbox_message_id = p.mailbox_message_id
                    WHERE p.workspace_id = :workspace_id AND p.folder_id = r.folder_id
                      AND r.listed_down_to = 1 AND {{only_here p}} AND NOT {{on_its_way p}}
                      AND coalesce(a.due_at <= :now, true)) AS has_new
      FROM looked r
), noted AS (
    UPDATE remote_folders r SET pushed_modseq = found.highest_modseq
      FROM found
     WHERE r.workspace_id = :workspace_id AND r.id = found.id
       AND NOT found.has_left AND NOT found.has_flags AND NOT found.keeps_new
)
SELECT id, highest_modseq, has_left, has_new FROM found
 WHERE has_left OR has_flags OR has_new ORDER BY id;

-- flags_changed_here --
-- What is other here than the server told last: since then it was changed here. 32 is our own mark.
SELECT i.uid, i.flags, i.keywords, p.flags & 31 AS our_flags, p.keywords AS our_keywords,
       p.modseq, p.uid AS our_uid
  FROM remote_folders r
  JOIN folder_messages p
    ON p.workspace_id = r.workspace_id AND p.folder_id = r.folder_id AND p.modseq > r.pushed_modseq
  JOIN remote_items i
    ON i.workspace_id = p.workspace_id AND i.mailbox_message_id = p.mailbox_message_id
   AND i.remote_folder_id = r.id AND i.generation = r.generation
   AND i.state = 'stored' AND NOT i.leaving
 WHERE r.workspace_id = :workspace_id AND r.id = :id
   AND (p.modseq, p.uid) > (:modseq::bigint, :our_uid::bigint)
   AND (p.flags & 31 <> i.flags OR p.keywords IS DISTINCT FROM i.keywords)
 ORDER BY p.modseq, p.uid LIMIT :limit;

-- left_here --
-- Items whose messages are no longer in the folder here: where they lie now, if anywhere. A copy that
-- the server has of its own is no place they were moved to.
SELECT i.uid, i.mailbox_message_id, place.folder_id AS target_id
  FROM remote_items i
  LEFT JOIN LATERAL (
       SELECT p.folder_id FROM folder_messages p
        WHERE p.workspace_id = i.workspace_id AND p.mailbox_message_id = i.mailbox_message_id
          AND NOT {{at_server p}}
        ORDER BY p.folder_id LIMIT 1) place ON true
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.state = 'stored' AND NOT i.leaving AND i.mailbox_message_id IS NOT NULL
   AND i.uid > :uid
   AND NOT EXISTS (SELECT FROM folder_messages p
                    WHERE p.workspace_id = i.workspace_id AND p.folder_id = :folder_id
                      AND p.mailbox_message_id = i.mailbox_message_id)
 ORDER BY i.uid LIMIT :limit;

-- keep_pushed --
-- Everything of before that modseq has reached the server, but for what is still to be put there.
UPDATE remote_folders r
   SET pushed_modseq = greatest(r.pushed_modseq, least(:modseq::bigint, (
           SELECT min(p.modseq) - 1 FROM folder_messages p
            WHERE p.workspace_id = r.workspace_id AND p.folder_id = r.folder_id
              AND {{only_here p}})))
 WHERE r.workspace_id = :workspace_id AND r.id = :id;

-- let_go --
-- Items that we have moved or deleted there. Messages that lie elsewhere now are found again there.
UPDATE remote_items
   SET state = 'gone', mailbox_message_id = NULL
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid = ANY(:uids::bigint[]);

-- take_along --
-- Items under their new UIDs in the folder they were moved to, with their messages and flags.
INSERT INTO remote_items (workspace_id, remote_folder_id, generation, uid, state, flags, keywords,
                          size, arrived_at, mailbox_message_id)
SELECT i.workspace_id, t.id, t.generation, moved.new_uid, 'stored', i.flags, i.keywords, i.size,
       i.arrived_at, i.mailbox_message_id
  FROM unnest(:uids::bigint[], :new_uids::bigint[]) AS moved (uid, new_uid)
  JOIN remote_items i
    ON i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.generation = :generation
   AND i.uid = moved.uid
  JOIN remote_folders t ON t.workspace_id = i.workspace_id AND t.id = :target_id
ON CONFLICT (workspace_id, remote_folder_id, generation, uid) DO UPDATE
   SET state = 'stored', reason = NULL, leaving = false, flags = excluded.flags,
       keywords = excluded.keywords, mailbox_message_id = excluded.mailbox_message_id
 WHERE remote_items.state <> 'stored'
RETURNING mailbox_message_id;

-- count_less --
-- So many are there no longer: we took them away.
UPDATE remote_folders SET remote_count = greatest(remote_count - :count, 0)
 WHERE workspace_id = :workspace_id AND id = :id;

-- bring_back --
-- Their messages were deleted here and changed there: a deletion never beats a change not yet seen.
UPDATE remote_items
   SET state = 'listed', attempts = 0, lives = lives + 1, mailbox_message_id = NULL
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id AND generation = :generation
   AND uid = ANY(:uids::bigint[]) AND state = 'stored' AND NOT leaving;

-- bring_folder_back --
-- What was deleted together with its folder here: deleting folders is not carried over.
UPDATE remote_items i
   SET state = 'listed', attempts = 0, lives = lives + 1, mailbox_message_id = NULL
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :id AND i.state = 'stored'
   AND NOT i.leaving
   AND NOT EXISTS (SELECT FROM folder_messages p
                    WHERE p.workspace_id = i.workspace_id
                      AND p.mailbox_message_id = i.mailbox_message_id);
