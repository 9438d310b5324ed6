-- hold_mailbox --
-- Waits for whoever is erasing mail of it (erasing.sql, lock_unheld); what is erased later sees it.
UPDATE mailboxes SET held = true
 WHERE workspace_id = :workspace_id AND address = :address RETURNING id;

-- insert_hold --
-- With the mailbox's row locked.
INSERT INTO legal_holds (workspace_id, id, mailbox_id, reason, set_by, set_at)
VALUES (:workspace_id, :id, :mailbox_id, :reason, :set_by, :set_at);

-- lift_hold --
-- Once.
UPDATE legal_holds SET lifted_by = :lifted_by, lifted_at = :lifted_at
 WHERE workspace_id = :workspace_id AND id = :hold_id AND lifted_at IS NULL
RETURNING mailbox_id;

-- lock_mailbox --
-- Two holds of a mailbox are not lifted at the same moment, each counting on the other.
SELECT b.id FROM mailboxes b
  JOIN legal_holds h ON h.workspace_id = b.workspace_id AND h.mailbox_id = b.id
 WHERE b.workspace_id = :workspace_id AND h.id = :hold_id FOR NO KEY UPDATE OF b;

-- release_mailbox --
-- When no other hold is on it.
UPDATE mailboxes b SET held = false
 WHERE b.workspace_id = :workspace_id AND b.id = :mailbox_id
   AND NOT EXISTS (SELECT FROM legal_holds h
                    WHERE h.workspace_id = b.workspace_id AND h.mailbox_id = b.id
                      AND h.lifted_at IS NULL)
RETURNING b.id;

-- release_erasures --
-- What was kept for it alone is erased now.
UPDATE erasures e SET due_at = :now
  FROM mailbox_messages c
 WHERE e.workspace_id = :workspace_id AND e.due_at = 'infinity'
   AND c.workspace_id = e.workspace_id AND c.id = e.mailbox_message_id
   AND c.mailbox_id = :mailbox_id;

-- list_holds --
-- All there were, or one; those that hold stand first.
SELECT h.id, h.mailbox_id, b.address, h.reason, h.set_at, h.lifted_at,
       setter.name AS set_by, lifter.name AS lifted_by,
       CASE WHEN h.lifted_at IS NULL THEN
           (SELECT count(*) FROM erasures e
              JOIN mailbox_messages c
                ON c.workspace_id = e.workspace_id AND c.id = e.mailbox_message_id
             WHERE e.workspace_id = h.workspace_id AND c.mailbox_id = h.mailbox_id)
       ELSE 0 END AS kept,
       exported.count AS exports, exported.newest AS exported_at
  FROM legal_holds h
  JOIN mailboxes b ON b.workspace_id = h.workspace_id AND b.id = h.mailbox_id
  LEFT JOIN members setter ON setter.workspace_id = h.workspace_id AND setter.id = h.set_by
  LEFT JOIN members lifter ON lifter.workspace_id = h.workspace_id AND lifter.id = h.lifted_by
 CROSS JOIN LATERAL (SELECT count(*) AS count, max(x.exported_at) AS newest
                       FROM legal_hold_exports x
                      WHERE x.workspace_id = h.workspace_id AND x.hold_id = h.id) exported
 WHERE h.workspace_id = :workspace_id AND (:hold_id::uuid IS NULL OR h.id = :hold_id)
 ORDER BY h.lifted_at IS NOT NULL, h.set_at DESC, h.id;

-- deleted_messages --
-- Of a mailbox, what is in no folder any more and still here: the next by id.
SELECT c.id, c.received_at, c.size FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.mailbox_id = :mailbox_id AND c.id > :after
   AND NOT EXISTS (SELECT FROM folder_messages p
                    WHERE p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id)
 ORDER BY c.id LIMIT :limit;

-- note_export --
-- Who took the mail out, and how much.
INSERT INTO legal_hold_exports (workspace_id, id, hold_id, exported_by, exported_at, message_count)
VALUES (:workspace_id, :id, :hold_id, :exported_by, :exported_at, :message_count);
