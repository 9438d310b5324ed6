-- insert_message --
-- One message on its way out; its body is the blob that its copy in Sent has, too.
INSERT INTO outbox_messages (workspace_id, id, door, submitted_by, mailbox_id, mailbox_message_id,
                             message_id, mail_from, header, body_blob_id, size, smtputf8,
                             created_at, held_until, give_up_at, forwarded_by)
VALUES (:workspace_id, :id, :door, :submitted_by, :mailbox_id, :mailbox_message_id, :message_id,
        :mail_from, :header, :body_blob_id, :size, :smtputf8, :created_at, :held_until,
        :give_up_at, :forwarded_by);

-- insert_recipients --
-- Everybody it is for, and what is to be done for each, in one statement.
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(:ids::uuid[], :addresses::bytea[], :domains::text[])
             WITH ORDINALITY AS recipient (id, address, domain, position)
), queued AS (
    INSERT INTO outbox_queue (workspace_id, recipient_id, outbox_message_id, domain, size, due_at,
                              class, mailbox_id, sender_domain, tls_optional)
    SELECT :workspace_id, id, :outbox_message_id, domain, :size, :due_at, :share,
           :mailbox_id::uuid, :sender_domain, :tls_optional
      FROM new
)
INSERT INTO outbox_recipients (workspace_id, id, outbox_message_id, position, address,
                               next_attempt_at)
SELECT :workspace_id, id, :outbox_message_id, position, address, :due_at FROM new;

-- lease_due --
-- Takes what is due, so that no other worker does: from now on until :lease_until, of each share as
-- much as the worker has room for. The attempt is on record before the network is touched. What
-- still had a lease was cut off in the middle. When nobody came for long, that is no part of its age.
-- Beside it: the relay of its sender, the nearest one; its mailbox when that is elsewhere (or was: no
-- other is ever deleted); whether others learned of sites, and how many other workers there are.
WITH chosen AS MATERIALIZED (
    SELECT due.workspace_id, due.recipient_id, due.interrupted
      FROM unnest(:shares::text[], :rooms::integer[]) AS wanted (share, room),
           LATERAL (SELECT q.workspace_id, q.recipient_id, q.leased_by IS NOT NULL AS interrupted
                      FROM outbox_queue q
                     WHERE q.class = wanted.share AND NOT q.held AND q.due_at <= :now
                       AND q.class || ' ' || q.domain <> ALL(:busy::text[])
                     ORDER BY q.due_at LIMIT wanted.room FOR UPDATE SKIP LOCKED) due
)
UPDATE outbox_queue q
   SET attempts = q.attempts + 1, leased_by = :worker, due_at = :lease_until,
       unattended = q.unattended + CASE WHEN :now - q.due_at > :longest_absence
                                        THEN :now - q.due_at ELSE interval '0' END
  FROM chosen
 WHERE q.workspace_id = chosen.workspace_id AND q.recipient_id = chosen.recipient_id
RETURNING q.workspace_id, q.recipient_id, q.outbox_message_id, q.class AS share, q.domain, q.size,
          q.attempts, chosen.interrupted, q.unattended, q.tls_optional,
          (SELECT r.id FROM outbox_relays r
            WHERE r.workspace_id = q.workspace_id
              AND (r.mailbox_id = q.mailbox_id OR r.domain = q.sender_domain
                   OR r.mailbox_id IS NULL AND r.domain IS NULL)
            ORDER BY r.mailbox_id IS NULL, r.domain IS NULL LIMIT 1) AS relay_id,
          CASE WHEN q.mailbox_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM mailboxes b
                                 WHERE b.workspace_id = q.workspace_id AND b.id = q.mailbox_id
                                   AND NOT b.elsewhere)
               THEN q.mailbox_id END AS elsewhere,
          (SELECT max(changed_at) FROM outbox_sites) AS sites_changed_at,
          (SELECT count(DISTINCT leased_by) FROM outbox_queue
            WHERE leased_by IS NOT NULL AND leased_by <> :worker) AS other_workers;

-- renew_leases --
-- While the worker lives, its leases do. Rows that are being recorded need none any more, and to wait
-- for them could be a deadlock.
WITH mine AS MATERIALIZED (
    SELECT workspace_id, recipient_id FROM outbox_queue
     WHERE leased_by = :worker FOR UPDATE SKIP LOCKED
)
UPDATE outbox_queue q SET due_at = :lease_until
  FROM mine
 WHERE q.workspace_id = mine.workspace_id AND q.recipient_id = mine.recipient_id;

-- give_back --
-- What a worker took and did not begin: others may have it at once.
UPDATE outbox_queue SET leased_by = NULL, due_at = :now, attempts = attempts - 1
 WHERE leased_by = :worker AND recipient_id = ANY(:recipient_ids);

