-- lock_limited --
-- Those that have a limit, in id order: who fills one waits for who is filling it. Filing takes no such
-- lock; only who comes near the limit does.
SELECT b.id
  FROM mailboxes b
  JOIN workspaces w ON w.id = b.workspace_id
 WHERE b.workspace_id = :workspace_id AND b.id = ANY(:mailbox_ids::uuid[])
   AND (coalesce(b.most_octets, w.most_octets) > 0
        OR coalesce(b.most_messages, w.most_messages) > 0)
 ORDER BY b.id FOR NO KEY UPDATE OF b;

-- usage_of --
-- Of these mailboxes, or of all; of the limited ones alone, and those that were told of once.
SELECT b.id, b.address, b.name, b.fullness, b.full_since,
       b.most_octets AS own_octets, b.most_messages AS own_messages,
       coalesce(b.most_octets, w.most_octets) AS most_octets,
       coalesce(b.most_messages, w.most_messages) AS most_messages,
       coalesce(used.octets, 0)::bigint AS octets, coalesce(used.messages, 0)::bigint AS messages
  FROM mailboxes b
  JOIN workspaces w ON w.id = b.workspace_id
 CROSS JOIN LATERAL (SELECT sum(f.octets) AS octets, sum(f.message_count) AS messages
                       FROM folders f
                      WHERE f.workspace_id = b.workspace_id AND f.mailbox_id = b.id) used
 WHERE b.workspace_id = :workspace_id
   AND (:mailbox_ids::uuid[] IS NULL OR b.id = ANY(:mailbox_ids))
   AND (NOT :only_limited::boolean OR b.fullness > 0 OR b.full_since IS NOT NULL
        OR coalesce(b.most_octets, w.most_octets) > 0
        OR coalesce(b.most_messages, w.most_messages) > 0)
 ORDER BY b.address;

-- read_default --
-- What a mailbox may hold of which nothing else is said.
SELECT most_octets, most_messages FROM workspaces WHERE id = :workspace_id;

-- set_default --
-- From the next mail on.
UPDATE workspaces SET most_octets = :octets, most_messages = :messages WHERE id = :workspace_id;

-- set_own --
-- NULL is as the workspace says.
UPDATE mailboxes SET most_octets = :octets, most_messages = :messages
 WHERE workspace_id = :workspace_id AND address = :address
RETURNING id;

-- note_fullness --
-- Unless another process noted it first: who gets the row back tells the member.
UPDATE mailboxes SET fullness = :fullness, full_since = :full_since
 WHERE workspace_id = :workspace_id AND id = :mailbox_id
   AND fullness = :before AND full_since IS NOT DISTINCT FROM :since_before
RETURNING id;

-- list_workspaces --
-- Those that can have full mailboxes.
SELECT w.id FROM workspaces w
 WHERE w.most_octets > 0 OR w.most_messages > 0
    OR EXISTS (SELECT FROM mailboxes b
                WHERE b.workspace_id = w.id
                  AND (b.most_octets > 0 OR b.most_messages > 0 OR b.fullness > 0
                       OR b.full_since IS NOT NULL))
 ORDER BY w.id;
