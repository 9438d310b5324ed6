-- What POP3 needs: one session at a time for each Inbox, and exact sizes.

-- An Inbox that a POP3 session has open (RFC 1939 4). No lock: a session that says nothing for a
-- minute keeps it only until another one asks, and one whose process was killed holds nobody up.
CREATE TABLE maildrop_leases (
    workspace_id uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    holder       uuid NOT NULL,
    until        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
SELECT protect_by_workspace('maildrop_leases');

-- Whether the last line has no end, as in some files that were imported. POP3 ends it, and counts
-- the two octets (RFC 1939 11); who filed before this column is taken to have ended it.
ALTER TABLE mailbox_messages ADD COLUMN open_ended boolean NOT NULL DEFAULT false;
