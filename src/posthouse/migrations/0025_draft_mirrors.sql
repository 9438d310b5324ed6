-- A draft lies in its writer's Drafts folder as well, for mail programs: the copy of the revision
-- that was put there last. Null when that is to be done.
ALTER TABLE drafts ADD COLUMN mirror_id uuid, ADD COLUMN mirrored_revision integer;
CREATE INDEX drafts_to_mirror ON drafts (changed_at)
    WHERE outbox_message_id IS NULL AND mirrored_revision IS DISTINCT FROM revision;
