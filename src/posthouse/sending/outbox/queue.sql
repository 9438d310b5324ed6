-- list_queue --
-- For operators and administrators: what waits, what is due first on top; of one workspace, domain,
-- mailbox, recipient or state, or all of it.
SELECT * FROM (
    SELECT q.workspace_id, q.recipient_id, q.outbox_message_id, q.domain, q.class AS share, q.size,
           q.attempts, q.due_at, q.site, m.created_at, m.give_up_at, m.mail_from, r.address,
           r.report, r.last_attempt_at, s.reason AS site_reason, s.status AS site_status,
           s.paused_until,
           CASE WHEN q.held THEN 'held'
                WHEN q.leased_by IS NOT NULL THEN 'trying'
                WHEN q.attempts = 0 AND q.site IS NULL AND q.due_at > :now THEN 'scheduled'
                ELSE 'waiting' END AS state
      FROM outbox_queue q
      JOIN outbox_recipients r ON r.workspace_id = q.workspace_id AND r.id = q.recipient_id
      JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
      LEFT JOIN outbox_sites s ON s.site = q.site
     WHERE (:workspace_id::uuid IS NULL OR q.workspace_id = :workspace_id)
       AND (:domain::text IS NULL OR q.domain = :domain)
       AND (:mailbox_id::uuid IS NULL OR m.mailbox_id = :mailbox_id)
       AND (:recipient_id::uuid IS NULL OR q.recipient_id = :recipient_id)) waits
 WHERE :state::text IS NULL OR state = :state
 ORDER BY due_at, recipient_id LIMIT :limit;

-- retry_now --
-- What waits for its next attempt has it now; what is held or being tried stays as it is. With a
-- site it was about to be tried, and was put off.
WITH waiting AS MATERIALIZED (
    SELECT workspace_id, recipient_id FROM outbox_queue
     WHERE leased_by IS NULL AND NOT held AND (attempts > 0 OR site IS NOT NULL)
       AND (:workspace_id::uuid IS NULL OR workspace_id = :workspace_id)
       AND (:domain::text IS NULL OR domain = :domain)
       AND (:recipient_ids::uuid[] IS NULL OR recipient_id = ANY(:recipient_ids))
       FOR UPDATE SKIP LOCKED
)
UPDATE outbox_queue q SET due_at = :now
  FROM waiting
 WHERE q.workspace_id = waiting.workspace_id AND q.recipient_id = waiting.recipient_id;

-- end_pauses --
-- Somebody wants it tried now: at the sites of some recipients, of a domain, or at all.
UPDATE outbox_sites
   SET paused_until = NULL, pauses = 0, changed_at = :now
 WHERE paused_until IS NOT NULL
   AND site IN (SELECT site FROM outbox_queue
                 WHERE (:domain::text IS NULL OR domain = :domain)
                   AND (:recipient_ids::uuid[] IS NULL OR recipient_id = ANY(:recipient_ids)));

-- set_held --
-- Nothing is tried that is held, until it is released; what is being tried just now ends first.
WITH chosen AS MATERIALIZED (
    SELECT workspace_id, recipient_id FROM outbox_queue
     WHERE leased_by IS NULL AND held <> :held
       AND (:workspace_id::uuid IS NULL OR workspace_id = :workspace_id)
       AND (:domain::text IS NULL OR domain = :domain)
       AND (:recipient_ids::uuid[] IS NULL OR recipient_id = ANY(:recipient_ids))
       FOR UPDATE SKIP LOCKED
)
UPDATE outbox_queue q SET held = :held
  FROM chosen
 WHERE q.workspace_id = chosen.workspace_id AND q.recipient_id = chosen.recipient_id;

-- drop_from_queue --
-- Recipients that are given up and not being tried at the moment.
DELETE FROM outbox_queue
 WHERE leased_by IS NULL AND recipient_id = ANY(:recipient_ids)
   AND (:workspace_id::uuid IS NULL OR workspace_id = :workspace_id)
RETURNING workspace_id, recipient_id, outbox_message_id;
