-- Names that a mail program deleted and is still subscribed to (RFC 3501 6.3.6: a server never takes
-- a name off the list by itself). Subscriptions to folders that exist stand with the folder.
CREATE TABLE kept_subscriptions (
    workspace_id uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    name_key     bytea NOT NULL,
    name         bytea NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_id, name_key),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN kept_subscriptions.name IS 'encrypted';
COMMENT ON COLUMN kept_subscriptions.name_key IS 'plain: keyed hash of the name, for look-up';
SELECT protect_by_workspace('kept_subscriptions');
