-- Mail that is being written.

-- `revision` grows with each save, so that a second window is told. A draft that was sent is kept
-- out of sight until it cannot be undone any more.
CREATE TABLE drafts (
    workspace_id      uuid NOT NULL,
    id                uuid NOT NULL,
    member_id         uuid NOT NULL,
    revision          integer NOT NULL DEFAULT 1,
    content           bytea NOT NULL,
    upload_ids        uuid[] NOT NULL DEFAULT '{}',
    in_reply_to       uuid,
    thread_id         uuid,
    outbox_message_id uuid,
    created_at        timestamptz NOT NULL,
    changed_at        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN drafts.content IS 'encrypted';
CREATE INDEX drafts_by_member ON drafts (workspace_id, member_id, changed_at DESC) WHERE outbox_message_id IS NULL;
CREATE INDEX drafts_by_thread ON drafts (workspace_id, member_id, thread_id) WHERE outbox_message_id IS NULL;
CREATE INDEX drafts_sent ON drafts (workspace_id, outbox_message_id) WHERE outbox_message_id IS NOT NULL;
SELECT protect_by_workspace('drafts');

CREATE TABLE uploads (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    member_id    uuid NOT NULL,
    name         bytea NOT NULL,
    mime_type    bytea NOT NULL,
    size         bigint NOT NULL,
    blob_id      uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, blob_id) REFERENCES blobs (workspace_id, id)
);
COMMENT ON COLUMN uploads.name IS 'encrypted';
COMMENT ON COLUMN uploads.mime_type IS 'encrypted';
CREATE INDEX uploads_by_member ON uploads (workspace_id, member_id, created_at);
CREATE INDEX uploads_by_blob ON uploads (workspace_id, blob_id);
SELECT protect_by_workspace('uploads');

-- A request to send that was answered once is answered the same again.
CREATE TABLE send_requests (
    workspace_id      uuid NOT NULL,
    member_id         uuid NOT NULL,
    request_key       bytea NOT NULL,
    outbox_message_id uuid NOT NULL,
    created_at        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, member_id, request_key),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN send_requests.request_key IS 'plain: keyed hash of the client''s idempotency key';
SELECT protect_by_workspace('send_requests');
