-- The one door out: what leaves, for whom, and how far it got.

CREATE TABLE outbox_messages (
    workspace_id       uuid NOT NULL,
    id                 uuid NOT NULL,
    door               text NOT NULL CHECK (door IN ('composer', 'submission')),
    submitted_by       uuid,
    mailbox_id         uuid,
    mailbox_message_id uuid,
    message_id         uuid,
    mail_from          bytea NOT NULL,
    header             bytea,
    body_blob_id       uuid,
    size               bigint NOT NULL,
    smtputf8           boolean NOT NULL,
    created_at         timestamptz NOT NULL,
    held_until         timestamptz NOT NULL,
    give_up_at         timestamptz NOT NULL,
    finished_at        timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, body_blob_id) REFERENCES blobs (workspace_id, id)
);
COMMENT ON COLUMN outbox_messages.door IS 'plain: an enumeration';
COMMENT ON COLUMN outbox_messages.mail_from IS 'encrypted';
COMMENT ON COLUMN outbox_messages.header IS 'encrypted';
CREATE INDEX outbox_messages_by_message ON outbox_messages (workspace_id, message_id);
CREATE INDEX outbox_messages_by_copy ON outbox_messages (workspace_id, mailbox_message_id);
CREATE INDEX outbox_messages_by_mailbox ON outbox_messages (workspace_id, mailbox_id, created_at DESC);
CREATE INDEX outbox_messages_by_body ON outbox_messages (workspace_id, body_blob_id) WHERE body_blob_id IS NOT NULL;
SELECT protect_by_workspace('outbox_messages');

CREATE TABLE outbox_recipients (
    workspace_id      uuid NOT NULL,
    id                uuid NOT NULL,
    outbox_message_id uuid NOT NULL,
    position          integer NOT NULL,
    address           bytea NOT NULL,
    state             text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'failed', 'cancelled')),
    attempts          integer NOT NULL DEFAULT 0,
    unclear           boolean NOT NULL DEFAULT false,
    status            text NOT NULL DEFAULT '',
    report            bytea,
    last_attempt_at   timestamptz,
    next_attempt_at   timestamptz,
    finished_at       timestamptz,
    notified_at       timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, outbox_message_id, position),
    FOREIGN KEY (workspace_id, outbox_message_id) REFERENCES outbox_messages (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN outbox_recipients.address IS 'encrypted';
COMMENT ON COLUMN outbox_recipients.state IS 'plain: an enumeration';
COMMENT ON COLUMN outbox_recipients.status IS 'plain: an enhanced status code (RFC 3463)';
COMMENT ON COLUMN outbox_recipients.report IS 'encrypted';
CREATE INDEX outbox_recipients_notified ON outbox_recipients (workspace_id, notified_at) WHERE notified_at IS NOT NULL;
SELECT protect_by_workspace('outbox_recipients');

-- What is to be done, one row for each recipient and only while there is something to do. Workers
-- take rows of all workspaces with SKIP LOCKED, so it is a directory table. A row that is being
-- tried has leased_by; its due_at is then the moment at which the lease ends and others may try.
CREATE TABLE outbox_queue (
    workspace_id      uuid NOT NULL,
    recipient_id      uuid NOT NULL,
    outbox_message_id uuid NOT NULL,
    domain            text NOT NULL,
    size              bigint NOT NULL,
    due_at            timestamptz NOT NULL,
    attempts          integer NOT NULL DEFAULT 0,
    leased_by         uuid,
    PRIMARY KEY (workspace_id, recipient_id)
);
COMMENT ON COLUMN outbox_queue.domain IS 'plain: where to, asked before any key is known; DNS hears it anyway';
CREATE INDEX outbox_queue_due ON outbox_queue (due_at);
CREATE INDEX outbox_queue_by_message ON outbox_queue (workspace_id, outbox_message_id);
CREATE INDEX outbox_queue_leases ON outbox_queue (leased_by) WHERE leased_by IS NOT NULL;
SELECT share_with_all_workspaces('outbox_queue');

-- Domains that go to a relay instead of their MX; '*' stands for all others.
CREATE TABLE outbox_routes (
    domain     text PRIMARY KEY,
    host       text NOT NULL,
    port       integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    tls        text NOT NULL CHECK (tls IN ('opportunistic', 'encrypted', 'verified', 'implicit')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN outbox_routes.domain IS 'plain: the operator''s routing table';
COMMENT ON COLUMN outbox_routes.host IS 'plain: the operator''s routing table';
COMMENT ON COLUMN outbox_routes.tls IS 'plain: an enumeration';
SELECT share_with_all_workspaces('outbox_routes');
