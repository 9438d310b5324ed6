-- read_note --
-- What a member wrote, with its key.
SELECT e.id, e.version, e.kind, e.occurred_at, e.contact_id, e.company_id, e.member_id,
       e.content, e.deleted_at, k.generation, k.wrapped
  FROM timeline_entries e
  JOIN data_keys k ON k.workspace_id = e.workspace_id AND k.record_id = e.key_record_id
 WHERE e.workspace_id = :workspace_id AND e.id = :id AND e.kind <> 'mail';

-- change_note --
-- Nothing when somebody changed it since.
UPDATE timeline_entries
   SET content = :content, occurred_at = :occurred_at, version = version + 1
 WHERE workspace_id = :workspace_id AND id = :id AND version = :version AND deleted_at IS NULL
RETURNING version;

-- delete_note --
-- Kept, so that it can be brought back.
UPDATE timeline_entries
   SET deleted_at = CASE WHEN :deleted THEN now() END, version = version + 1
 WHERE workspace_id = :workspace_id AND id = :id;

-- move_notes --
-- A merge takes along what members wrote, and the entries of mail that is erased: no link moves those.
UPDATE timeline_entries e SET contact_id = :into_contact
 WHERE e.workspace_id = :workspace_id AND e.contact_id = :from_contact
   AND (e.kind <> 'mail'
        OR NOT EXISTS (SELECT FROM mailbox_messages m
                        WHERE m.workspace_id = e.workspace_id AND m.id = e.mailbox_message_id)
           AND NOT EXISTS (SELECT FROM timeline_entries o
                            WHERE o.workspace_id = e.workspace_id
                              AND o.mailbox_message_id = e.mailbox_message_id
                              AND o.contact_id = :into_contact))
RETURNING e.mailbox_id;
