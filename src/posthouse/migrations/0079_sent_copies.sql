-- Mail that was sent by the server of a linked account: its copy in Sent is still to be looked for at
-- that server, and put there when the server keeps none by itself.
CREATE TABLE sent_copies (
    workspace_id       uuid NOT NULL,
    mailbox_message_id uuid NOT NULL,
    account_id         uuid NOT NULL,
    due_at             timestamptz NOT NULL,
    attempts           smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, mailbox_message_id),
    FOREIGN KEY (workspace_id, mailbox_message_id) REFERENCES mailbox_messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX sent_copies_due ON sent_copies (due_at);
CREATE INDEX sent_copies_by_account ON sent_copies (workspace_id, account_id);
SELECT protect_by_workspace('sent_copies');
