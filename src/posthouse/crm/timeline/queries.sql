-- read_linked_people --
-- Everyone a mail names who belongs to a contact or company, surest links first. OFFSET 0
-- keeps the planner from hashing all people of the workspace while it has no statistics.
WITH mail AS MATERIALIZED (
    SELECT m.id, m.variant_id
      FROM mailbox_messages m
     WHERE m.workspace_id = :workspace_id AND m.id = ANY(:mailbox_message_ids)
       AND {{exchanged m}}
), people AS (
    SELECT mail.id, named.address_id
      FROM mail
     CROSS JOIN LATERAL (SELECT p.address_id FROM variant_people p
                          WHERE p.workspace_id = :workspace_id AND p.variant_id = mail.variant_id
                            AND p.role IN (0, 3, 4)
                         OFFSET 0) named
    UNION
    SELECT mail.id, hidden.address_id
      FROM mail
     CROSS JOIN LATERAL (SELECT p.address_id FROM mailbox_message_people p
                          WHERE p.workspace_id = :workspace_id AND p.mailbox_message_id = mail.id
                         OFFSET 0) hidden
)
SELECT people.id AS mailbox_message_id, a.contact_id, l.company_id
  FROM people
  JOIN addresses a ON a.workspace_id = :workspace_id AND a.id = people.address_id
  LEFT JOIN address_links l ON l.workspace_id = a.workspace_id AND l.address_id = a.id
 WHERE (a.contact_id IS NOT NULL OR l.company_id IS NOT NULL)
   AND NOT coalesce(l.never_log, false) AND coalesce(l.kind, 'person') <> 'own'
 ORDER BY people.id, l.contact_confidence DESC NULLS LAST, a.id;

-- read_mail_entries --
-- What the log holds of these mails: of those that are there, and of those that were taken back. Of
-- erased ones it keeps what it has: that they were, without their words.
SELECT e.id, e.mailbox_message_id, e.contact_id, e.company_id
  FROM timeline_entries e
 WHERE e.workspace_id = :workspace_id AND e.mailbox_message_id = ANY(:mailbox_message_ids)
   AND (e.mailbox_message_id = ANY(:undone::uuid[])
        OR EXISTS (SELECT FROM mailbox_messages m
                    WHERE m.workspace_id = e.workspace_id AND m.id = e.mailbox_message_id));

-- insert_entries --
-- A second writer of the same entry changes nothing. Lists are sorted by customer_moments.
WITH new AS (
    INSERT INTO timeline_entries
           (workspace_id, id, kind, direction, automatic, occurred_at, contact_id, company_id,
            member_id, mailbox_id, mailbox_message_id, message_id, thread_id, attachment_count,
            key_record_id, content)
    SELECT :workspace_id, *
      FROM unnest(:id::uuid[], :kind::text[], :direction::text[], :automatic::boolean[],
                  :occurred_at::timestamptz[], :contact_id::uuid[], :company_id::uuid[],
                  :member_id::uuid[], :mailbox_id::uuid[], :mailbox_message_id::uuid[],
                  :message_id::uuid[], :thread_id::uuid[], :attachment_count::smallint[],
                  :key_record_id::uuid[], :content::bytea[])
    ON CONFLICT DO NOTHING
    RETURNING contact_id, company_id, coalesce(mailbox_id, :no_mailbox::uuid) AS mailbox_id,
              occurred_at, direction, automatic, kind
)
INSERT INTO customer_moments AS m
       (workspace_id, customer_id, mailbox_id, last_at, last_in_at, last_out_at)
SELECT :workspace_id, customer.id, new.mailbox_id, max(new.occurred_at),
       max(new.occurred_at) FILTER (WHERE new.direction = 'in' AND NOT new.automatic),
       max(new.occurred_at) FILTER (WHERE new.direction = 'out' AND NOT new.automatic)
  FROM new CROSS JOIN LATERAL (VALUES (new.contact_id), (new.company_id)) AS customer (id)
 WHERE customer.id IS NOT NULL AND new.kind <> 'note'
 GROUP BY customer.id, new.mailbox_id
 ORDER BY customer.id, new.mailbox_id
