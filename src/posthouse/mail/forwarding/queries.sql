-- insert_letter --
-- Beside the filing of the mail, or instead of it. One that comes again while it waits is the same.
INSERT INTO forward_letters (workspace_id, id, forwarded_by, envelope, content, created_at)
VALUES (:workspace_id, :id, :forwarded_by, :envelope, :content, :now)
ON CONFLICT DO NOTHING;

-- take_letters --
-- Read and gone: the outbox has them from here on.
DELETE FROM forward_letters WHERE workspace_id = :workspace_id AND id = ANY(:ids)
RETURNING id, forwarded_by, envelope, content;
