-- exchanged_mail --
-- Those of a batch that bind to anybody.
SELECT m.id, m.variant_id, m.direction, v.is_automatic
  FROM mailbox_messages m
  JOIN variants v ON v.workspace_id = m.workspace_id AND v.id = m.variant_id
 WHERE m.workspace_id = :workspace_id AND m.id = ANY(:mailbox_message_ids) AND {{exchanged m}}
 ORDER BY m.id;

-- misplaced_mail --
-- Moved out of junk or drafts and not in the log yet, or into them and still there.
SELECT m.id
  FROM mailbox_messages m
 WHERE m.workspace_id = :workspace_id AND m.id = ANY(:mailbox_message_ids) AND {{placed m}}
   AND {{exchanged m}} <> EXISTS (SELECT FROM timeline_entries e
                                   WHERE e.workspace_id = :workspace_id
                                     AND e.mailbox_message_id = m.id)
 ORDER BY m.id;

-- read_known --
-- A contact that was ignored or deleted still holds its addresses: it is not met again.
SELECT a.id AS address_id, l.kind, a.contact_id, l.domain_id, l.company_id
  FROM addresses a
  LEFT JOIN address_links l ON l.workspace_id = a.workspace_id AND l.address_id = a.id
 WHERE a.workspace_id = :workspace_id AND a.id = ANY(:address_ids);

-- members_among --
-- Members may sign in with addresses of other domains.
SELECT address FROM members WHERE workspace_id = :workspace_id AND address = ANY(:addresses);

-- companies_of --
-- Of companies that are there.
SELECT d.id, d.company_id
  FROM company_domains d
  JOIN companies c ON c.workspace_id = d.workspace_id AND c.id = d.company_id
 WHERE d.workspace_id = :workspace_id AND d.id = ANY(:domain_ids) AND c.deleted_at IS NULL;

-- lock_free_addresses --
-- Not FOR UPDATE: filing mail refers to these rows all the time.
SELECT id FROM addresses
 WHERE workspace_id = :workspace_id AND id = ANY(:address_ids) AND contact_id IS NULL
 ORDER BY id FOR NO KEY UPDATE;

-- read_headers --
-- For the names of those who are met.
SELECT v.id, v.header, k.wrapped, k.generation
  FROM variants v
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
 WHERE v.workspace_id = :workspace_id AND v.id = ANY(:variant_ids);
