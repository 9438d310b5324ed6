-- list_annotations --
-- Names and sizes at these folders, or at the house: what is shared, and what is the member's own.
SELECT id, folder_id, entry, size
  FROM annotations
 WHERE workspace_id = :workspace_id AND folder_id = ANY(:folder_ids::uuid[])
   AND (member_id IS NULL OR member_id = :member_id)
UNION ALL
SELECT id, folder_id, entry, size
  FROM annotations
 WHERE workspace_id = :workspace_id AND :of_house AND folder_id IS NULL
   AND (member_id IS NULL OR member_id = :member_id);

-- read_values --
-- Of what was asked for and is not too long.
SELECT id, value FROM annotations WHERE workspace_id = :workspace_id AND id = ANY(:ids::uuid[]);

-- lock_annotated --
-- One writer at a folder at a time: the entries are counted.
SELECT id FROM folders WHERE workspace_id = :workspace_id AND id = :folder_id FOR UPDATE;

-- set_annotation --
-- New, or in place of the one of that name: with a new id, which the encrypted texts are bound to.
INSERT INTO annotations
       (workspace_id, id, folder_id, member_id, entry_key, entry, value, size)
VALUES (:workspace_id, :id, :folder_id, :member_id, :entry_key, :entry, :value, :size)
ON CONFLICT (workspace_id, folder_id, member_id, entry_key)
DO UPDATE SET id = excluded.id, entry = excluded.entry, value = excluded.value,
              size = excluded.size;

-- drop_annotation --
-- Gone with its value.
DELETE FROM annotations
 WHERE workspace_id = :workspace_id AND folder_id IS NOT DISTINCT FROM :folder_id
   AND member_id IS NOT DISTINCT FROM :member_id AND entry_key = :entry_key;

-- count_annotations --
-- Of one owner at one place.
SELECT count(*) FROM annotations
 WHERE workspace_id = :workspace_id AND folder_id IS NOT DISTINCT FROM :folder_id
   AND member_id IS NOT DISTINCT FROM :member_id;
