-- expect --
-- Copies in mailboxes of accounts that have folders; asked for again, they wait as before.
INSERT INTO sent_copies (workspace_id, mailbox_message_id, account_id, due_at)
SELECT c.workspace_id, c.id, a.id, :due_at
  FROM mailbox_messages c
  JOIN linked_accounts a ON a.workspace_id = c.workspace_id AND a.mailbox_id = c.mailbox_id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids::uuid[])
   AND a.kind = 'imap'
ON CONFLICT (workspace_id, mailbox_message_id) DO NOTHING;

-- accounts_due --
-- Whose servers are to be asked; paused and locked ones wait.
SELECT DISTINCT s.workspace_id, s.account_id
  FROM sent_copies s
  JOIN linked_accounts a ON a.workspace_id = s.workspace_id AND a.id = s.account_id
 WHERE s.due_at <= :now AND a.state NOT IN ('paused', 'locked')
 LIMIT :limit;

-- take_due --
-- Nobody else has them for a while, and then they are due again: what a kill leaves is looked for.
UPDATE sent_copies s SET due_at = :until, attempts = attempts + 1
  FROM (SELECT workspace_id, mailbox_message_id FROM sent_copies
         WHERE workspace_id = :workspace_id AND account_id = :account_id AND due_at <= :now
         ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED) due
 WHERE s.workspace_id = due.workspace_id AND s.mailbox_message_id = due.mailbox_message_id
RETURNING s.mailbox_message_id, s.attempts;

-- copies_now --
-- What lies in Sent here of these: their own copies, or those that a mail program has put in their
-- place. Nothing when a person has taken them out again.
SELECT s.id AS mailbox_message_id, c.id AS copy_id,
       EXISTS (SELECT FROM remote_items i
                WHERE i.workspace_id = c.workspace_id AND i.mailbox_message_id = c.id
                  AND i.state = 'stored' AND NOT i.leaving) AS is_there
  FROM mailbox_messages s
  JOIN mailbox_messages c
    ON c.workspace_id = s.workspace_id AND c.message_id = s.message_id
   AND c.mailbox_id = s.mailbox_id
  JOIN folder_messages p ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
  JOIN folders f
    ON f.workspace_id = p.workspace_id AND f.id = p.folder_id AND f.special_use = 'sent'
 WHERE s.workspace_id = :workspace_id AND s.id = ANY(:mailbox_message_ids::uuid[])
 ORDER BY c.id;

-- put_off --
-- The server could not be asked.
UPDATE sent_copies SET due_at = :due_at
 WHERE workspace_id = :workspace_id AND mailbox_message_id = ANY(:mailbox_message_ids::uuid[]);

-- done --
-- They are there, once.
DELETE FROM sent_copies
 WHERE workspace_id = :workspace_id AND mailbox_message_id = ANY(:mailbox_message_ids::uuid[]);

-- own_copies --
-- Messages in Sent that were sent from here, and that no remote item is yet.
SELECT m.message_id_key, c.id AS mailbox_message_id, p.folder_id, p.uid,
       NULL::bigint AS remote_uid, NULL::smallint AS flags
  FROM messages m
  JOIN mailbox_messages c
    ON c.workspace_id = m.workspace_id AND c.message_id = m.id AND c.mailbox_id = :mailbox_id
  JOIN folder_messages p
    ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
   AND p.folder_id = :folder_id
 WHERE m.workspace_id = :workspace_id AND m.message_id_key = ANY(:message_id_keys::bytea[])
   AND c.door IN ('composer', 'submission', 'append')
   AND NOT EXISTS (SELECT FROM remote_items i
                    WHERE i.workspace_id = c.workspace_id AND i.mailbox_message_id = c.id)
 ORDER BY c.id;
