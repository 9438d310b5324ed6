-- A grant opens a whole mailbox, or one thread as one mailbox holds it: a thread runs through many
-- mailboxes, and sharing my side of it must not open a colleague's.

DROP INDEX grants_by_resource;
ALTER TABLE grants
    DROP COLUMN resource_kind,  -- with it goes the unique constraint over it
    DROP COLUMN resource_id,
    ADD COLUMN mailbox_id uuid NOT NULL,
    ADD COLUMN thread_id uuid,
    ADD FOREIGN KEY (workspace_id, mailbox_id)
        REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE;

-- One row for each source, so that ending a hand-over leaves what the owner gave.
CREATE UNIQUE INDEX grants_by_member
    ON grants (workspace_id, member_id, mailbox_id, thread_id, source)
    INCLUDE (level, expires_at) NULLS NOT DISTINCT;
CREATE INDEX grants_by_mailbox ON grants (workspace_id, mailbox_id, thread_id);
CREATE INDEX grants_by_thread ON grants (workspace_id, thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX mailboxes_by_owner ON mailboxes (workspace_id, owner_member_id);
