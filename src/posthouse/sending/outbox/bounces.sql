-- may_report --
-- Of these, what came lately into a mailbox that has sent something lately.
SELECT c.id, c.mailbox_id FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids::uuid[])
   AND c.direction = 'in' AND c.received_at > :since
   AND EXISTS (SELECT FROM outbox_messages o
                WHERE o.workspace_id = c.workspace_id AND o.mailbox_id = c.mailbox_id
                  AND o.created_at > :since);

-- sent_recently --
-- The recipients of what a mailbox has sent with one of these Message-IDs.
SELECT r.id, r.address
  FROM messages m
  JOIN outbox_messages o
    ON o.workspace_id = m.workspace_id AND o.message_id = m.id AND o.mailbox_id = :mailbox_id
   AND o.created_at > :since
  JOIN outbox_recipients r ON r.workspace_id = o.workspace_id AND r.outbox_message_id = o.id
 WHERE m.workspace_id = :workspace_id AND m.message_id_key = ANY(:message_id_keys::bytea[]);
