-- Mailboxes, folders, and the message store's four tables: message (identity), variant (exact
-- content), mailbox message (a variant as one mailbox holds it), folder message (its place).

CREATE TABLE mailboxes (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('personal', 'shared')),
    address         text NOT NULL,
    name            text NOT NULL,
    owner_member_id uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, address),
    FOREIGN KEY (workspace_id, owner_member_id) REFERENCES members (workspace_id, id)
);
COMMENT ON COLUMN mailboxes.kind IS 'plain: an enumeration';
COMMENT ON COLUMN mailboxes.address IS 'plain: hosted addresses are looked up at RCPT before any key is known';
COMMENT ON COLUMN mailboxes.name IS 'plain: the workspace''s own name for its mailbox';
SELECT protect_by_workspace('mailboxes');

-- Hosted address → mailbox, asked at RCPT before the workspace is known.
CREATE TABLE mailbox_addresses (
    address      text PRIMARY KEY,
    workspace_id uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN mailbox_addresses.address IS 'plain: asked at RCPT before any key is known';
CREATE INDEX mailbox_addresses_by_mailbox ON mailbox_addresses (workspace_id, mailbox_id);
SELECT share_with_all_workspaces('mailbox_addresses');

-- The row is the lock and the counter of its folder: uids and modseqs are taken from it in the
-- statement that uses them. fillfactor leaves room for the HOT updates this causes.
CREATE TABLE folders (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,
    mailbox_id     uuid NOT NULL,
    name           bytea NOT NULL,
    name_key       bytea NOT NULL,
    special_use    text CHECK (special_use IN ('inbox', 'sent', 'drafts', 'trash', 'junk', 'archive')),
    uid_validity   bigint NOT NULL,
    uid_next       bigint NOT NULL DEFAULT 1,
    highest_modseq bigint NOT NULL DEFAULT 1,
    message_count  bigint NOT NULL DEFAULT 0,
    subscribed     boolean NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, mailbox_id, name_key),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON COLUMN folders.name IS 'encrypted';
COMMENT ON COLUMN folders.name_key IS 'plain: keyed hash of the name, for look-up';
COMMENT ON COLUMN folders.special_use IS 'plain: an enumeration';
SELECT protect_by_workspace('folders');

-- Words a mailbox's clients flag messages with (RFC 3501 keywords), numbered per mailbox.
CREATE TABLE keywords (
    workspace_id uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    id           smallint NOT NULL,
    name         bytea NOT NULL,
    name_key     bytea NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_id, id),
    UNIQUE (workspace_id, mailbox_id, name_key),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN keywords.name IS 'encrypted';
COMMENT ON COLUMN keywords.name_key IS 'plain: keyed hash of the name, for look-up';
SELECT protect_by_workspace('keywords');

-- Addresses people write from and to. The id is a keyed hash of the canonical address, so that
-- racing writers agree on it. contact_id is written by crm.
CREATE TABLE addresses (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    address      bytea NOT NULL,
    domain_key   bytea NOT NULL,
    contact_id   uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN addresses.address IS 'encrypted';
COMMENT ON COLUMN addresses.domain_key IS 'plain: keyed hash of the domain, for same-domain matching';
CREATE INDEX addresses_by_contact ON addresses (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX addresses_by_domain ON addresses (workspace_id, domain_key);
SELECT protect_by_workspace('addresses');

-- A thread that joined another keeps its row and says where its messages went.
CREATE TABLE threads (
    workspace_id      uuid NOT NULL,
    id                uuid NOT NULL,
    algorithm_version smallint NOT NULL,
    merged_into       uuid,
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
SELECT protect_by_workspace('threads');

CREATE TABLE messages (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,
    identity       bytea NOT NULL,
    message_id_key bytea,
    subject_key    bytea NOT NULL,
    is_reply       boolean NOT NULL,
    thread_id      uuid NOT NULL,
    date           timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, identity),
    FOREIGN KEY (workspace_id, thread_id) REFERENCES threads (workspace_id, id)
);
COMMENT ON COLUMN messages.identity IS 'plain: keyed hash of Message-ID, From and Date';
COMMENT ON COLUMN messages.message_id_key IS 'plain: keyed hash of the Message-ID';
COMMENT ON COLUMN messages.subject_key IS 'plain: keyed hash of the subject without reply prefixes';
CREATE INDEX messages_by_message_id ON messages (workspace_id, message_id_key);
CREATE INDEX messages_by_thread ON messages (workspace_id, thread_id, date);
SELECT protect_by_workspace('messages');

-- Message-IDs a message names in References and In-Reply-To, so that a late parent finds it.
CREATE TABLE message_references (
    workspace_id   uuid NOT NULL,
    message_id_key bytea NOT NULL,
    message_id     uuid NOT NULL,
    PRIMARY KEY (workspace_id, message_id_key, message_id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN message_references.message_id_key IS 'plain: keyed hash of the referenced Message-ID';
CREATE INDEX message_references_by_message ON message_references (workspace_id, message_id);
SELECT protect_by_workspace('message_references');

-- Exact content: everything after the leading trace fields, without Bcc. header ++ body, where the
-- body is a blob shared by content. people, summary, search rows belong to it.
CREATE TABLE variants (
    workspace_id     uuid NOT NULL,
    id               uuid NOT NULL,
    message_id       uuid NOT NULL,
    digest           bytea NOT NULL,
    body_blob_id     uuid NOT NULL,
    header           bytea NOT NULL,
    envelope         bytea NOT NULL,
    body_structure   bytea NOT NULL,
    part_tree        bytea NOT NULL,
    subject          bytea NOT NULL,
    summary          bytea NOT NULL,
    sender           bytea NOT NULL,
    attachment_names bytea NOT NULL,
    attachment_count smallint NOT NULL,
    is_automatic     boolean NOT NULL,
    header_size      integer NOT NULL,
    size             bigint NOT NULL,
    crlf_size        bigint NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, digest),
    FOREIGN KEY (workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, body_blob_id) REFERENCES blobs (workspace_id, id)
);
COMMENT ON COLUMN variants.digest IS 'plain: keyed hash of the content';
COMMENT ON COLUMN variants.header IS 'encrypted';
COMMENT ON COLUMN variants.envelope IS 'encrypted';
COMMENT ON COLUMN variants.body_structure IS 'encrypted';
COMMENT ON COLUMN variants.part_tree IS 'encrypted';
COMMENT ON COLUMN variants.subject IS 'encrypted';
COMMENT ON COLUMN variants.summary IS 'encrypted';
COMMENT ON COLUMN variants.sender IS 'encrypted';
COMMENT ON COLUMN variants.attachment_names IS 'encrypted';
ALTER TABLE variants ALTER COLUMN header SET STORAGE EXTERNAL;
ALTER TABLE variants ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE variants ALTER COLUMN body_structure SET STORAGE EXTERNAL;
CREATE INDEX variants_by_message ON variants (workspace_id, message_id);
SELECT protect_by_workspace('variants');

-- role: 0 from, 1 sender, 2 reply-to, 3 to, 4 cc (Bcc is in mailbox_message_people).
CREATE TABLE variant_people (
    workspace_id uuid NOT NULL,
    variant_id   uuid NOT NULL,
    role         smallint NOT NULL,
    position     smallint NOT NULL,
    address_id   uuid NOT NULL,
    PRIMARY KEY (workspace_id, variant_id, role, position),
    FOREIGN KEY (workspace_id, variant_id) REFERENCES variants (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, address_id) REFERENCES addresses (workspace_id, id)
);
CREATE INDEX variant_people_by_address ON variant_people (workspace_id, address_id);
SELECT protect_by_workspace('variant_people');

-- A variant as one mailbox holds it: trace prefix, Bcc, verdicts, times. thread_id repeats
-- messages.thread_id so that lists need no join; threads/merge keeps them equal.
CREATE TABLE mailbox_messages (
    workspace_id  uuid NOT NULL,
    id            uuid NOT NULL,
    mailbox_id    uuid NOT NULL,
    variant_id    uuid NOT NULL,
    message_id    uuid NOT NULL,
    thread_id     uuid NOT NULL,
    direction     text NOT NULL CHECK (direction IN ('in', 'out', 'internal')),
    door          text NOT NULL CHECK (door IN ('smtp', 'submission', 'append', 'import', 'composer', 'hosted', 'dsn', 'account')),
    received_at   timestamptz NOT NULL,
    prefix        bytea NOT NULL,
    private_fields bytea,
    verdict       bytea,
    size          bigint NOT NULL,
    crlf_size     bigint NOT NULL,
    source_key    bytea,
    submitted_by  uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, variant_id) REFERENCES variants (workspace_id, id)
);
COMMENT ON COLUMN mailbox_messages.direction IS 'plain: an enumeration';
COMMENT ON COLUMN mailbox_messages.door IS 'plain: an enumeration';
COMMENT ON COLUMN mailbox_messages.prefix IS 'encrypted';
COMMENT ON COLUMN mailbox_messages.private_fields IS 'encrypted';
COMMENT ON COLUMN mailbox_messages.verdict IS 'encrypted';
COMMENT ON COLUMN mailbox_messages.source_key IS 'plain: keyed hash of source, position and digest, so that an import repeats nothing';
CREATE INDEX mailbox_messages_by_variant ON mailbox_messages (workspace_id, variant_id);
CREATE INDEX mailbox_messages_by_thread ON mailbox_messages (workspace_id, thread_id, received_at);
CREATE INDEX mailbox_messages_listing ON mailbox_messages (workspace_id, mailbox_id, received_at DESC, id DESC) INCLUDE (variant_id, thread_id);
CREATE UNIQUE INDEX mailbox_messages_by_source ON mailbox_messages (workspace_id, mailbox_id, source_key) WHERE source_key IS NOT NULL;
SELECT protect_by_workspace('mailbox_messages');

CREATE TABLE mailbox_message_people (
    workspace_id       uuid NOT NULL,
    mailbox_message_id uuid NOT NULL,
    position           smallint NOT NULL,
    address_id         uuid NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_message_id, position),
    FOREIGN KEY (workspace_id, mailbox_message_id) REFERENCES mailbox_messages (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, address_id) REFERENCES addresses (workspace_id, id)
);
CREATE INDEX mailbox_message_people_by_address ON mailbox_message_people (workspace_id, address_id);
SELECT protect_by_workspace('mailbox_message_people');

-- flags: 1 \Seen, 2 \Answered, 4 \Flagged, 8 \Deleted, 16 \Draft. received_at and thread_id are
-- repeated for the thread list of a folder.
CREATE TABLE folder_messages (
    workspace_id       uuid NOT NULL,
    folder_id          uuid NOT NULL,
    uid                bigint NOT NULL,
    mailbox_message_id uuid NOT NULL,
    thread_id          uuid NOT NULL,
    received_at        timestamptz NOT NULL,
    flags              smallint NOT NULL DEFAULT 0,
    keywords           smallint[],
    modseq             bigint NOT NULL,
    PRIMARY KEY (workspace_id, folder_id, uid),
    FOREIGN KEY (workspace_id, folder_id) REFERENCES folders (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, mailbox_message_id) REFERENCES mailbox_messages (workspace_id, id)
);
CREATE INDEX folder_messages_by_modseq ON folder_messages (workspace_id, folder_id, modseq);
CREATE INDEX folder_messages_by_date ON folder_messages (workspace_id, folder_id, received_at DESC, uid DESC) INCLUDE (thread_id, flags, mailbox_message_id);
CREATE INDEX folder_messages_by_thread ON folder_messages (workspace_id, thread_id, folder_id, received_at DESC);
CREATE INDEX folder_messages_by_mailbox_message ON folder_messages (workspace_id, mailbox_message_id);
CREATE INDEX folder_messages_unseen ON folder_messages (workspace_id, folder_id) WHERE flags & 1 = 0;
SELECT protect_by_workspace('folder_messages');

-- Uids that left a folder, with the modseq of their leaving (RFC 7162), for sessions in step.
CREATE TABLE folder_expunges (
    workspace_id uuid NOT NULL,
    folder_id    uuid NOT NULL,
    uid          bigint NOT NULL,
    modseq       bigint NOT NULL,
    PRIMARY KEY (workspace_id, folder_id, uid),
    FOREIGN KEY (workspace_id, folder_id) REFERENCES folders (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX folder_expunges_by_modseq ON folder_expunges (workspace_id, folder_id, modseq);
SELECT protect_by_workspace('folder_expunges');

-- \Seen in a shared mailbox belongs to the member, not to the message. A row overrides
-- folder_messages.flags & 1 for that member; its modseq is the folder's at that moment.
CREATE TABLE member_seen (
    workspace_id uuid NOT NULL,
    folder_id    uuid NOT NULL,
    member_id    uuid NOT NULL,
    uid          bigint NOT NULL,
    seen         boolean NOT NULL,
    modseq       bigint NOT NULL,
    PRIMARY KEY (workspace_id, folder_id, member_id, uid),
    FOREIGN KEY (workspace_id, folder_id, uid) REFERENCES folder_messages (workspace_id, folder_id, uid) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX member_seen_by_modseq ON member_seen (workspace_id, folder_id, member_id, modseq);
SELECT protect_by_workspace('member_seen');
