-- What senders want to hear of a delivery (RFC 3461), for the recipients for whom they said anything.

CREATE TABLE outbox_dsn_requests (
    workspace_id uuid  NOT NULL,
    recipient_id uuid  NOT NULL,
    request      bytea NOT NULL,
    PRIMARY KEY (workspace_id, recipient_id),
    FOREIGN KEY (workspace_id, recipient_id) REFERENCES outbox_recipients (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN outbox_dsn_requests.request IS 'encrypted';
SELECT protect_by_workspace('outbox_dsn_requests');

-- Reports leave by the one door out, too, and so does what a rule sends.
ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_door_check;
ALTER TABLE outbox_messages ADD CONSTRAINT outbox_messages_door_check
    CHECK (door IN ('composer', 'submission', 'dsn', 'rule'));
