-- read_cursor --
-- Where a listener stands.
SELECT xid, seq FROM event_cursors WHERE listener = :listener;

-- start_at_beginning --
-- A new listener reads the whole log.
INSERT INTO event_cursors (listener, xid, seq) VALUES (:listener, '0', 0)
ON CONFLICT DO NOTHING;

-- start_at_end --
-- A new listener that only cares for what comes.
INSERT INTO event_cursors (listener, xid, seq)
SELECT :listener, pg_snapshot_xmin(pg_current_snapshot()), 0
ON CONFLICT DO NOTHING;

-- read_events --
-- Below the oldest running transaction only: what commits later with a smaller seq is not skipped.
-- `end_xid, end_seq` is the newest event below that line, of any kind: where a reader that got all
-- stands afterwards. `held_back`: there is something above the line. Large bodies are not opened to
-- be weighed; `near` events were, at least one of them is found.
WITH line AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid
), newest AS MATERIALIZED (
    SELECT e.xid, e.seq FROM events e
     WHERE e.xid < (SELECT xid FROM line) ORDER BY e.xid DESC, e.seq DESC LIMIT 1
), near AS MATERIALIZED (
    SELECT xid, seq, workspace_id, kind, body, pg_column_size(body) AS octets
      FROM events
     WHERE (xid, seq) > (:xid, :seq)
       AND xid < (SELECT xid FROM line)
       AND kind = ANY(:kinds)
     ORDER BY xid, seq
     LIMIT :limit
), weighed AS (
    SELECT *, sum(octets) OVER (ORDER BY xid, seq) - octets AS before FROM near
), found AS (
    SELECT xid, seq, workspace_id, kind, body FROM weighed WHERE before < :octets::bigint
)
SELECT found.*, newest.xid AS end_xid, newest.seq AS end_seq,
       (SELECT count(*) FROM near) AS near,
       (SELECT e.xid FROM events e ORDER BY e.xid DESC, e.seq DESC LIMIT 1)
           >= (SELECT xid FROM line) AS held_back
  FROM newest LEFT JOIN found ON true
 ORDER BY found.xid, found.seq;

-- wait_for_turn --
-- One process at a time. An advisory lock, because a row lock takes a transaction id, and a handler
-- that reads for a second would hold the log back for everybody that long.
SELECT pg_advisory_xact_lock(hashtextextended('event listener ' || :listener, 0));

-- move_cursor --
-- In the transaction of the effects, so that each event takes effect once. Never backwards.
UPDATE event_cursors SET xid = :xid, seq = :seq, moved_at = now()
 WHERE listener = :listener AND (xid, seq) < (:xid, :seq);

-- pass_over --
-- There was nothing for this listener in between, and nobody has moved it meanwhile.
UPDATE event_cursors SET xid = :xid, seq = :seq, moved_at = now()
 WHERE listener = :listener AND (xid, seq) = (:from_xid, :from_seq);

-- bury_event --
-- Kept for the operator with where it failed.
INSERT INTO event_dead_letters (listener, xid, seq, workspace_id, kind, body, error)
SELECT :listener, xid, seq, workspace_id, kind, body, :error
  FROM events WHERE xid = :xid AND seq = :seq
ON CONFLICT DO NOTHING;

-- trim_events --
-- The oldest events, up to the first one that is too young or that a listener has before it. Who has
-- never run has all before it. Listeners that are not named here may be of a newer program beside us:
-- their places count while they move. What was announced by a clock that was ahead goes with its
-- neighbours.
WITH standing AS MATERIALIZED (
    SELECT c.xid, c.seq
      FROM unnest(:listeners::text[]) AS known (listener)
      LEFT JOIN event_cursors c ON c.listener = known.listener
    UNION ALL
    SELECT c.xid, c.seq FROM event_cursors c
     WHERE c.listener <> ALL(:listeners) AND c.moved_at > :now::timestamptz - :kept::interval
), last AS MATERIALIZED (
    SELECT xid, seq FROM standing ORDER BY xid NULLS FIRST, seq LIMIT 1
), oldest AS MATERIALIZED (
    SELECT ctid, xid, seq, announced_at FROM events ORDER BY xid, seq LIMIT :limit
)
DELETE FROM events
 WHERE ctid = ANY(ARRAY(SELECT oldest.ctid FROM oldest, last
                         WHERE (oldest.xid, oldest.seq) <= (last.xid, last.seq)
                           AND lapsed(oldest.announced_at + :kept, :now, :kept)));

-- horizon_age --
-- How long the oldest running transaction has held the log back; the operator's figure.
SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0)::float8 AS seconds
  FROM pg_stat_activity WHERE backend_xid IS NOT NULL;

-- listener_lag --
-- How far each of these listeners is behind, in events, capped, and since when the oldest of them
-- waits. One that has never looked has the whole log before it.
SELECT asked.listener, c.moved_at,
       (SELECT count(*)
          FROM (SELECT 1 FROM events e
                 WHERE (e.xid, e.seq) > (coalesce(c.xid, '0'), coalesce(c.seq, 0))
                 LIMIT 10000) behind) AS behind,
       (SELECT e.announced_at FROM events e
         WHERE (e.xid, e.seq) > (coalesce(c.xid, '0'), coalesce(c.seq, 0))
         ORDER BY e.xid, e.seq LIMIT 1) AS waits_since
  FROM unnest(:listeners::text[]) AS asked (listener)
  LEFT JOIN event_cursors c ON c.listener = asked.listener
 ORDER BY asked.listener;

-- is_from_elsewhere --
-- Whether the log has transaction numbers this server has not given out: it was restored here.
SELECT EXISTS (SELECT 1 FROM events WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))
    OR EXISTS (SELECT 1 FROM event_cursors
                WHERE xid > pg_snapshot_xmax(pg_current_snapshot())) AS foreign;

-- restart_cursors --
-- Before the first event that a listener has not handled. Where two transactions had overlapped it
-- may hear some again: listeners are safe to repeat.
UPDATE event_cursors c
   SET xid = '0',
       seq = coalesce((SELECT min(e.seq) - 1 FROM events e WHERE (e.xid, e.seq) > (c.xid, c.seq)),
                      (SELECT max(e.seq) FROM events e), 0);

-- restart_events --
-- Older than everything this server will ever do, in the order they were announced.
UPDATE events SET xid = '0';
