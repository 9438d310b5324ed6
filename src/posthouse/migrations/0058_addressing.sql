-- More addresses than mailboxes: aliases, groups and catch-alls beside a mailbox's own address.

-- A group has no mailbox here: its mailboxes stand in group_mailboxes. A catch-all is written
-- "@domain".
ALTER TABLE mailbox_addresses ALTER COLUMN mailbox_id DROP NOT NULL;

CREATE TABLE group_mailboxes (
    address      text NOT NULL REFERENCES mailbox_addresses (address) ON DELETE CASCADE,
    workspace_id uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    PRIMARY KEY (address, mailbox_id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN group_mailboxes.address IS 'plain: asked at RCPT before any key is known';
CREATE INDEX group_mailboxes_by_mailbox ON group_mailboxes (workspace_id, mailbox_id);
SELECT share_with_all_workspaces('group_mailboxes');