-- read_parcels --
-- Recipients with their messages, for a worker that leased them.
SELECT r.id AS recipient_id, r.address, m.id, m.mailbox_id, m.mailbox_message_id, m.submitted_by,
       m.mail_from, m.header, m.body_blob_id, m.smtputf8, m.created_at, m.held_until, m.give_up_at,
       m.forwarded_by,
       r.delay_told_at IS NOT NULL AS delay_told, d.request, k.wrapped, k.generation
  FROM outbox_recipients r
  JOIN outbox_messages m ON m.workspace_id = r.workspace_id AND m.id = r.outbox_message_id
  JOIN data_keys k ON k.workspace_id = m.workspace_id AND k.record_id = m.id
  LEFT JOIN outbox_dsn_requests d ON d.workspace_id = r.workspace_id AND d.recipient_id = r.id
 WHERE r.workspace_id = :workspace_id AND r.id = ANY(:recipient_ids) AND r.state = 'queued'
   AND m.header IS NOT NULL;

-- forget --
-- Rows whose recipients were finished or erased.
DELETE FROM outbox_queue
 WHERE workspace_id = :workspace_id AND recipient_id = ANY(:recipient_ids);

-- record_attempts --
-- The results of attempts: the recipients, and what is left to do for them. A recipient that another
-- worker finished meanwhile stays finished.
WITH result AS MATERIALIZED (
    SELECT * FROM unnest(:ids::uuid[], :states::text[], :attempts::integer[], :unclear::boolean[],
                         :statuses::text[], :reports::bytea[], :next_attempts::timestamptz[],
                         :notified::boolean[], :delay_told::boolean[], :sites::text[])
             AS result (id, state, attempts, unclear, status, report, next_attempt, notified,
                        delay_told, site)
), locked AS MATERIALIZED (
    SELECT recipient_id FROM outbox_queue
     WHERE workspace_id = :workspace_id AND recipient_id = ANY(:ids)
     ORDER BY recipient_id FOR UPDATE
), done AS (
    DELETE FROM outbox_queue q USING locked, result
     WHERE q.workspace_id = :workspace_id AND q.recipient_id = locked.recipient_id
       AND result.id = locked.recipient_id AND result.next_attempt IS NULL
), again AS (
    UPDATE outbox_queue q
       SET due_at = result.next_attempt, leased_by = NULL, attempts = result.attempts,
           site = coalesce(result.site, q.site)
      FROM locked, result
     WHERE q.workspace_id = :workspace_id AND q.recipient_id = locked.recipient_id
       AND result.id = locked.recipient_id AND result.next_attempt IS NOT NULL
)
UPDATE outbox_recipients r
   SET state = result.state, attempts = result.attempts, unclear = r.unclear OR result.unclear,
       status = result.status, report = result.report, last_attempt_at = :now::timestamptz,
       next_attempt_at = result.next_attempt,
       finished_at = CASE WHEN result.next_attempt IS NULL THEN :now::timestamptz END,
       notified_at = CASE WHEN result.notified THEN :now::timestamptz END,
       delay_told_at = CASE WHEN result.delay_told THEN :now::timestamptz
                            ELSE r.delay_told_at END
  FROM result
 WHERE r.workspace_id = :workspace_id AND r.id = result.id AND r.state = 'queued'
RETURNING r.id;

-- finish_messages --
-- A message that nobody waits for any more keeps its history and gives up its content and data key.
-- Answers the bodies that no mailbox has, such as those of bounces.
WITH done AS MATERIALIZED (
    SELECT m.id, m.body_blob_id FROM outbox_messages m
     WHERE m.workspace_id = :workspace_id AND m.id = ANY(:ids) AND m.finished_at IS NULL
       AND NOT EXISTS (SELECT FROM outbox_recipients r
                        WHERE r.workspace_id = :workspace_id AND r.outbox_message_id = m.id
                          AND r.state = 'queued')
     ORDER BY m.id FOR UPDATE
), emptied AS (
    UPDATE outbox_messages m SET finished_at = :now, header = NULL, body_blob_id = NULL
      FROM done WHERE m.workspace_id = :workspace_id AND m.id = done.id
), keys AS (
    DELETE FROM data_keys k
     WHERE k.workspace_id = :workspace_id AND k.record_id IN (SELECT id FROM done)
)
SELECT done.body_blob_id FROM done
 WHERE done.body_blob_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM variants v
                    WHERE v.workspace_id = :workspace_id
                      AND v.body_blob_id = done.body_blob_id);

-- cancel_unsent --
-- Takes away what no worker has touched: of a message as a whole or not at all (the caller counts).
DELETE FROM outbox_queue
 WHERE workspace_id = :workspace_id AND outbox_message_id = :outbox_message_id
   AND leased_by IS NULL AND attempts = 0
RETURNING recipient_id;

-- cancel_recipients --
-- They will not get it, because the sender said so.
UPDATE outbox_recipients SET state = 'cancelled', finished_at = :now, next_attempt_at = NULL
 WHERE workspace_id = :workspace_id AND id = ANY(:recipient_ids);

-- count_recipients --
-- Of one message, whatever became of them.
SELECT count(*) FROM outbox_recipients
 WHERE workspace_id = :workspace_id AND outbox_message_id = :outbox_message_id;

