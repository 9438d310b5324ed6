-- end_of_log --
-- Below the oldest running transaction: what runs now will still be told.
SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid, 0::bigint AS seq;

-- read_tail --
-- As listeners read, without a cursor of our own in the database.
SELECT xid, seq, workspace_id, kind, body
  FROM events
 WHERE (xid, seq) > (:xid, :seq) AND xid < pg_snapshot_xmin(pg_current_snapshot())
   AND kind = ANY(:kinds)
 ORDER BY xid, seq
 LIMIT :limit;
