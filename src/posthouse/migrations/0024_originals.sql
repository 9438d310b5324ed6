-- The message a draft answers or forwards is kept as long as the draft: its text and pictures are
-- quoted when it is sent. answered_id: the message to be flagged \Answered once this one has left.
ALTER TABLE drafts ADD COLUMN original_id uuid, ADD COLUMN answered_id uuid;
UPDATE drafts d SET original_id = d.in_reply_to
 WHERE EXISTS (SELECT FROM mailbox_messages c
                WHERE c.workspace_id = d.workspace_id AND c.id = d.in_reply_to);
ALTER TABLE drafts ADD FOREIGN KEY (workspace_id, original_id)
    REFERENCES mailbox_messages (workspace_id, id);
CREATE INDEX drafts_by_original ON drafts (workspace_id, original_id) WHERE original_id IS NOT NULL;
