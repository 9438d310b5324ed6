-- remove_tokens --
-- Before the new ones go in.
DELETE FROM lookup_tokens
 WHERE workspace_id = :workspace_id AND record_id = ANY(:record_ids);

-- insert_tokens --
-- A token that a record has twice stands once.
INSERT INTO lookup_tokens (workspace_id, record_id, token)
SELECT DISTINCT :workspace_id::uuid, record_id, token
  FROM unnest(:record_ids::uuid[], :tokens::bytea[]) AS new (record_id, token)
ON CONFLICT DO NOTHING;
