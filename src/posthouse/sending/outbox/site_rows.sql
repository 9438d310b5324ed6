-- put_off --
-- A site wants no mail before :until: its recipients wait as if they had not been taken. Those stay
-- with the worker whose time is over, or whose senders must hear now that it takes long.
WITH waiting AS MATERIALIZED (
    SELECT q.workspace_id, q.recipient_id
      FROM outbox_queue q
      JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
      JOIN outbox_recipients r ON r.workspace_id = q.workspace_id AND r.id = q.recipient_id
     WHERE q.leased_by = :worker AND q.recipient_id = ANY(:recipient_ids)
       AND m.give_up_at + q.unattended > :now::timestamptz
       AND (r.delay_told_at IS NOT NULL OR q.class <> 'people'
            OR :late_after::interval = interval '0'
            OR m.held_until + q.unattended + :late_after::interval > :now::timestamptz)
       FOR UPDATE OF q SKIP LOCKED
), shown AS (
    UPDATE outbox_recipients r SET next_attempt_at = :until
      FROM waiting
     WHERE r.workspace_id = waiting.workspace_id AND r.id = waiting.recipient_id
)
UPDATE outbox_queue q
   SET due_at = :until::timestamptz + random() * :spread::interval, leased_by = NULL,
       attempts = q.attempts - 1, site = :site
  FROM waiting
 WHERE q.workspace_id = waiting.workspace_id AND q.recipient_id = waiting.recipient_id
RETURNING q.recipient_id;

-- read_sites --
-- What workers found out about sites since then, or ever.
SELECT site, connections, per_minute, pauses, paused_until, reason, status, changed_at
  FROM outbox_sites
 WHERE :since::timestamptz IS NULL OR changed_at > :since;

-- put_site --
-- How it is with a site; who comes last knows best.
INSERT INTO outbox_sites (site, connections, per_minute, pauses, paused_until, reason, status,
                          changed_at)
VALUES (:site, :connections, :per_minute, :pauses, :paused_until, :reason, :status, :changed_at)
ON CONFLICT (site) DO UPDATE
   SET connections = excluded.connections, per_minute = excluded.per_minute,
       pauses = excluded.pauses, paused_until = excluded.paused_until, reason = excluded.reason,
       status = excluded.status, changed_at = excluded.changed_at;

-- forget_sites --
-- What was long ago says nothing any more.
DELETE FROM outbox_sites WHERE changed_at < :before;
