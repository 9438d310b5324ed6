-- known_sources --
-- What an earlier run has filed need not be fetched again.
SELECT source_key FROM mailbox_messages
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id
   AND source_key = ANY(:source_keys);
