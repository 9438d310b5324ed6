-- What nobody has any more is erased: rows, data keys, files.

-- Mailbox messages that left their last folder. At due_at they are erased, with everything that was
-- there for them alone.
CREATE TABLE erasures (
    workspace_id       uuid NOT NULL,
    mailbox_message_id uuid NOT NULL,
    due_at             timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, mailbox_message_id)
);
CREATE INDEX erasures_due ON erasures (due_at);
SELECT protect_by_workspace('erasures');

-- Blobs that somebody has let go of; erased unless a foreign key says that others have them. An id
-- of its own for each time: who lets go waits for nobody.
CREATE TABLE loose_blobs (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    blob_id      uuid NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
SELECT protect_by_workspace('loose_blobs');

-- Who has this body? Asked whenever a variant or a blob is erased.
CREATE INDEX variants_by_body ON variants (workspace_id, body_blob_id);
