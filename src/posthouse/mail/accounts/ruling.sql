-- since --
-- From when on mail of an account is new.
SELECT linked_at, history_done_at FROM linked_accounts
 WHERE workspace_id = :workspace_id AND id = :account_id;

-- known --
-- Content that the mailbox has already: it is moved, not new.
SELECT DISTINCT v.digest FROM variants v
  JOIN mailbox_messages c
    ON c.workspace_id = v.workspace_id AND c.variant_id = v.id AND c.mailbox_id = :mailbox_id
 WHERE v.workspace_id = :workspace_id AND v.digest = ANY(:digests::bytea[]);
