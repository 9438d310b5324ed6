-- insert_draft --
-- A new draft, or one that a message leaves behind while it may be undone.
INSERT INTO drafts (workspace_id, id, member_id, content, upload_ids, in_reply_to, thread_id,
                    original_id, answered_id, outbox_message_id, created_at, changed_at)
VALUES (:workspace_id, :id, :member_id, :content, :upload_ids, :in_reply_to, :thread_id,
        :original_id, :answered_id, :outbox_message_id, :now, :now);

-- update_draft --
-- Saved again by a window that had seen the newest revision; nobody else's, nothing sent.
UPDATE drafts
   SET content = :content, upload_ids = :upload_ids, in_reply_to = :in_reply_to,
       thread_id = :thread_id, original_id = :original_id, revision = revision + 1,
       changed_at = :now
 WHERE workspace_id = :workspace_id AND id = :id AND member_id = :member_id
   AND revision = :revision AND outbox_message_id IS NULL
RETURNING revision;

-- read_drafts --
-- A member's drafts by id; what was sent is out of sight.
SELECT id, revision, content, upload_ids, in_reply_to, thread_id, changed_at FROM drafts
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = ANY(:ids)
   AND outbox_message_id IS NULL;

-- list_drafts --
-- The one changed last first; of one thread when it is named.
SELECT id, revision, content, upload_ids, in_reply_to, thread_id, changed_at FROM drafts
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND outbox_message_id IS NULL
   AND (:thread_id::uuid IS NULL OR thread_id = :thread_id)
   AND (:before_time::timestamptz IS NULL OR (changed_at, id) < (:before_time, :before_id::uuid))
 ORDER BY changed_at DESC, id DESC LIMIT :limit;

-- delete_draft --
-- Thrown away by its writer.
DELETE FROM drafts
 WHERE workspace_id = :workspace_id AND id = :id AND member_id = :member_id
   AND outbox_message_id IS NULL
RETURNING mirror_id;

-- hide_draft --
-- It became a message; whatever another window saved meanwhile goes with it.
UPDATE drafts
   SET outbox_message_id = :outbox_message_id, content = :content, upload_ids = :upload_ids,
       in_reply_to = :in_reply_to, thread_id = :thread_id, original_id = :original_id,
       answered_id = :answered_id, revision = revision + 1, mirrored_revision = NULL,
       changed_at = :now
 WHERE workspace_id = :workspace_id AND id = :id AND member_id = :member_id
   AND outbox_message_id IS NULL
RETURNING mirror_id;

-- bring_back --
-- The message was undone: its draft is to be written on.
UPDATE drafts SET outbox_message_id = NULL, answered_id = NULL, changed_at = :now
 WHERE workspace_id = :workspace_id AND outbox_message_id = :outbox_message_id
RETURNING id, member_id;

-- delete_sent --
-- Drafts of messages that cannot be undone any more: those that reached somebody, and those that will
-- not reach anybody. What the former answer is answered now.
WITH gone AS (
    DELETE FROM drafts d
     WHERE d.workspace_id = :workspace_id
       AND (d.outbox_message_id = ANY(:delivered)
            OR d.outbox_message_id = ANY(:failed)
               AND EXISTS (SELECT FROM outbox_messages m
                            WHERE m.workspace_id = d.workspace_id AND m.id = d.outbox_message_id
                              AND m.finished_at IS NOT NULL))
    RETURNING d.outbox_message_id, d.answered_id
)
SELECT DISTINCT answered_id FROM gone
 WHERE answered_id IS NOT NULL AND outbox_message_id = ANY(:delivered);

-- insert_upload --
-- A file on the server.
INSERT INTO uploads (workspace_id, id, member_id, name, mime_type, size, blob_id, created_at)
VALUES (:workspace_id, :id, :member_id, :name, :mime_type, :size, :blob_id, :now);

-- read_uploads --
-- A member's own files.
SELECT id, name, mime_type, size, blob_id FROM uploads
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = ANY(:ids);

-- sum_uploads --
-- How many octets of a member wait to be sent.
SELECT coalesce(sum(size), 0)::bigint FROM uploads
 WHERE workspace_id = :workspace_id AND member_id = :member_id;

-- workspaces_with_old_uploads --
-- Where there may be something to forget.
SELECT DISTINCT workspace_id FROM uploads WHERE created_at < :before;

-- forget_uploads --
-- Files that no draft names, after a while. Drafts are locked by nobody here: one that names a file
-- of so long ago for the first time finds it gone.
WITH old AS MATERIALIZED (
    SELECT u.id FROM uploads u
     WHERE u.workspace_id = :workspace_id AND u.created_at < :before
       AND NOT EXISTS (SELECT FROM drafts d
                        WHERE d.workspace_id = u.workspace_id AND d.member_id = u.member_id
                          AND u.id = ANY(d.upload_ids))
     LIMIT :limit FOR UPDATE SKIP LOCKED
)
DELETE FROM uploads u USING old
 WHERE u.workspace_id = :workspace_id AND u.id = old.id
RETURNING u.blob_id;

-- claim_request --
-- The first of equal requests wins; the others wait here until it has committed.
INSERT INTO send_requests (workspace_id, member_id, request_key, digest, outbox_message_id,
                           created_at)
VALUES (:workspace_id, :member_id, :request_key, :digest, :outbox_message_id, :now)
ON CONFLICT DO NOTHING;

-- read_request --
-- What the first of equal requests sent, unless that was taken back; its copy may be erased.
SELECT r.digest, m.mailbox_message_id, m.held_until, c.thread_id,
       m.finished_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM outbox_recipients p
                        WHERE p.workspace_id = m.workspace_id AND p.outbox_message_id = m.id
                          AND p.state <> 'cancelled') AS undone
  FROM send_requests r
  JOIN outbox_messages m ON m.workspace_id = r.workspace_id AND m.id = r.outbox_message_id
  LEFT JOIN mailbox_messages c ON c.workspace_id = m.workspace_id AND c.id = m.mailbox_message_id
 WHERE r.workspace_id = :workspace_id AND r.member_id = :member_id
   AND r.request_key = :request_key;

-- forget_requests --
-- A client does not repeat itself after a week.
DELETE FROM send_requests WHERE workspace_id = :workspace_id AND created_at < :before;
