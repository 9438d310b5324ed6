-- note_well --
-- In step. Failures before count until it has been so for a while: a server that drops everybody
-- after signing in would be visited without end.
UPDATE linked_accounts a
   SET state = 'active', error_kind = NULL, error_text = NULL,
       failures = CASE WHEN :lasting::boolean THEN 0 ELSE a.failures END,
       failing_since = CASE WHEN :lasting::boolean THEN NULL ELSE a.failing_since END,
       behind_told_at = NULL
  FROM (SELECT workspace_id, id, state, behind_told_at FROM linked_accounts
         WHERE workspace_id = :workspace_id AND id = :id FOR UPDATE) before
 WHERE a.workspace_id = before.workspace_id AND a.id = before.id AND before.state <> 'paused'
   AND (before.state <> 'active' OR before.behind_told_at IS NOT NULL OR a.failures > 0)
RETURNING before.state = 'locked' OR before.behind_told_at IS NOT NULL AS was_told;

-- note_failure --
-- What went wrong, in the server's words, and since when.
UPDATE linked_accounts
   SET state = :state, error_kind = :error_kind, error_text = :error_text,
       failures = :failures, failing_since = coalesce(failing_since, :now)
 WHERE workspace_id = :workspace_id AND id = :id AND state <> 'paused';

-- tell_behind --
-- Each once.
UPDATE linked_accounts SET behind_told_at = :now
 WHERE workspace_id = :workspace_id AND state IN ('active', 'failing') AND behind_told_at IS NULL
   AND coalesce(last_visit_at, linked_at) < :before
RETURNING id;
