-- places_of_copies --
-- The folders of mailbox messages.
SELECT p.mailbox_message_id, c.message_id, f.mailbox_id, p.folder_id, f.special_use, c.door, p.uid
  FROM folder_messages p
  JOIN folders f ON f.workspace_id = p.workspace_id AND f.id = p.folder_id
  JOIN mailbox_messages c ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
 WHERE p.workspace_id = :workspace_id AND p.mailbox_message_id = ANY(:mailbox_message_ids)
 ORDER BY p.folder_id, p.uid;

-- places_of_message --
-- The folders of one mailbox that hold any copy of a message: by its variants, which are indexed.
SELECT p.mailbox_message_id, c.message_id, f.mailbox_id, p.folder_id, f.special_use, c.door, p.uid
  FROM variants v
  JOIN mailbox_messages c ON c.workspace_id = v.workspace_id AND c.variant_id = v.id
  JOIN folder_messages p ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
  JOIN folders f ON f.workspace_id = p.workspace_id AND f.id = p.folder_id
 WHERE v.workspace_id = :workspace_id AND v.message_id = :message_id AND c.mailbox_id = :mailbox_id
 ORDER BY p.folder_id, p.uid;
