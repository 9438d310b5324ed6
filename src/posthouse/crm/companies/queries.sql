-- insert_company --
-- Version 1.
INSERT INTO companies (workspace_id, id, name, details, owner_member_id, source)
VALUES (:workspace_id, :id, :name, :details, :owner_member_id, :source);

-- update_company --
-- Touches nothing when somebody was faster.
UPDATE companies
   SET name = :name, details = :details, owner_member_id = :owner_member_id,
       version = version + 1, changed_at = now()
 WHERE workspace_id = :workspace_id AND id = :id AND version = :version AND deleted_at IS NULL;

-- delete_company --
-- Or bring it back; nothing when it is so already.
UPDATE companies
   SET deleted_at = CASE WHEN :deleted::boolean THEN now() END, version = version + 1
 WHERE workspace_id = :workspace_id AND id = :id AND (deleted_at IS NULL) = :deleted;

-- read_companies --
-- Those that are there.
SELECT id, version, name, details, owner_member_id, source, created_at, changed_at
  FROM companies
 WHERE workspace_id = :workspace_id AND id = ANY(:ids) AND deleted_at IS NULL;

-- read_domains --
-- Of deleted companies too.
SELECT id, company_id, domain FROM company_domains
 WHERE workspace_id = :workspace_id AND company_id = ANY(:company_ids);

-- insert_domains --
-- The id is a keyed hash of the domain: another company's row conflicts, and stays unless that
-- company was deleted.
INSERT INTO company_domains AS d (workspace_id, id, company_id, domain)
SELECT :workspace_id, id, :company_id, domain
  FROM unnest(:ids::uuid[], :domains::bytea[]) AS new (id, domain)
ON CONFLICT (workspace_id, id) DO UPDATE
   SET company_id = EXCLUDED.company_id, domain = EXCLUDED.domain, created_at = now()
 WHERE EXISTS (SELECT FROM companies c
                WHERE c.workspace_id = d.workspace_id AND c.id = d.company_id
                  AND c.deleted_at IS NOT NULL)
RETURNING id;

-- delete_domains --
-- Only the company's own.
DELETE FROM company_domains
 WHERE workspace_id = :workspace_id AND company_id = :company_id AND id = ANY(:ids);

-- contacts_of --
-- Whose addresses may follow the company.
SELECT id FROM contacts WHERE workspace_id = :workspace_id AND company_id = :company_id;

-- list_companies --
-- By the last moment the reader may know of; those without one at the end.
WITH moments AS (
    SELECT customer_id, max(last_at) AS last_at
      FROM customer_moments
     WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:mailboxes)
     GROUP BY customer_id
), placed AS (
    SELECT c.id, coalesce(moments.last_at, :never::timestamptz) AS at
      FROM companies c
      LEFT JOIN moments ON moments.customer_id = c.id
     WHERE c.workspace_id = :workspace_id AND c.deleted_at IS NULL AND {{found c}}
)
SELECT id, at FROM placed
 WHERE (at, id) < (:before_at, :before_id)
 ORDER BY at DESC, id DESC
 LIMIT :limit;

-- count_contacts --
-- As many as the list of contacts would show.
SELECT c.company_id, count(*) AS contacts
  FROM contacts c
 WHERE c.workspace_id = :workspace_id AND c.company_id = ANY(:company_ids)
   AND c.deleted_at IS NULL AND c.state <> 'ignored' AND {{visible c}}
 GROUP BY c.company_id;