-- find_by_copy --
-- The message whose copy this is.
SELECT id, mailbox_id, mailbox_message_id, submitted_by, held_until FROM outbox_messages
 WHERE workspace_id = :workspace_id AND mailbox_message_id = :mailbox_message_id;

-- states_of --
-- Messages with each recipient: how far they got.
SELECT m.id AS outbox_message_id, m.mailbox_id, m.mailbox_message_id, m.submitted_by,
       m.created_at, m.held_until, r.id, r.address, r.state, r.attempts, r.unclear, r.status,
       r.report, r.last_attempt_at, r.next_attempt_at, r.finished_at
  FROM outbox_messages m
  JOIN outbox_recipients r ON r.workspace_id = m.workspace_id AND r.outbox_message_id = m.id
 WHERE m.workspace_id = :workspace_id AND m.id = ANY(:ids)
 ORDER BY m.created_at DESC, m.id, r.position;

-- find_by_messages --
-- Copies in mailboxes → what their senders' outbox says: a client's own copy of a message has the
-- same identity as ours.
SELECT c.id AS mailbox_message_id, o.id AS outbox_message_id
  FROM mailbox_messages c
  JOIN outbox_messages o ON o.workspace_id = c.workspace_id AND o.message_id = c.message_id
                        AND o.mailbox_id = c.mailbox_id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids) AND c.direction = 'out';

-- list_unfinished --
-- What still waits, or failed lately, in some mailboxes.
SELECT m.id FROM outbox_messages m
 WHERE m.workspace_id = :workspace_id AND m.mailbox_id = ANY(:mailbox_ids)
   AND (m.finished_at IS NULL
        OR m.finished_at > :failed_since
           AND EXISTS (SELECT FROM outbox_recipients r
                        WHERE r.workspace_id = m.workspace_id AND r.outbox_message_id = m.id
                          AND r.state = 'failed'))
 ORDER BY m.created_at DESC LIMIT :limit;

-- find_undone --
-- Of these copies, those whose message was taken back: it never left.
SELECT m.mailbox_message_id FROM outbox_messages m
 WHERE m.workspace_id = :workspace_id AND m.mailbox_message_id = ANY(:mailbox_message_ids)
   AND m.finished_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM outbox_recipients r
                    WHERE r.workspace_id = m.workspace_id AND r.outbox_message_id = m.id
                      AND r.state <> 'cancelled');

-- find_recipients --
-- For a report that came back later: whose recipient this was.
SELECT r.id, r.outbox_message_id, r.state, m.mailbox_id, m.mailbox_message_id
  FROM outbox_recipients r
  JOIN outbox_messages m ON m.workspace_id = r.workspace_id AND m.id = r.outbox_message_id
 WHERE r.workspace_id = :workspace_id AND r.id = ANY(:ids);

-- fail_late --
-- The next server took it and reported a failure afterwards.
WITH done AS (
    DELETE FROM outbox_queue WHERE workspace_id = :workspace_id AND recipient_id = :id
)
UPDATE outbox_recipients
   SET state = 'failed', status = :status, report = :report, finished_at = :now,
       next_attempt_at = NULL
 WHERE workspace_id = :workspace_id AND id = :id AND state IN ('queued', 'delivered');

-- count_notices --
-- How many failures and delays a mailbox was told of lately.
SELECT count(DISTINCT (m.id, told.at))
  FROM (SELECT outbox_message_id, notified_at AS at FROM outbox_recipients
         WHERE workspace_id = :workspace_id AND notified_at > :since
         UNION ALL
        SELECT outbox_message_id, delay_told_at FROM outbox_recipients
         WHERE workspace_id = :workspace_id AND delay_told_at > :since) told
  JOIN outbox_messages m ON m.workspace_id = :workspace_id AND m.id = told.outbox_message_id
 WHERE m.mailbox_id IS NOT DISTINCT FROM :mailbox_id;

-- domain_of --
-- Where mail for a domain goes: a workspace of this house, or a relay.
SELECT (SELECT d.workspace_id FROM domains d WHERE d.name = :domain) AS workspace_id,
       r.domain AS route, r.kind, r.host, r.port, r.tls, r.sign_in
  FROM (SELECT 1) one
  LEFT JOIN outbox_routes r ON r.domain = (
      SELECT domain FROM outbox_routes WHERE domain IN (:domain, '*')
       ORDER BY domain = '*' LIMIT 1);

-- workspace_of_domain --
-- Whose domain it is.
SELECT workspace_id FROM domains WHERE name = :domain;

-- put_route --
-- Set or replaced.
INSERT INTO outbox_routes (domain, kind, host, port, tls, sign_in)
VALUES (:domain, :kind, :host, :port, :tls, :sign_in)
ON CONFLICT (domain) DO UPDATE
   SET kind = excluded.kind, host = excluded.host, port = excluded.port, tls = excluded.tls,
       sign_in = excluded.sign_in;

-- list_routes --
-- The table of routes, the one for all others last.
SELECT domain, kind, host, port, tls, sign_in FROM outbox_routes ORDER BY domain = '*', domain;

-- delete_route --
-- Back to MX.
DELETE FROM outbox_routes WHERE domain = :domain;
