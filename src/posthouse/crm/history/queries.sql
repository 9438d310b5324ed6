-- insert_changes --
-- One row per record that an act touched.
INSERT INTO record_changes (workspace_id, id, record_id, action, member_id, fields)
SELECT :workspace_id, id, record_id, :action, :member_id::uuid, fields
  FROM unnest(:ids::uuid[], :record_ids::uuid[], :fields::bytea[])
       AS new (id, record_id, fields);

-- read_changes --
-- Newest first; ids are UUIDv7 and so in the order of their making.
SELECT c.id, c.action, c.member_id, m.name AS member_name, c.changed_at, c.fields
  FROM record_changes c
  LEFT JOIN members m ON m.workspace_id = c.workspace_id AND m.id = c.member_id
 WHERE c.workspace_id = :workspace_id AND c.record_id = :record_id
   AND (:before::uuid IS NULL OR c.id < :before)
 ORDER BY c.id DESC
 LIMIT :limit;
