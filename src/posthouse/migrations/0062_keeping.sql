-- How much a mailbox may hold, how long its mail stays, and what must not be erased.

-- Octets of all messages of a folder as mail programs get them, kept where message_count is kept: what a
-- mailbox uses is the sum over a handful of rows.
ALTER TABLE folders ADD COLUMN octets bigint NOT NULL DEFAULT 0;
UPDATE folders f SET octets = held.octets
  FROM (SELECT p.workspace_id, p.folder_id, sum(c.crlf_size)::bigint AS octets
          FROM folder_messages p
          JOIN mailbox_messages c
            ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
         GROUP BY p.workspace_id, p.folder_id) held
 WHERE f.workspace_id = held.workspace_id AND f.id = held.folder_id;

-- Since when it lies there: what was deleted today is not thirty days in Trash, however old it is.
-- What is there already counts from now on.
ALTER TABLE folder_messages ADD COLUMN placed_at timestamptz NOT NULL DEFAULT now();

-- What a mailbox may hold when nothing is said of itself. 0 is no limit.
ALTER TABLE workspaces ADD COLUMN most_octets bigint NOT NULL DEFAULT 0 CHECK (most_octets >= 0),
                       ADD COLUMN most_messages bigint NOT NULL DEFAULT 0 CHECK (most_messages >= 0);

-- NULL: as the workspace says. fullness is the last of the levels (percent) that was told, full_since when
-- it was first seen full. held: by a legal hold, so that who erases sees it in the row it locks.
ALTER TABLE mailboxes ADD COLUMN most_octets bigint CHECK (most_octets >= 0),
                      ADD COLUMN most_messages bigint CHECK (most_messages >= 0),
                      ADD COLUMN fullness smallint NOT NULL DEFAULT 0,
                      ADD COLUMN full_since timestamptz,
                      ADD COLUMN held boolean NOT NULL DEFAULT false;

-- After how many days mail is taken out of folders; days NULL: never, whatever the rule for all says.
-- swept_count counts from changed_at on.
CREATE TABLE retention_rules (
    workspace_id uuid NOT NULL,
    place        text NOT NULL CHECK (place IN ('all', 'inbox', 'sent', 'drafts', 'archive', 'junk', 'trash', 'own')),
    days         integer CHECK (days BETWEEN 1 AND 36500),
    changed_by   uuid,
    changed_at   timestamptz NOT NULL,
    swept_at     timestamptz,
    swept_count  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, place)
);
COMMENT ON COLUMN retention_rules.place IS 'plain: an enumeration';
SELECT protect_by_workspace('retention_rules');

-- Why nothing of a mailbox may be erased. A row stays when the hold is lifted; NULL for who did it means
-- the operator. No cascade: a mailbox with such a row cannot be dropped.
CREATE TABLE legal_holds (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    reason       bytea NOT NULL,
    set_by       uuid,
    set_at       timestamptz NOT NULL,
    lifted_by    uuid,
    lifted_at    timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id)
);
COMMENT ON COLUMN legal_holds.reason IS 'encrypted';
CREATE INDEX legal_holds_by_mailbox ON legal_holds (workspace_id, mailbox_id);
SELECT protect_by_workspace('legal_holds');

-- Who took held mail out, and when.
CREATE TABLE legal_hold_exports (
    workspace_id  uuid NOT NULL,
    id            uuid NOT NULL,
    hold_id       uuid NOT NULL,
    exported_by   uuid,
    exported_at   timestamptz NOT NULL,
    message_count bigint NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, hold_id) REFERENCES legal_holds (workspace_id, id)
);
CREATE INDEX legal_hold_exports_by_hold ON legal_hold_exports (workspace_id, hold_id);
SELECT protect_by_workspace('legal_hold_exports');
