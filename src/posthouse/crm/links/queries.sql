-- insert_addresses --
-- For people a member names before they write. The id is a keyed hash: racing writers agree.
INSERT INTO addresses (workspace_id, id, address, domain_key)
SELECT :workspace_id, id, address, domain_key
  FROM unnest(:ids::uuid[], :addresses::bytea[], :domain_keys::bytea[])
       AS new (id, address, domain_key)
ON CONFLICT DO NOTHING;

-- write_links --
-- What is known about addresses. Without a contact, an earlier one and its evidence stay.
WITH given AS MATERIALIZED (
    SELECT *
      FROM unnest(:address_ids::uuid[], :kinds::text[], :contact_ids::uuid[], :evidences::text[],
                  :confidences::smallint[], :domain_ids::uuid[], :seen_ins::uuid[])
           AS given (address_id, kind, contact_id, evidence, confidence, domain_id, seen_in)
), pointed AS (
    UPDATE addresses a SET contact_id = given.contact_id
      FROM given
     WHERE a.workspace_id = :workspace_id AND a.id = given.address_id
       AND given.contact_id IS NOT NULL AND a.contact_id IS DISTINCT FROM given.contact_id
)
INSERT INTO address_links AS l (workspace_id, address_id, kind, contact_evidence,
                                contact_confidence, domain_id, seen_in)
SELECT :workspace_id, address_id, kind, evidence, confidence, domain_id, seen_in FROM given
ON CONFLICT (workspace_id, address_id) DO UPDATE
   SET kind = EXCLUDED.kind,
       domain_id = EXCLUDED.domain_id,
       never_log = l.never_log AND EXCLUDED.contact_evidence IS NULL,
       contact_evidence = coalesce(EXCLUDED.contact_evidence, l.contact_evidence),
       contact_confidence = coalesce(EXCLUDED.contact_confidence, l.contact_confidence),
       seen_in = coalesce(EXCLUDED.seen_in, l.seen_in),
       linked_at = now();

-- resolve_companies --
-- The one rule: the company whose domain it is, else the company of the contact. So mail from a
-- person's old employer stays with the old employer when the person changes company.
WITH told AS MATERIALIZED (
    SELECT l.address_id, coalesce(domain_company.id, contact_company.id) AS company_id,
           domain_company.id IS NOT NULL AS by_domain
      FROM address_links l
      JOIN addresses a ON a.workspace_id = l.workspace_id AND a.id = l.address_id
      LEFT JOIN company_domains d ON d.workspace_id = l.workspace_id AND d.id = l.domain_id
      LEFT JOIN companies domain_company ON domain_company.workspace_id = l.workspace_id
            AND domain_company.id = d.company_id AND domain_company.deleted_at IS NULL
      LEFT JOIN contacts c ON c.workspace_id = l.workspace_id AND c.id = a.contact_id
      LEFT JOIN companies contact_company ON contact_company.workspace_id = l.workspace_id
            AND contact_company.id = c.company_id AND contact_company.deleted_at IS NULL
     WHERE l.workspace_id = :workspace_id AND l.kind <> 'own'
       AND (l.address_id = ANY(:address_ids) OR l.domain_id = ANY(:domain_ids))
)
UPDATE address_links l
   SET company_id = told.company_id,
       company_evidence = CASE WHEN told.company_id IS NULL THEN NULL
                               WHEN told.by_domain THEN 'domain' ELSE 'contact' END,
       company_confidence = CASE WHEN told.company_id IS NULL THEN NULL
                                 WHEN told.by_domain THEN :by_domain::smallint
                                 ELSE :by_contact::smallint END
  FROM told
 WHERE l.workspace_id = :workspace_id AND l.address_id = told.address_id
   AND l.company_id IS DISTINCT FROM told.company_id
RETURNING l.address_id;

-- unlink_addresses --
-- The addresses stay known: mail names them.
WITH pointed AS (
    UPDATE addresses SET contact_id = NULL
     WHERE workspace_id = :workspace_id AND id = ANY(:address_ids)
)
UPDATE address_links
   SET contact_evidence = NULL, contact_confidence = NULL, never_log = false, linked_at = now()
 WHERE workspace_id = :workspace_id AND address_id = ANY(:address_ids);

-- move_addresses --
-- A merge: the whole history follows the addresses.
UPDATE addresses SET contact_id = :into_contact
 WHERE workspace_id = :workspace_id AND contact_id = :from_contact
RETURNING id;

-- stop_logging --
-- For contacts that are ignored.
UPDATE address_links l SET never_log = :stopped
  FROM addresses a
 WHERE a.workspace_id = :workspace_id AND a.contact_id = :contact_id
   AND l.workspace_id = :workspace_id AND l.address_id = a.id AND l.never_log <> :stopped
RETURNING l.address_id;

-- address_ids_of --
-- Everything that points to these contacts.
SELECT id FROM addresses WHERE workspace_id = :workspace_id AND contact_id = ANY(:contact_ids);

-- read_addresses --
-- With how we know; an address matching has not looked at yet was named by a member.
SELECT a.id AS address_id, a.address, a.contact_id,
       coalesce(l.contact_evidence, 'manual') AS contact_evidence,
       coalesce(l.contact_confidence, 100::smallint) AS contact_confidence,
       l.company_id, l.company_evidence, l.company_confidence
  FROM addresses a
  LEFT JOIN address_links l ON l.workspace_id = a.workspace_id AND l.address_id = a.id
 WHERE a.workspace_id = :workspace_id AND a.contact_id = ANY(:contact_ids);
