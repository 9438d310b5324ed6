-- workspaces_to_mirror --
-- Where a draft has changed and then been left alone for a while.
SELECT DISTINCT workspace_id FROM drafts
 WHERE outbox_message_id IS NULL AND mirrored_revision IS DISTINCT FROM revision
   AND changed_at <= :before;

-- drafts_to_mirror --
-- Those with large files wait longer: each time costs as much room as they have.
SELECT d.id, d.member_id, d.revision, d.content, d.upload_ids, d.in_reply_to, d.changed_at,
       b.id AS mailbox_id, b.address, b.name
  FROM drafts d
  JOIN mailboxes b ON b.workspace_id = d.workspace_id AND b.owner_member_id = d.member_id
                  AND b.kind = 'personal' AND NOT b.elsewhere
 WHERE d.workspace_id = :workspace_id AND d.outbox_message_id IS NULL
   AND d.mirrored_revision IS DISTINCT FROM d.revision
   AND d.changed_at <= CASE WHEN (SELECT coalesce(sum(u.size), 0) FROM uploads u
                                   WHERE u.workspace_id = d.workspace_id
                                     AND u.id = ANY(d.upload_ids)) > :large
                            THEN :long_before::timestamptz ELSE :before::timestamptz END
 ORDER BY d.changed_at LIMIT :limit;

-- lock_draft --
-- Unless it was saved, sent or thrown away since.
SELECT mirror_id FROM drafts
 WHERE workspace_id = :workspace_id AND id = :id AND revision = :revision
   AND outbox_message_id IS NULL AND mirrored_revision IS DISTINCT FROM revision
   FOR UPDATE;

-- note_mirror --
-- Also without one, when it cannot be made: not again before the draft changes.
UPDATE drafts SET mirror_id = :mirror_id, mirrored_revision = :revision
 WHERE workspace_id = :workspace_id AND id = :id;
