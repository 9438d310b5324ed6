-- only_here --
-- What lies in the folder here and is to be put there now. While something there is still to be
-- brought, that may be the very same.
SELECT p.uid AS our_uid, p.modseq, p.flags & 31 AS flags, p.keywords, p.mailbox_message_id,
       p.received_at, a.attempts
  FROM remote_folders r
  JOIN folder_messages p
    ON p.workspace_id = r.workspace_id AND p.folder_id = r.folder_id AND p.modseq > r.pushed_modseq
  LEFT JOIN remote_appends a
    ON a.workspace_id = p.workspace_id AND a.remote_folder_id = r.id
   AND a.mailbox_message_id = p.mailbox_message_id
 WHERE r.workspace_id = :workspace_id AND r.id = :id AND r.listed_down_to = 1
   AND (p.modseq, p.uid) > (:modseq::bigint, :our_uid::bigint)
   AND {{only_here p}}
   AND NOT {{on_its_way p}}
   AND coalesce(a.due_at <= :now, true)
   AND NOT EXISTS (SELECT FROM remote_items w
                    WHERE w.workspace_id = r.workspace_id AND w.remote_folder_id = r.id
                      AND w.generation = r.generation AND w.state IN ('listed', 'fetched'))
 ORDER BY p.modseq, p.uid LIMIT :limit;

-- begin_append --
-- Before the server is asked, or to wait until it has its own.
INSERT INTO remote_appends (workspace_id, remote_folder_id, mailbox_message_id, attempts, due_at,
                            uid_floor)
VALUES (:workspace_id, :id, :mailbox_message_id, :attempts, :due_at, :uid_floor)
ON CONFLICT (workspace_id, remote_folder_id, mailbox_message_id) DO UPDATE
   SET attempts = excluded.attempts, due_at = excluded.due_at,
       uid_floor = CASE WHEN remote_appends.attempts = 0 THEN excluded.uid_floor
                        ELSE least(remote_appends.uid_floor, excluded.uid_floor) END;

-- keep_appended --
-- It is there, under that UID.
WITH done AS (
    DELETE FROM remote_appends
     WHERE workspace_id = :workspace_id AND remote_folder_id = :id
       AND mailbox_message_id = :mailbox_message_id
)
INSERT INTO remote_items (workspace_id, remote_folder_id, generation, uid, state, flags, keywords,
                          size, arrived_at, mailbox_message_id)
VALUES (:workspace_id, :id, :generation, :uid, 'stored', :flags, :keywords::smallint[], :size,
        :arrived_at, :mailbox_message_id)
ON CONFLICT (workspace_id, remote_folder_id, generation, uid) DO NOTHING;

-- appended_twins --
-- What we have put there and never heard of again: the same content, or as the server has changed
-- it, the same Message-ID. It may have left our folder meanwhile.
SELECT v.digest, m.message_id_key, a.uid_floor, c.id AS mailbox_message_id, p.folder_id, p.uid,
       NULL::bigint AS remote_uid, p.flags & 31 AS flags
  FROM remote_appends a
  JOIN mailbox_messages c ON c.workspace_id = a.workspace_id AND c.id = a.mailbox_message_id
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN messages m ON m.workspace_id = c.workspace_id AND m.id = c.message_id
  LEFT JOIN folder_messages p
    ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id AND p.folder_id = :folder_id
 WHERE a.workspace_id = :workspace_id AND a.remote_folder_id = :id AND a.attempts > 0
   AND (v.digest = ANY(:digests::bytea[]) OR m.message_id_key = ANY(:message_id_keys::bytea[]))
   AND NOT EXISTS (SELECT FROM remote_items o
                    WHERE o.workspace_id = a.workspace_id AND o.mailbox_message_id = c.id
                      AND o.remote_folder_id = a.remote_folder_id)
 ORDER BY c.id;

-- forget_appends --
-- They were found there.
DELETE FROM remote_appends
 WHERE workspace_id = :workspace_id AND remote_folder_id = :id
   AND mailbox_message_id = ANY(:mailbox_message_ids::uuid[]);

-- look_for_all --
-- What was deleted here before it was found there is to be deleted there, however long ago that was.
UPDATE remote_folders SET pushed_modseq = 0 WHERE workspace_id = :workspace_id AND id = :id;
