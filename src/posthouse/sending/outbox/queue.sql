-- list_queue --
-- For operators and administrators: what waits, what is due first on top; of one workspace, site,
-- domain, mailbox, share, recipient or state, or all of it.
SELECT * FROM (
    SELECT q.workspace_id, q.recipient_id, q.outbox_message_id, q.domain, q.class AS share, q.size,
           q.attempts, q.due_at, q.site, m.created_at, m.mail_from, r.address,
           m.give_up_at + q.unattended AS give_up_at,
           r.status, r.report, r.last_attempt_at, s.reason AS site_reason,
           s.status AS site_status, s.paused_until,
           outbox_queue_state(q.held, q.leased_by, q.attempts, q.site, q.due_at, :now) AS state
      FROM outbox_queue q
      JOIN outbox_recipients r ON r.workspace_id = q.workspace_id AND r.id = q.recipient_id
      JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
      LEFT JOIN outbox_sites s ON s.site = q.site
     WHERE (:workspace_id::uuid IS NULL OR q.workspace_id = :workspace_id)
       AND (:domain::text IS NULL OR q.domain = :domain)
       AND (:site::text IS NULL OR coalesce(q.site, q.domain) = :site)
       AND (:share::text IS NULL OR q.class = :share)
       AND (:mailbox_id::uuid IS NULL OR m.mailbox_id = :mailbox_id)
       AND (:recipient_id::uuid IS NULL OR q.recipient_id = :recipient_id)) waits
 WHERE :state::text IS NULL OR state = :state
 ORDER BY due_at, recipient_id LIMIT :limit;

-- read_health --
-- How much waits in all workspaces, since when, and since when something is due that nobody took.
SELECT count(*) AS recipients, count(*) FILTER (WHERE q.held) AS held,
       min(m.held_until) FILTER (WHERE NOT q.held) AS oldest_at,
       min(q.due_at) FILTER (WHERE NOT q.held AND q.leased_by IS NULL AND q.due_at <= :now) AS due_since
  FROM outbox_queue q
  JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
 WHERE q.class = ANY(:shares::text[]);

-- list_sites --
-- What waits by site, most first; until a host was asked, the domain stands for it. What was said
-- last is that of the recipient tried last.
WITH waits AS MATERIALIZED (
    SELECT q.workspace_id, q.recipient_id, coalesce(q.site, q.domain) AS site, q.domain, q.size,
           q.class AS share, q.due_at, m.created_at, r.last_attempt_at,
           outbox_queue_state(q.held, q.leased_by, q.attempts, q.site, q.due_at, :now) AS state
      FROM outbox_queue q
      JOIN outbox_recipients r ON r.workspace_id = q.workspace_id AND r.id = q.recipient_id
      JOIN outbox_messages m ON m.workspace_id = q.workspace_id AND m.id = q.outbox_message_id
     WHERE q.workspace_id = :workspace_id
       AND (:share::text IS NULL OR q.class = :share)
), sites AS (
    SELECT workspace_id, site, count(*) AS recipients, sum(size)::bigint AS size,
           count(*) FILTER (WHERE state = 'held') AS held,
           array_agg(DISTINCT domain) AS domains, array_agg(DISTINCT share) AS shares,
           min(created_at) AS oldest_at, min(due_at) FILTER (WHERE state <> 'held') AS next_at,
           (array_agg(recipient_id ORDER BY last_attempt_at DESC NULLS LAST))[1] AS latest
      FROM waits
     WHERE :state::text IS NULL OR state = :state
     GROUP BY workspace_id, site
     ORDER BY recipients DESC, site LIMIT :limit
)
SELECT sites.site, sites.recipients, sites.size, sites.held, sites.domains, sites.shares,
       sites.oldest_at, sites.next_at, sites.latest, r.status, r.report, r.last_attempt_at,
       s.reason AS site_reason, s.paused_until
  FROM sites
  JOIN outbox_recipients r ON r.workspace_id = sites.workspace_id AND r.id = sites.latest
  LEFT JOIN outbox_sites s ON s.site = sites.site
 ORDER BY sites.recipients DESC, sites.site;

-- retry_now --
-- What waits for its next attempt has it now; what is held or being tried stays as it is, and what
-- is due in its place. With a site it was about to be tried, and was put off.
WITH waiting AS MATERIALIZED (
    SELECT workspace_id, recipient_id FROM outbox_queue
     WHERE leased_by IS NULL AND NOT held AND (attempts > 0 OR site IS NOT NULL)
       AND (:workspace_id::uuid IS NULL OR workspace_id = :workspace_id)
       AND (:domain::text IS NULL OR domain = :domain)
       AND (:site::text IS NULL OR coalesce(site, domain) = :site)
       AND (:recipient_ids::uuid[] IS NULL OR recipient_id = ANY(:recipient_ids))
       FOR UPDATE SKIP LOCKED
)
UPDATE outbox_queue q SET due_at = least(q.due_at, :now)
  FROM waiting
 WHERE q.workspace_id = waiting.workspace_id AND q.recipient_id = waiting.recipient_id;

-- end_pauses --
-- Somebody wants it tried now: at one site, at those of some recipients or
-- of a domain, or at all.
UPDATE outbox_sites
   SET paused_until = NULL, pauses = 0, changed_at = :now
 WHERE paused_until IS NOT NULL
   AND site IN (SELECT site FROM outbox_queue
                 WHERE (:domain::text IS NULL OR domain = :domain)
                   AND (:site::text IS NULL OR coalesce(site, domain) = :site)
                   AND (:recipient_ids::uuid[] IS NULL OR recipient_id = ANY(:recipient_ids)));

-- set_held --
-- Nothing is tried that is held, until it is released; what is being tried just now ends first.
WITH chosen AS MATERIALIZED (
    SELECT workspace_id, recipient_id FROM outbox_queue
     WHERE leased_by IS NULL AND held <> :held
       AND (:workspace_id::uuid IS NULL OR workspace_id = :workspace_id)
       AND (:domain::text IS NULL OR domain = :domain)
       AND (:site::text IS NULL OR coalesce(site, domain) = :site)
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
