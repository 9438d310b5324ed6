-- insert_contacts --
-- Version 1. A batch of mail makes many at once.
INSERT INTO contacts (workspace_id, id, state, name, details, company_id, owner_member_id, source,
                      decided_by)
SELECT :workspace_id, id, :state::text, name, details, company_id, owner_id, :source::text,
       :decided_by::uuid
  FROM unnest(:ids::uuid[], :names::bytea[], :details::bytea[], :company_ids::uuid[],
              :owner_ids::uuid[]) AS new (id, name, details, company_id, owner_id);

-- update_contact --
-- Touches nothing when somebody was faster.
UPDATE contacts
   SET name = :name, details = :details, company_id = :company_id,
       owner_member_id = :owner_member_id, version = version + 1, changed_at = now()
 WHERE workspace_id = :workspace_id AND id = :id AND version = :version AND deleted_at IS NULL;

-- set_state --
-- By a member's word.
UPDATE contacts
   SET state = :state, decided_by = :decided_by, version = version + 1, changed_at = now()
 WHERE workspace_id = :workspace_id AND id = :id;

-- delete_contact --
-- Or bring it back; nothing when it is so already.
UPDATE contacts
   SET deleted_at = CASE WHEN :deleted::boolean THEN now() END, version = version + 1
 WHERE workspace_id = :workspace_id AND id = :id AND (deleted_at IS NULL) = :deleted
   AND merged_into IS NULL;

-- mark_merged --
-- The row says where its addresses went.
UPDATE contacts SET deleted_at = now(), merged_into = :into_id, version = version + 1
 WHERE workspace_id = :workspace_id AND id = ANY(:from_ids);

-- read_contacts --
-- Those that are there.
SELECT id, version, state, name, details, company_id, owner_member_id, source, created_at,
       changed_at
  FROM contacts
 WHERE workspace_id = :workspace_id AND id = ANY(:ids) AND deleted_at IS NULL;

-- lock_addresses --
-- Whoever gives addresses away waits here; a statement of its own, so that the next one sees what
-- the one before committed. Not FOR UPDATE: filing mail refers to these rows all the time.
SELECT id FROM addresses
 WHERE workspace_id = :workspace_id AND id = ANY(:address_ids)
 ORDER BY id FOR NO KEY UPDATE;

-- holders --
-- Whom these addresses belong to.
SELECT a.id AS address_id, c.id AS contact_id, c.state
  FROM addresses a
  JOIN contacts c ON c.workspace_id = a.workspace_id AND c.id = a.contact_id
 WHERE a.workspace_id = :workspace_id AND a.id = ANY(:address_ids) AND c.deleted_at IS NULL;

-- empty_contacts --
-- Made by mail for addresses that have moved on.
SELECT c.id
  FROM contacts c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:contact_ids) AND c.state <> 'verified'
   AND NOT EXISTS (SELECT FROM addresses a
                    WHERE a.workspace_id = :workspace_id AND a.contact_id = c.id);

-- adopt_contacts --
-- The company's domain says where they work; a member's word would have set it already.
UPDATE contacts c SET company_id = :company_id, version = version + 1, changed_at = now()
  FROM addresses a
  JOIN address_links l ON l.workspace_id = a.workspace_id AND l.address_id = a.id
 WHERE c.workspace_id = :workspace_id AND c.company_id IS NULL AND c.deleted_at IS NULL
   AND a.workspace_id = :workspace_id AND a.contact_id = c.id AND l.domain_id = ANY(:domain_ids)
RETURNING c.id;

-- is_visible --
-- For everything that names one contact.
SELECT 1 FROM contacts c
 WHERE c.workspace_id = :workspace_id AND c.id = :id AND {{visible c}};

-- list_contacts --
-- By the last moment the reader may know of; those without one at the end. Whom the reader's own
-- mailboxes have met is visible without looking at the log.
WITH moments AS (
    SELECT customer_id, max(last_at) AS last_at, bool_or(mailbox_id <> :no_mailbox) AS met
      FROM customer_moments
     WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:mailboxes)
     GROUP BY customer_id
), placed AS (
    SELECT c.id, coalesce(moments.last_at, :never::timestamptz) AS at
      FROM contacts c
      LEFT JOIN moments ON moments.customer_id = c.id
     WHERE c.workspace_id = :workspace_id AND c.deleted_at IS NULL AND c.state = ANY(:states)
       AND (:company_id::uuid IS NULL OR c.company_id = :company_id)
       AND (:address_ids::uuid[] IS NULL
            OR EXISTS (SELECT FROM addresses a
                        WHERE a.workspace_id = :workspace_id AND a.contact_id = c.id
                          AND a.id = ANY(:address_ids)))
       AND {{found c}} AND (moments.met OR {{visible c}})
)
SELECT id, at FROM placed
 WHERE (at, id) < (:before_at, :before_id)
 ORDER BY at DESC, id DESC
 LIMIT :limit;
