-- Members' own rules for their mail: Sieve scripts (RFC 5228), one of them active in a mailbox.
CREATE TABLE mailbox_scripts (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    name         bytea NOT NULL,
    name_key     bytea NOT NULL,
    content      bytea NOT NULL,
    size         integer NOT NULL,
    active       boolean NOT NULL DEFAULT false,
    -- A new one whenever the content changes: what was read and checked is kept by it.
    revision     uuid NOT NULL,
    changed_at   timestamptz NOT NULL,
    failure      bytea,
    failed_at    timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, mailbox_id, name_key),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN mailbox_scripts.name IS 'encrypted';
COMMENT ON COLUMN mailbox_scripts.name_key IS 'plain: a keyed hash of the name';
COMMENT ON COLUMN mailbox_scripts.content IS 'encrypted';
COMMENT ON COLUMN mailbox_scripts.failure IS 'encrypted';
CREATE UNIQUE INDEX mailbox_scripts_active ON mailbox_scripts (workspace_id, mailbox_id)
 WHERE active;
SELECT protect_by_workspace('mailbox_scripts');

-- What rules did not long ago and do not do again: answered a sender (RFC 5230 4.2), saw a message
-- (RFC 7352), sent a mail on that is delivered a second time.
CREATE TABLE rule_memories (
    workspace_id uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    key          bytea NOT NULL,
    until        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_id, key),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN rule_memories.key IS 'plain: a keyed hash';
CREATE INDEX rule_memories_until ON rule_memories (until);
SELECT protect_by_workspace('rule_memories');

-- What rules send, from the transaction that filed the mail until the outbox has taken it.
CREATE TABLE rule_letters (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('redirect', 'vacation', 'reject')),
    mail_from    bytea NOT NULL,
    recipient    bytea NOT NULL,
    content      bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN rule_letters.kind IS 'plain: an enumeration';
COMMENT ON COLUMN rule_letters.mail_from IS 'encrypted';
COMMENT ON COLUMN rule_letters.recipient IS 'encrypted';
COMMENT ON COLUMN rule_letters.content IS 'encrypted';
SELECT protect_by_workspace('rule_letters');
