-- A folder made again under its old name needs a greater UIDVALIDITY (RFC 3501 2.3.1.1), also
-- within the second in which the old one was deleted: each mailbox remembers its newest.
ALTER TABLE mailboxes ADD COLUMN newest_uid_validity bigint NOT NULL DEFAULT 0;
UPDATE mailboxes m SET newest_uid_validity = coalesce(
    (SELECT max(f.uid_validity) FROM folders f
      WHERE f.workspace_id = m.workspace_id AND f.mailbox_id = m.id), 0);
