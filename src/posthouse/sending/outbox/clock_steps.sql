-- bring_back --
-- Attempts that wait for a time which a wrong clock named: those put off, and leases, for longer
-- than anybody is ever put off; those that are held for a moment, and were written in what is now
-- the future. What somebody scheduled stays. A lease gets a little more: its worker may live
-- and renews it.
WITH astray AS MATERIALIZED (
    SELECT q.workspace_id, q.recipient_id,
           :now::timestamptz + CASE WHEN q.leased_by IS NOT NULL THEN :tolerated::interval
                                    WHEN q.due_at = m.held_until THEN m.held_until - m.created_at
                                    ELSE interval '0' END AS due_at
      FROM outbox_queue q
      JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
     WHERE q.class = ANY(:shares::text[]) AND NOT q.held
       AND q.due_at > :now::timestamptz + :tolerated::interval
       AND CASE WHEN q.due_at = m.held_until
                THEN m.created_at > :now::timestamptz + :tolerated::interval
                     AND m.held_until - m.created_at <= :tolerated::interval
                ELSE q.due_at > :now::timestamptz + :furthest::interval END
       FOR UPDATE OF q SKIP LOCKED
), shown AS (
    UPDATE outbox_recipients r SET next_attempt_at = astray.due_at
      FROM astray
     WHERE r.workspace_id = astray.workspace_id AND r.id = astray.recipient_id
)
UPDATE outbox_queue q SET due_at = astray.due_at
  FROM astray
 WHERE q.workspace_id = astray.workspace_id AND q.recipient_id = astray.recipient_id
RETURNING q.recipient_id;

-- forget_what_is_to_come --
-- What was learned of a site in what is now the future.
DELETE FROM outbox_sites WHERE changed_at > :now::timestamptz + :tolerated::interval;
