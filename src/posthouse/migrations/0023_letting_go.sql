-- What rooms let go of before they wrote it down: bodies of messages that were delivered, files that
-- were never attached, and the keys of what is finished.
INSERT INTO loose_blobs (workspace_id, id, blob_id)
SELECT b.workspace_id, gen_random_uuid(), b.id
  FROM blobs b
 WHERE NOT EXISTS (SELECT FROM variants v
                    WHERE v.workspace_id = b.workspace_id AND v.body_blob_id = b.id)
   AND NOT EXISTS (SELECT FROM uploads u
                    WHERE u.workspace_id = b.workspace_id AND u.blob_id = b.id)
   AND NOT EXISTS (SELECT FROM outbox_messages m
                    WHERE m.workspace_id = b.workspace_id AND m.body_blob_id = b.id);

DELETE FROM data_keys k USING outbox_messages m
 WHERE m.workspace_id = k.workspace_id AND m.id = k.record_id AND m.finished_at IS NOT NULL;

CREATE INDEX uploads_by_age ON uploads (created_at);
