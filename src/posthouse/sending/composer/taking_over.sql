-- find_answered --
-- By its Message-ID, as this mailbox holds it.
SELECT c.id
  FROM messages m
  JOIN mailbox_messages c ON c.workspace_id = m.workspace_id AND c.message_id = m.id
 WHERE m.workspace_id = :workspace_id AND m.message_id_key = :message_id_key
   AND c.mailbox_id = :mailbox_id
 ORDER BY c.id DESC LIMIT 1;
