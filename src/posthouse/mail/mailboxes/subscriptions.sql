-- keep_subscription --
-- What is beyond the limit is not kept.
INSERT INTO kept_subscriptions (workspace_id, mailbox_id, name_key, name)
SELECT :workspace_id, :mailbox_id, :name_key, :name
 WHERE (SELECT count(*) FROM kept_subscriptions
         WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id) < :limit
ON CONFLICT DO NOTHING;

-- drop_subscription --
-- Whether there was one.
DELETE FROM kept_subscriptions
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND name_key = :name_key
RETURNING true;

-- kept_subscriptions --
-- Of these mailboxes.
SELECT mailbox_id, name FROM kept_subscriptions
 WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:mailbox_ids);
