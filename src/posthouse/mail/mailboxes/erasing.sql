-- note_leavers --
-- Those that left their last folder. Moved ones are in another.
INSERT INTO erasures (workspace_id, mailbox_message_id, due_at)
SELECT c.workspace_id, c.id, :due_at
  FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids)
   AND NOT EXISTS (SELECT FROM folder_messages p
                    WHERE p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id)
ON CONFLICT (workspace_id, mailbox_message_id) DO UPDATE SET due_at = excluded.due_at;

-- workspaces_with_erasures --
-- Where there is something to do.
SELECT DISTINCT workspace_id FROM erasures WHERE due_at <= :now;

-- take_due --
-- Each by one process.
SELECT mailbox_message_id FROM erasures
 WHERE workspace_id = :workspace_id AND due_at <= :now
 ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED;

-- lock_unheld --
-- Of the mailboxes of these copies, those that no legal hold keeps. Who sets one waits until we have
-- committed; whoever erases after that waits for him here, and sees it.
SELECT b.id FROM mailboxes b
 WHERE b.workspace_id = :workspace_id AND NOT b.held
   AND b.id IN (SELECT c.mailbox_id FROM mailbox_messages c
                 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids))
 ORDER BY b.id FOR SHARE;

-- keep_held --
-- Until the last hold is lifted (mail/holds): they are not looked at again before.
UPDATE erasures e SET due_at = 'infinity'
  FROM mailbox_messages c
 WHERE e.workspace_id = :workspace_id AND e.mailbox_message_id = ANY(:mailbox_message_ids)
   AND c.workspace_id = e.workspace_id AND c.id = e.mailbox_message_id
   AND c.mailbox_id <> ALL(:unheld::uuid[])
RETURNING e.mailbox_message_id;

-- lock_copies --
-- With content and identity, or not at all: a filing of the same content holds those rows, and is not
-- waited for. Who files it from now on waits until we have committed, finds it gone, and stores it
-- anew.
SELECT c.id
  FROM mailbox_messages c
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.id = v.message_id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids)
 ORDER BY c.id FOR UPDATE SKIP LOCKED;

-- erase_copies --
-- Those in no folder. A foreign key refuses where somebody else needs one.
DELETE FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids)
   AND NOT EXISTS (SELECT FROM folder_messages p
                    WHERE p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id)
RETURNING c.id, c.variant_id;

-- erase_variants --
-- Those no mailbox has. Their data keys go with them: whatever is still encrypted with one (the words
-- of a log entry, a copy of the row on a disk) is noise from now on.
WITH erased AS (
    DELETE FROM variants v
     WHERE v.workspace_id = :workspace_id AND v.id = ANY(:variant_ids)
       AND NOT EXISTS (SELECT FROM mailbox_messages c
                        WHERE c.workspace_id = v.workspace_id AND c.variant_id = v.id)
    RETURNING v.id, v.message_id, v.body_blob_id
), keys AS (
    DELETE FROM data_keys k
     WHERE k.workspace_id = :workspace_id AND k.record_id IN (SELECT id FROM erased)
), people AS (
    DELETE FROM variant_people p
     WHERE p.workspace_id = :workspace_id AND p.variant_id IN (SELECT id FROM erased)
)
SELECT id, message_id, body_blob_id FROM erased;

-- erase_messages --
-- Identities that nothing has any more, with the Message-IDs they named.
WITH erased AS (
    DELETE FROM messages m
     WHERE m.workspace_id = :workspace_id AND m.id = ANY(:message_ids)
       AND NOT EXISTS (SELECT FROM variants v
                        WHERE v.workspace_id = m.workspace_id AND v.message_id = m.id)
    RETURNING m.id
)
DELETE FROM message_references r
 WHERE r.workspace_id = :workspace_id AND r.message_id IN (SELECT id FROM erased);

-- bodies_of_nobody --
-- Other variants may have the same body.
SELECT body.id FROM unnest(:blob_ids::uuid[]) AS body (id)
 WHERE NOT EXISTS (SELECT FROM variants v
                    WHERE v.workspace_id = :workspace_id AND v.body_blob_id = body.id);

-- settle_erasures --
-- Erased, gone before, or back in a folder.
DELETE FROM erasures e
 WHERE e.workspace_id = :workspace_id AND e.mailbox_message_id = ANY(:mailbox_message_ids)
   AND (e.mailbox_message_id = ANY(:locked::uuid[])
        OR NOT EXISTS (SELECT FROM mailbox_messages c
                        WHERE c.workspace_id = e.workspace_id AND c.id = e.mailbox_message_id));

-- postpone_erasures --
-- What could not be looked at, or is held by others.
UPDATE erasures SET due_at = :due_at
 WHERE workspace_id = :workspace_id AND mailbox_message_id = ANY(:mailbox_message_ids);
