-- read_names --
-- What contacts and companies are called, for references to them.
SELECT 'contacts' AS kind, id, name FROM contacts
 WHERE workspace_id = :workspace_id AND id = ANY(:contact_ids)
UNION ALL
SELECT 'companies', id, name FROM companies
 WHERE workspace_id = :workspace_id AND id = ANY(:company_ids) AND deleted_at IS NULL;

-- read_member_names --
-- The staff directory is plain.
SELECT id, name FROM members WHERE workspace_id = :workspace_id AND id = ANY(:member_ids);
