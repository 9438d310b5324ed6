-- take_lease --
-- Unless another session has it; one that is over may be taken.
INSERT INTO maildrop_leases (workspace_id, mailbox_id, holder, until)
VALUES (:workspace_id, :mailbox_id, :holder, :until)
ON CONFLICT (workspace_id, mailbox_id)
DO UPDATE SET holder = excluded.holder, until = excluded.until
 WHERE lapsed(maildrop_leases.until, :now, :until::timestamptz - :now);

-- renew_lease --
-- Touches a row while nobody else has taken it.
UPDATE maildrop_leases SET until = :until
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND holder = :holder;

-- end_lease --
-- Only one's own.
DELETE FROM maildrop_leases
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND holder = :holder;

-- list_messages --
-- The next messages in uid order. One that was copied into its own folder stands there twice, and
-- is one message here: a unique-id names one.
SELECT p.uid, p.mailbox_message_id,
       c.crlf_size + CASE WHEN c.open_ended THEN 2 ELSE 0 END AS size
  FROM folder_messages p
  JOIN mailbox_messages c ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid > :after
   AND NOT EXISTS (
        SELECT 1 FROM folder_messages e
         WHERE e.workspace_id = p.workspace_id AND e.folder_id = p.folder_id
           AND e.mailbox_message_id = p.mailbox_message_id AND e.uid < p.uid)
 ORDER BY p.uid LIMIT :limit;

-- places_of --
-- Every place of these messages in the folder.
SELECT uid FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id
   AND mailbox_message_id = ANY(:mailbox_message_ids)
 ORDER BY uid;
