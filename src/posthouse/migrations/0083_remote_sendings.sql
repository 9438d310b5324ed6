-- Mail that a service sends for an account: begun, and under which key its copy lies in Sent there. So
-- what was cut off in the middle is not sent again, and the copy there is ours here, whatever the
-- service has made of its fields. Gone with the copy, and when it was found there.
CREATE TABLE remote_sendings (
    workspace_id       uuid NOT NULL,
    mailbox_message_id uuid NOT NULL,
    account_id         uuid NOT NULL,
    key                bytea,
    remote_id          bytea,
    begun_at           timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_message_id),
    FOREIGN KEY (workspace_id, mailbox_message_id) REFERENCES mailbox_messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN remote_sendings.key IS 'plain: keyed hash of what the service knows the message by';
COMMENT ON COLUMN remote_sendings.remote_id IS 'encrypted';
CREATE INDEX remote_sendings_by_account ON remote_sendings (workspace_id, account_id);
SELECT protect_by_workspace('remote_sendings');
