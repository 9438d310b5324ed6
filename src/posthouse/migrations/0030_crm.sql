-- Companies, contacts, how addresses are linked to them, and the log of everything exchanged.

CREATE TABLE companies (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    version         integer NOT NULL DEFAULT 1,
    name            bytea NOT NULL,
    details         bytea NOT NULL,
    owner_member_id uuid,
    source          text NOT NULL CHECK (source IN ('manual', 'mail', 'import')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_member_id) REFERENCES members (workspace_id, id)
);
COMMENT ON COLUMN companies.name IS 'encrypted';
COMMENT ON COLUMN companies.details IS 'encrypted';
COMMENT ON COLUMN companies.source IS 'plain: an enumeration';
SELECT protect_by_workspace('companies');

-- The id is a keyed hash of the registrable domain, so that a domain has one company at most.
CREATE TABLE company_domains (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    company_id   uuid NOT NULL,
    domain       bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company_id) REFERENCES companies (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN company_domains.domain IS 'encrypted';
CREATE INDEX company_domains_by_company ON company_domains (workspace_id, company_id);
SELECT protect_by_workspace('company_domains');

-- state: unverified (met in mail, to be looked at), verified, ignored (never shown, never logged).
-- decided_by: the member who made, verified or ignored it last; null while only mail knows it.
CREATE TABLE contacts (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    version         integer NOT NULL DEFAULT 1,
    state           text NOT NULL CHECK (state IN ('unverified', 'verified', 'ignored')),
    name            bytea NOT NULL,
    details         bytea NOT NULL,
    company_id      uuid,
    owner_member_id uuid,
    source          text NOT NULL CHECK (source IN ('manual', 'mail', 'import')),
    merged_into     uuid,
    decided_by      uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company_id) REFERENCES companies (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_member_id) REFERENCES members (workspace_id, id)
);
COMMENT ON COLUMN contacts.state IS 'plain: an enumeration';
COMMENT ON COLUMN contacts.name IS 'encrypted';
COMMENT ON COLUMN contacts.details IS 'encrypted';
COMMENT ON COLUMN contacts.source IS 'plain: an enumeration';
CREATE INDEX contacts_by_company ON contacts (workspace_id, company_id) WHERE company_id IS NOT NULL;
SELECT protect_by_workspace('contacts');

-- What is known about an address beside its contact (addresses.contact_id): the company its domain
-- names, how both are known and how surely. One row per address matching has looked at.
CREATE TABLE address_links (
    workspace_id       uuid NOT NULL,
    address_id         uuid NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('person', 'robot', 'own')),
    never_log          boolean NOT NULL DEFAULT false,
    domain_id          uuid,
    company_id         uuid,
    contact_evidence   text CHECK (contact_evidence IN ('manual', 'alias', 'domain', 'sender', 'recipient')),
    contact_confidence smallint,
    company_evidence   text CHECK (company_evidence IN ('domain', 'contact')),
    company_confidence smallint,
    seen_in            uuid,
    linked_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, address_id),
    FOREIGN KEY (workspace_id, address_id) REFERENCES addresses (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, company_id) REFERENCES companies (workspace_id, id)
);
COMMENT ON COLUMN address_links.kind IS 'plain: an enumeration';
COMMENT ON COLUMN address_links.contact_evidence IS 'plain: an enumeration';
COMMENT ON COLUMN address_links.company_evidence IS 'plain: an enumeration';
CREATE INDEX address_links_by_domain ON address_links (workspace_id, domain_id) WHERE domain_id IS NOT NULL;
CREATE INDEX address_links_by_company ON address_links (workspace_id, company_id) WHERE company_id IS NOT NULL;
SELECT protect_by_workspace('address_links');

-- Names and addresses are encrypted; they are found by keyed hashes of their words' beginnings,
-- of Chinese characters and of pairs of them.
CREATE TABLE lookup_tokens (
    workspace_id uuid NOT NULL,
    token        bytea NOT NULL,
    record_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, token, record_id)
);
COMMENT ON COLUMN lookup_tokens.token IS 'plain: keyed hash of the beginning of a word';
CREATE INDEX lookup_tokens_by_record ON lookup_tokens (workspace_id, record_id);
SELECT protect_by_workspace('lookup_tokens');

