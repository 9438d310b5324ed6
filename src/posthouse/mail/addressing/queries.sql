-- find_destination --
-- Of several spellings the first that is hosted, with its mailboxes and the room in those that have
-- limits, and where else its mail goes; before the workspace is known.
WITH spelling AS (
    SELECT * FROM unnest(:spellings::text[]) WITH ORDINALITY AS spelling (address, nth)
), found AS (
    SELECT s.nth, a.workspace_id, coalesce(a.mailbox_id, g.mailbox_id) AS mailbox_id,
           f.forward_ids, f.forward_targets
      FROM spelling s
      JOIN mailbox_addresses a ON a.address = s.address
      LEFT JOIN group_mailboxes g ON g.address = a.address AND a.mailbox_id IS NULL
      LEFT JOIN LATERAL (SELECT array_agg(t.id ORDER BY t.id) AS forward_ids,
                                array_agg(t.target ORDER BY t.id) AS forward_targets
                           FROM forward_targets t WHERE t.address = a.address) f ON true
     WHERE a.mailbox_id IS NOT NULL OR g.mailbox_id IS NOT NULL OR f.forward_ids IS NOT NULL
)
SELECT found.workspace_id, found.mailbox_id, found.forward_ids, found.forward_targets,
       room.most_octets, room.most_messages, room.full_since, room.octets, room.messages
  FROM found {{room_of found}}
 WHERE found.nth = (SELECT min(nth) FROM found)
 ORDER BY found.mailbox_id;

-- find_first_administrator --
-- The mailbox of the administrator a domain has had longest, with the room in it.
WITH found AS (
    SELECT d.workspace_id, b.id AS mailbox_id
      FROM domains d
      JOIN members m ON m.workspace_id = d.workspace_id
      JOIN mailboxes b ON b.workspace_id = m.workspace_id AND b.owner_member_id = m.id
                      AND NOT b.elsewhere
     WHERE d.name = :domain AND m.role = 'admin' AND m.disabled_at IS NULL
     ORDER BY m.created_at, m.id
     LIMIT 1
)
SELECT found.workspace_id, found.mailbox_id, room.most_octets, room.most_messages,
       room.full_since, room.octets, room.messages
  FROM found {{room_of found}};

-- lock_domain --
-- Whoever changes addresses of a domain waits for whoever does already.
SELECT name FROM domains WHERE name = :domain AND workspace_id = :workspace_id FOR UPDATE;

-- find_own --
-- The mailboxes that were made with these addresses.
SELECT id, address FROM mailboxes
 WHERE workspace_id = :workspace_id AND address = ANY(:addresses::text[]);

-- find_hosted --
-- Domains of the workspace.
SELECT name FROM domains WHERE workspace_id = :workspace_id AND name = ANY(:domains::text[]);

-- forget_targets --
-- Before they are written anew.
DELETE FROM forward_targets WHERE workspace_id = :workspace_id AND address = :address;

-- put_targets --
-- The addresses elsewhere that get its mail.
INSERT INTO forward_targets (address, id, workspace_id, target)
SELECT :address, new.id, :workspace_id, new.target
  FROM unnest(:ids::uuid[], :targets::bytea[]) AS new (id, target);

-- put_address --
-- An alias or catch-all of one mailbox, or a group without one of its own.
INSERT INTO mailbox_addresses (address, workspace_id, mailbox_id)
VALUES (:address, :workspace_id, :mailbox_id)
ON CONFLICT (address) DO UPDATE SET mailbox_id = excluded.mailbox_id
 WHERE mailbox_addresses.workspace_id = :workspace_id;

-- empty_group --
-- Before its mailboxes are written anew.
DELETE FROM group_mailboxes WHERE workspace_id = :workspace_id AND address = :address;

-- fill_group --
-- All its mailboxes.
INSERT INTO group_mailboxes (address, workspace_id, mailbox_id)
SELECT :address, :workspace_id, id FROM unnest(:mailbox_ids::uuid[]) AS new (id);

-- delete_address --
-- A mailbox keeps the address it was made with.
DELETE FROM mailbox_addresses a
 WHERE a.workspace_id = :workspace_id AND a.address = :address
   AND NOT EXISTS (SELECT FROM mailboxes b
                    WHERE b.workspace_id = :workspace_id AND b.address = :address);

-- list_addresses --
-- All of a workspace with the own addresses of their mailboxes. A catch-all stands behind the
-- addresses of its domain.
SELECT a.address, coalesce(bool_or(b.address = a.address), false) AS own,
       (SELECT array_agg(t.id ORDER BY t.id) FROM forward_targets t
         WHERE t.address = a.address) AS forward_ids,
       (SELECT array_agg(t.target ORDER BY t.id) FROM forward_targets t
         WHERE t.address = a.address) AS forward_targets,
       array_agg(b.address ORDER BY b.address) FILTER (WHERE b.id IS NOT NULL) AS mailboxes
  FROM mailbox_addresses a
  LEFT JOIN group_mailboxes g
    ON g.workspace_id = a.workspace_id AND g.address = a.address AND a.mailbox_id IS NULL
  LEFT JOIN mailboxes b
    ON b.workspace_id = a.workspace_id AND b.id = coalesce(a.mailbox_id, g.mailbox_id)
 WHERE a.workspace_id = :workspace_id
   AND (:domain::text IS NULL OR split_part(a.address, '@', -1) = :domain)
 GROUP BY a.address, a.mailbox_id
 ORDER BY split_part(a.address, '@', -1), a.address LIKE '@%', a.address;
