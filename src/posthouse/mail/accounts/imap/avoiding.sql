-- set_avoided --
-- Extensions that are offered there and are not used; '{}' for none.
UPDATE linked_accounts SET overrides = :extensions::text[]
WHERE workspace_id = :workspace_id AND id = :id;
