-- What was filed here and is being put into a folder of a linked account: noted before the server is
-- asked, so that after a cut its copy there, whose number we never heard, is known to be ours.
-- uid_floor: it can have no lower UID there.
CREATE TABLE remote_appends (
    workspace_id       uuid NOT NULL,
    remote_folder_id   uuid NOT NULL,
    mailbox_message_id uuid NOT NULL,
    attempts           smallint NOT NULL DEFAULT 0,
    due_at             timestamptz NOT NULL,
    uid_floor          bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, remote_folder_id, mailbox_message_id),
    FOREIGN KEY (workspace_id, remote_folder_id) REFERENCES remote_folders (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, mailbox_message_id) REFERENCES mailbox_messages (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX remote_appends_by_message ON remote_appends (workspace_id, mailbox_message_id);
SELECT protect_by_workspace('remote_appends');
