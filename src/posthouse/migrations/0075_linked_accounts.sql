-- Linked accounts: mailboxes elsewhere, each mirrored into one mailbox of ours, and the ledger of
-- everything they hold.

-- Mail for its address is delivered elsewhere: it is in no directory of addresses, and no member's
-- own mailbox.
ALTER TABLE mailboxes ADD COLUMN elsewhere boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN mailboxes.address IS 'plain: hosted addresses are looked up at RCPT before any key is known; a linked one is its member''s own, known to the company';

CREATE TABLE linked_accounts (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    mailbox_id      uuid NOT NULL,
    linked_by       uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('imap', 'pop3', 'graph', 'gmail', 'ews')),
    servers         bytea NOT NULL,
    secret          bytea NOT NULL,
    overrides       text[] NOT NULL DEFAULT '{}',
    state           text NOT NULL DEFAULT 'active'
                    CHECK (state IN ('active', 'paused', 'locked', 'failing')),
    error_kind      text,
    error_text      bytea,
    failures        integer NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    behind_told_at  timestamptz,
    linked_at       timestamptz NOT NULL,
    last_visit_at   timestamptz,
    last_new_at     timestamptz,
    history_done_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, mailbox_id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, linked_by) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN linked_accounts.kind IS 'plain: an enumeration';
COMMENT ON COLUMN linked_accounts.servers IS 'encrypted';
COMMENT ON COLUMN linked_accounts.secret IS 'encrypted';
COMMENT ON COLUMN linked_accounts.overrides IS 'plain: names of extensions that are not used';
COMMENT ON COLUMN linked_accounts.state IS 'plain: an enumeration';
COMMENT ON COLUMN linked_accounts.error_kind IS 'plain: an enumeration';
COMMENT ON COLUMN linked_accounts.error_text IS 'encrypted';
CREATE INDEX linked_accounts_by_member ON linked_accounts (workspace_id, linked_by);
SELECT protect_by_workspace('linked_accounts');

-- Whose turn it is, asked by every process that keeps accounts in step, before any workspace is
-- known. A lease that is not renewed ends, and somebody else goes on.
CREATE TABLE account_visits (
    account_id   uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    due_at       timestamptz NOT NULL,
    leased_by    uuid,
    leased_until timestamptz,
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX account_visits_due ON account_visits (due_at);
SELECT share_with_all_workspaces('account_visits');

-- listed_down_to: UIDs from there up are in the ledger; 1: all, 0: the folder was never opened.
-- generation: how often the server has numbered the folder anew (UIDVALIDITY); items of generations
-- before wait until their messages are found again under new numbers.
CREATE TABLE remote_folders (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,
    account_id     uuid NOT NULL,
    folder_id      uuid,
    name           bytea NOT NULL,
    name_key       bytea NOT NULL,
    special_use    text,
    mirrored       boolean NOT NULL,
    generation     smallint NOT NULL DEFAULT 1,
    uid_validity   bigint NOT NULL DEFAULT 0,
    uid_next       bigint NOT NULL DEFAULT 0,
    highest_modseq bigint NOT NULL DEFAULT 0,
    remote_count   bigint NOT NULL DEFAULT 0,
    listed_down_to bigint NOT NULL DEFAULT 0,
    compared_at    timestamptz,
    parked_until   timestamptz,
    failures       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, account_id, name_key),
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, folder_id) REFERENCES folders (workspace_id, id) ON DELETE SET NULL (folder_id)
);
COMMENT ON COLUMN remote_folders.name IS 'encrypted';
COMMENT ON COLUMN remote_folders.name_key IS 'plain: keyed hash of the name on the wire, for look-up';
COMMENT ON COLUMN remote_folders.special_use IS 'plain: an enumeration';
CREATE INDEX remote_folders_by_folder ON remote_folders (workspace_id, folder_id);
SELECT protect_by_workspace('remote_folders');

-- The ledger. flags and keywords are what the server told last: what differs from them is what
-- changed there. leaving: no longer there; its message here waits for the end of the visit, since it
-- may turn up in another folder. lives: how often the server listed the same UID after it was gone.
CREATE TABLE remote_items (
    workspace_id       uuid NOT NULL,
    remote_folder_id   uuid NOT NULL,
    generation         smallint NOT NULL,
    uid                bigint NOT NULL,
    state              text NOT NULL
                       CHECK (state IN ('listed', 'fetched', 'stored', 'filtered', 'failed', 'gone')),
    reason             text,
    attempts           smallint NOT NULL DEFAULT 0,
    lives              smallint NOT NULL DEFAULT 1,
    leaving            boolean NOT NULL DEFAULT false,
    flags              smallint NOT NULL DEFAULT 0,
    keywords           smallint[],
    size               bigint NOT NULL DEFAULT 0,
    arrived_at         timestamptz,
    mailbox_message_id uuid,
    key                bytea,
    header_key         bytea,
    PRIMARY KEY (workspace_id, remote_folder_id, generation, uid),
    FOREIGN KEY (workspace_id, remote_folder_id) REFERENCES remote_folders (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN remote_items.state IS 'plain: an enumeration';
COMMENT ON COLUMN remote_items.reason IS 'plain: an enumeration';
COMMENT ON COLUMN remote_items.key IS 'plain: keyed hash of what the server knows the item by, where that is no UID';
COMMENT ON COLUMN remote_items.header_key IS 'plain: keyed hash of the header, where the server''s names are not to be trusted';
CREATE INDEX remote_items_by_message ON remote_items (workspace_id, mailbox_message_id)
 WHERE mailbox_message_id IS NOT NULL;
CREATE INDEX remote_items_waiting ON remote_items (workspace_id, remote_folder_id, uid DESC)
 WHERE state IN ('listed', 'fetched', 'failed');
CREATE INDEX remote_items_leaving ON remote_items (workspace_id, remote_folder_id) WHERE leaving;
CREATE INDEX remote_items_by_key ON remote_items (workspace_id, remote_folder_id, key)
 WHERE key IS NOT NULL;
SELECT protect_by_workspace('remote_items');

-- Who linked, paused, resumed, unlinked, and when. Without a member it was the operator.
CREATE TABLE account_acts (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    member_id    uuid,
    act          text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, mailbox_id) REFERENCES mailboxes (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN account_acts.act IS 'plain: an enumeration';
CREATE INDEX account_acts_by_mailbox ON account_acts (workspace_id, mailbox_id, at);
SELECT protect_by_workspace('account_acts');
