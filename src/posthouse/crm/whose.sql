-- customers_of_addresses --
-- Whose addresses these are, for lists of mail. Ignored and deleted contacts are nobody's.
SELECT a.id, c.id AS contact_id, coalesce(l.company_id, c.company_id) AS company_id
  FROM addresses a
  LEFT JOIN address_links l ON l.workspace_id = a.workspace_id AND l.address_id = a.id
  LEFT JOIN contacts c ON c.workspace_id = a.workspace_id AND c.id = a.contact_id
                      AND c.deleted_at IS NULL AND c.state <> 'ignored'
 WHERE a.workspace_id = :workspace_id AND a.id = ANY(:address_ids)
   AND (c.id IS NOT NULL OR l.company_id IS NOT NULL);
