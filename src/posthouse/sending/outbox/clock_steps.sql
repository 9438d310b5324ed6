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

-- bring_back_messages --
-- Those written in what is now the future were written now: held for as long, given up as late as
-- others. What somebody scheduled keeps its day.
UPDATE outbox_messages m
   SET created_at = :now::timestamptz,
       held_until = CASE WHEN kept.hold <= :tolerated::interval
                         THEN :now::timestamptz + kept.hold ELSE m.held_until END,
       give_up_at = CASE WHEN kept.hold <= :tolerated::interval
                         THEN :now::timestamptz + (m.give_up_at - m.created_at)
                         ELSE m.give_up_at END
  FROM (SELECT workspace_id, id, held_until - created_at AS hold FROM outbox_messages
         WHERE finished_at IS NULL
           AND created_at > :now::timestamptz + :tolerated::interval
         ORDER BY id FOR UPDATE SKIP LOCKED) kept
 WHERE m.workspace_id = kept.workspace_id AND m.id = kept.id;

-- grow_no_younger --
-- Nobody was waited for longer than there was something to wait for.
WITH waits AS MATERIALIZED (
    SELECT q.workspace_id, q.recipient_id,
           greatest(:now::timestamptz - m.held_until, interval '0') AS longest
      FROM outbox_queue q
      JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
     WHERE q.unattended > greatest(:now::timestamptz - m.held_until, interval '0')
       FOR UPDATE OF q SKIP LOCKED
)
UPDATE outbox_queue q SET unattended = waits.longest
  FROM waits
 WHERE q.workspace_id = waits.workspace_id AND q.recipient_id = waits.recipient_id;

-- forget_what_is_to_come --
-- What was learned of a site in what is now the future.
DELETE FROM outbox_sites WHERE changed_at > :now::timestamptz + :tolerated::interval;