-- Who changed what of a company or contact, and when. member_id is null when mail caused it.
CREATE TABLE record_changes (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    record_id    uuid NOT NULL,
    action       text NOT NULL,
    member_id    uuid,
    changed_at   timestamptz NOT NULL DEFAULT now(),
    fields       bytea NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON COLUMN record_changes.action IS 'plain: an enumeration';
COMMENT ON COLUMN record_changes.fields IS 'encrypted';
CREATE INDEX record_changes_by_record ON record_changes (workspace_id, record_id, id DESC);
SELECT protect_by_workspace('record_changes');

-- The log. A mail has one row per mailbox message and contact (contact_id is null when only the
-- company is known). Content opens with the data key of key_record_id: the variant's for a mail,
-- so that erasing a mail erases it here as well; its own for what members write. No foreign key to
-- the mailbox message: the log outlives the copy in a mailbox, its readers do not change.
CREATE TABLE timeline_entries (
    workspace_id       uuid NOT NULL,
    id                 uuid NOT NULL,
    version            integer NOT NULL DEFAULT 1,
    kind               text NOT NULL CHECK (kind IN ('mail', 'note', 'call', 'meeting')),
    direction          text CHECK (direction IN ('in', 'out', 'internal')),
    automatic          boolean NOT NULL DEFAULT false,
    occurred_at        timestamptz NOT NULL,
    contact_id         uuid,
    company_id         uuid,
    deal_id            uuid,
    project_id         uuid,
    member_id          uuid,
    mailbox_id         uuid,
    mailbox_message_id uuid,
    message_id         uuid,
    thread_id          uuid,
    attachment_count   smallint NOT NULL DEFAULT 0,
    key_record_id      uuid NOT NULL,
    content            bytea NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    PRIMARY KEY (workspace_id, id),
    CHECK (contact_id IS NOT NULL OR company_id IS NOT NULL)
);
COMMENT ON COLUMN timeline_entries.kind IS 'plain: an enumeration';
COMMENT ON COLUMN timeline_entries.direction IS 'plain: an enumeration';
COMMENT ON COLUMN timeline_entries.content IS 'encrypted';
CREATE UNIQUE INDEX timeline_entries_of_contact ON timeline_entries
    (workspace_id, mailbox_message_id, contact_id);
CREATE UNIQUE INDEX timeline_entries_of_company ON timeline_entries
    (workspace_id, mailbox_message_id, company_id) WHERE contact_id IS NULL;
CREATE INDEX timeline_entries_by_contact ON timeline_entries
    (workspace_id, contact_id, occurred_at DESC, id DESC)
    INCLUDE (mailbox_id, thread_id, message_id, direction);
CREATE INDEX timeline_entries_by_company ON timeline_entries
    (workspace_id, company_id, occurred_at DESC, id DESC)
    INCLUDE (mailbox_id, thread_id, message_id, direction);
CREATE INDEX timeline_entries_by_message ON timeline_entries (workspace_id, message_id);
CREATE INDEX timeline_entries_by_thread ON timeline_entries (workspace_id, thread_id);
SELECT protect_by_workspace('timeline_entries');

-- When each mailbox last exchanged something with a contact or company: lists are sorted by it and
-- show a member only his own mailboxes' moments. mailbox_id is the nil UUID for calls and meetings.
CREATE TABLE customer_moments (
    workspace_id uuid NOT NULL,
    customer_id  uuid NOT NULL,
    mailbox_id   uuid NOT NULL,
    last_at      timestamptz NOT NULL,
    last_in_at   timestamptz,
    last_out_at  timestamptz,
    PRIMARY KEY (workspace_id, customer_id, mailbox_id)
);
SELECT protect_by_workspace('customer_moments');
