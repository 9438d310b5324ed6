-- The name that our folder had when it and the one there were last the same: what differs from it was
-- renamed here.
ALTER TABLE remote_folders ADD COLUMN placed_name bytea;
COMMENT ON COLUMN remote_folders.placed_name IS 'plain: keyed hash of the name, as folders.name_key';
UPDATE remote_folders r SET placed_name = f.name_key
  FROM folders f WHERE f.workspace_id = r.workspace_id AND f.id = r.folder_id;
