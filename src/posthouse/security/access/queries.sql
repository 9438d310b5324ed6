-- list_mailboxes --
-- All an actor has as a whole: the own personal one first, then what was granted and has not expired.
-- A disabled member has nothing, also in a session that was open before.
SELECT m.id, m.address, m.name, m.kind, m.sends,
       coalesce(m.kind = 'personal' AND m.owner_member_id = :member_id, false) AS owned,
       array_remove(array_agg(g.level), NULL) AS levels,
       coalesce(bool_or(g.may_write), false) AS may_write,
       coalesce(bool_or(g.may_send), false) AS may_send,
       ARRAY(SELECT a.address FROM mailbox_addresses a
              WHERE a.workspace_id = :workspace_id AND a.mailbox_id = m.id
                AND a.address <> m.address AND a.address NOT LIKE '@%'
              ORDER BY a.address) AS aliases
  FROM mailboxes m
  LEFT JOIN grants g ON g.workspace_id = :workspace_id AND g.mailbox_id = m.id
                    AND g.member_id = :member_id AND g.thread_id IS NULL
                    AND (g.expires_at IS NULL OR g.expires_at > now())
 WHERE m.workspace_id = :workspace_id
   AND (:everything
        OR ((g.id IS NOT NULL OR (m.kind = 'personal' AND m.owner_member_id = :member_id))
            AND EXISTS (SELECT FROM members me
                         WHERE me.workspace_id = :workspace_id AND me.id = :member_id
                           AND me.disabled_at IS NULL)))
 GROUP BY m.workspace_id, m.id
 ORDER BY owned DESC, m.elsewhere, m.address;

-- read_owner --
-- Who decides about a mailbox: its owner when it is personal, the admins when it is shared.
SELECT kind, owner_member_id FROM mailboxes
 WHERE workspace_id = :workspace_id AND id = :mailbox_id;

-- thread_levels --
-- What grants show of some threads: for a list, row by row.
SELECT g.mailbox_id, g.thread_id, array_agg(g.level) AS levels
  FROM grants g
  JOIN unnest(:mailbox_ids::uuid[], :thread_ids::uuid[]) AS asked (mailbox_id, thread_id)
    ON asked.mailbox_id = g.mailbox_id AND asked.thread_id = g.thread_id
 WHERE g.workspace_id = :workspace_id AND g.member_id = :member_id
   AND (g.expires_at IS NULL OR g.expires_at > now())
 GROUP BY g.mailbox_id, g.thread_id;

-- save_grant --
-- One row for each source: given again, it is replaced.
INSERT INTO grants (workspace_id, id, member_id, mailbox_id, thread_id, level, may_write, may_send,
                    source, expires_at)
VALUES (:workspace_id, :id, :member_id, :mailbox_id, :thread_id, :level, :may_write, :may_send,
        :source, :expires_at)
ON CONFLICT (workspace_id, member_id, mailbox_id, thread_id, source) DO UPDATE
   SET level = excluded.level, may_write = excluded.may_write, may_send = excluded.may_send,
       expires_at = excluded.expires_at;

-- delete_grant --
-- What one source gave; other sources keep theirs.
DELETE FROM grants
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND mailbox_id = :mailbox_id
   AND thread_id IS NOT DISTINCT FROM :thread_id AND source = :source;

-- list_grants --
-- Everybody who was let into a mailbox or a thread of it; expired ones too, they explain the past.
SELECT id, member_id, mailbox_id, thread_id, level, may_write, may_send, source, expires_at,
       created_at
  FROM grants
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id
 ORDER BY thread_id NULLS FIRST, member_id, source;

-- list_holders --
-- The owner, and whose living grants over the whole mailbox show everything.
SELECT m.address, coalesce(m.id = b.owner_member_id, false) AS owned,
       coalesce(bool_or(g.may_write), false) AS may_write,
       coalesce(bool_or(g.may_send), false) AS may_send
  FROM mailboxes b
  JOIN members m ON m.workspace_id = b.workspace_id
  LEFT JOIN grants g
    ON g.workspace_id = m.workspace_id AND g.member_id = m.id AND g.mailbox_id = b.id
   AND g.thread_id IS NULL AND g.level = 'full'
   AND (g.expires_at IS NULL OR g.expires_at > now())
 WHERE b.workspace_id = :workspace_id AND b.id = :mailbox_id
   AND (g.id IS NOT NULL OR m.id = b.owner_member_id)
 GROUP BY m.address, m.id, b.owner_member_id
 ORDER BY coalesce(m.id = b.owner_member_id, false) DESC, m.address;

-- follow_threads --
-- Threads that became one: what was given for a part holds for the whole, as that mailbox holds it.
INSERT INTO grants (workspace_id, id, member_id, mailbox_id, thread_id, level, may_write, may_send,
                    source, expires_at, created_at)
SELECT g.workspace_id, gen_random_uuid(), g.member_id, g.mailbox_id, :into_id, g.level,
       g.may_write, g.may_send, g.source, g.expires_at, g.created_at
  FROM grants g
 WHERE g.workspace_id = :workspace_id AND g.thread_id = ANY(:from_ids)
ON CONFLICT (workspace_id, member_id, mailbox_id, thread_id, source) DO NOTHING;

-- delete_thread_grants --
-- After follow_threads: the parts are no more.
DELETE FROM grants WHERE workspace_id = :workspace_id AND thread_id = ANY(:from_ids);
