-- add_sessions --
-- What one process has counted in a minute; rows in order, so that two do not wait for each other.
INSERT INTO outbox_tls_sessions AS known (day, domain, id, policy, failure, sessions)
SELECT new.day, new.domain, new.id, new.policy, new.failure, new.sessions
  FROM unnest(:days::date[], :domains::text[], :ids::bytea[], :policies::text[],
              :failures::text[], :sessions::bigint[])
           AS new (day, domain, id, policy, failure, sessions)
 ORDER BY new.day, new.domain, new.id
ON CONFLICT (day, domain, id) DO UPDATE SET sessions = known.sessions + excluded.sessions;

-- due_days --
-- Days that are over and of which nothing was reported yet, or whose report is to be tried again.
SELECT DISTINCT s.day, s.domain
  FROM outbox_tls_sessions s
  LEFT JOIN outbox_tls_reports r ON r.day = s.day AND r.domain = s.domain
 WHERE s.day < :today AND (r.domain IS NULL OR r.sent_at IS NULL
                                                AND lapsed(r.due_at, :now, :again))
 ORDER BY s.day, s.domain LIMIT :limit;

-- claim_report --
-- One process sends it; when that ends unrecorded another one tries after a while.
INSERT INTO outbox_tls_reports AS known (day, domain, id, attempts, due_at)
VALUES (:day, :domain, :id, 1, :again_at)
ON CONFLICT (day, domain) DO UPDATE
   SET attempts = known.attempts + 1, due_at = excluded.due_at
 WHERE known.sent_at IS NULL AND lapsed(known.due_at, :now, :again_at::timestamptz - :now)
RETURNING id, attempts;

-- read_sessions --
-- What is reported of one day to one domain.
SELECT policy, failure, sessions FROM outbox_tls_sessions
 WHERE day = :day AND domain = :domain ORDER BY policy, failure NULLS FIRST;

-- finish_report --
-- Sent, given up, or wanted by nobody any more.
WITH gone AS (
    DELETE FROM outbox_tls_sessions WHERE day = :day AND domain = :domain
)
UPDATE outbox_tls_reports SET sent_at = :now, outcome = :outcome
 WHERE day = :day AND domain = :domain;

-- forget_reports --
-- Nobody asks for them any more.
DELETE FROM outbox_tls_reports WHERE day < :before;

-- forget_sessions --
-- No reports are sent, so none are kept.
DELETE FROM outbox_tls_sessions WHERE day <= :today;

-- find_reporter --
-- The hosted domain that our own name is in, the nearest one.
SELECT workspace_id, name FROM domains WHERE name = ANY(:names::text[])
 ORDER BY length(name) DESC LIMIT 1;