ON CONFLICT (workspace_id, customer_id, mailbox_id) DO UPDATE
   SET last_at = greatest(m.last_at, EXCLUDED.last_at),
       last_in_at = greatest(m.last_in_at, EXCLUDED.last_in_at),
       last_out_at = greatest(m.last_out_at, EXCLUDED.last_out_at);

-- remove_entries --
-- Derived rows: what left the links leaves the log.
DELETE FROM timeline_entries WHERE workspace_id = :workspace_id AND id = ANY(:ids);

-- move_entries --
-- To another company, or to none.
UPDATE timeline_entries e SET company_id = new.company_id
  FROM unnest(:ids::uuid[], :company_ids::uuid[]) AS new (id, company_id)
 WHERE e.workspace_id = :workspace_id AND e.id = new.id;

-- forget_moments --
-- Before they are counted anew.
DELETE FROM customer_moments
 WHERE workspace_id = :workspace_id AND customer_id = ANY(:customer_ids)
   AND mailbox_id = ANY(:mailbox_ids);

-- recount_moments --
-- From the entries that are there now.
INSERT INTO customer_moments (workspace_id, customer_id, mailbox_id, last_at, last_in_at,
                              last_out_at)
SELECT :workspace_id, customer.id, mailbox.id, max(e.occurred_at),
       max(e.occurred_at) FILTER (WHERE e.direction = 'in' AND NOT e.automatic),
       max(e.occurred_at) FILTER (WHERE e.direction = 'out' AND NOT e.automatic)
  FROM unnest(:customer_ids::uuid[]) AS customer (id)
 CROSS JOIN unnest(:mailbox_ids::uuid[]) AS mailbox (id)
  JOIN timeline_entries e
    ON e.workspace_id = :workspace_id
   AND (e.contact_id = customer.id OR e.company_id = customer.id)
   AND coalesce(e.mailbox_id, :no_mailbox::uuid) = mailbox.id
 WHERE e.kind <> 'note' AND e.deleted_at IS NULL
 GROUP BY customer.id, mailbox.id;

-- mailboxes_of --
-- Whose moments may have changed.
SELECT DISTINCT mailbox_id FROM mailbox_messages
 WHERE workspace_id = :workspace_id AND id = ANY(:mailbox_message_ids);

-- mail_of_addresses --
-- By id: a UUIDv7, so newest first, and a place to continue from.
WITH named AS (
    SELECT copy.id
      FROM variant_people p
     CROSS JOIN LATERAL (SELECT m.id FROM mailbox_messages m
                          WHERE m.workspace_id = :workspace_id AND m.variant_id = p.variant_id
                         OFFSET 0) copy
     WHERE p.workspace_id = :workspace_id AND p.address_id = ANY(:address_ids)
    UNION
    SELECT p.mailbox_message_id
      FROM mailbox_message_people p
     WHERE p.workspace_id = :workspace_id AND p.address_id = ANY(:address_ids)
)
SELECT id FROM named
 WHERE :before::uuid IS NULL OR id < :before
 ORDER BY id DESC
 LIMIT :limit;

-- follow_threads --
-- A merged thread names the one it went into; chains are kept one step long.
UPDATE timeline_entries e SET thread_id = t.merged_into
  FROM threads t
 WHERE e.workspace_id = :workspace_id AND e.thread_id = ANY(:thread_ids)
   AND t.workspace_id = e.workspace_id AND t.id = e.thread_id AND t.merged_into IS NOT NULL;

-- mailbox_owners --
-- Mail of a personal mailbox is its owner's doing.
SELECT id, owner_member_id FROM mailboxes
 WHERE workspace_id = :workspace_id AND id = ANY(:mailbox_ids);

-- own_domains --
-- Hosted here: those who write from them are we.
SELECT name FROM domains WHERE workspace_id = :workspace_id;
