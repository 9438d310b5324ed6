-- take_due --
-- What is due and in nobody's hands, or in those of somebody who died. A lease that would last for
-- minutes was taken by a clock that was ahead.
WITH due AS MATERIALIZED (
    SELECT account_id FROM account_visits
     WHERE due_at <= :now AND lapsed(leased_until, :now, interval '1 minute')
     ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE account_visits v SET leased_by = :holder, leased_until = :until
  FROM due WHERE v.account_id = due.account_id
RETURNING v.account_id, v.workspace_id;

-- renew --
-- All at once; those that are not answered were taken away.
UPDATE account_visits SET leased_until = :until
 WHERE leased_by = :holder AND account_id = ANY(:account_ids::uuid[])
RETURNING account_id;

-- give_back --
-- Due at that time, for anybody.
UPDATE account_visits SET due_at = :due_at, leased_by = NULL, leased_until = NULL
 WHERE account_id = :account_id AND leased_by = :holder;
