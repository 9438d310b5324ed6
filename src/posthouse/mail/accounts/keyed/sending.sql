-- begin_sending --
-- The second time it says what the first one knew.
INSERT INTO remote_sendings (workspace_id, mailbox_message_id, account_id, begun_at)
VALUES (:workspace_id, :mailbox_message_id, :account_id, :now)
ON CONFLICT (workspace_id, mailbox_message_id) DO UPDATE SET begun_at = remote_sendings.begun_at
RETURNING begun_at < :now AS is_again, key, remote_id;

-- keep_key --
-- Before it leaves, where the service says it then.
UPDATE remote_sendings SET key = :key, remote_id = :remote_id
 WHERE workspace_id = :workspace_id AND mailbox_message_id = :mailbox_message_id;

-- forget_sending --
-- The service does not take it, or has its copy where we have seen it.
DELETE FROM remote_sendings
 WHERE workspace_id = :workspace_id AND mailbox_message_id = ANY(:mailbox_message_ids::uuid[]);

-- sent_folder --
-- What the service calls the folder of sent mail.
SELECT id, name FROM remote_folders
 WHERE workspace_id = :workspace_id AND account_id = :account_id AND special_use = 'sent'
 LIMIT 1;

-- sent_among --
-- Keys of messages that we have sent, whose copies here no item is yet.
SELECT s.key, s.mailbox_message_id FROM remote_sendings s
 WHERE s.workspace_id = :workspace_id AND s.account_id = :account_id
   AND s.key = ANY(:keys::bytea[])
   AND NOT EXISTS (SELECT FROM remote_items i
                    WHERE i.workspace_id = s.workspace_id
                      AND i.mailbox_message_id = s.mailbox_message_id);
