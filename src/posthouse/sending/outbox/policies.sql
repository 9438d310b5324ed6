-- read_policy --
-- What a domain has promised, as long as it holds.
SELECT policy_id, policy, fetched_at, expires_at FROM outbox_tls_policies
 WHERE domain = :domain AND expires_at > :now;

-- put_policy --
-- Fetched, for the first time or again; what has expired meanwhile goes.
WITH expired AS (
    DELETE FROM outbox_tls_policies WHERE expires_at < :fetched_at AND domain <> :domain
)
INSERT INTO outbox_tls_policies (domain, policy_id, policy, fetched_at, expires_at)
VALUES (:domain, :policy_id, :policy, :fetched_at, :expires_at)
ON CONFLICT (domain) DO UPDATE
   SET policy_id = excluded.policy_id, policy = excluded.policy, fetched_at = excluded.fetched_at,
       expires_at = excluded.expires_at;
