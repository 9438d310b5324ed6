-- MTA-STS policies as they were fetched: they hold for as long as they say, whatever the network
-- says meanwhile (RFC 8461 5.1).
CREATE TABLE outbox_tls_policies (
    domain     text PRIMARY KEY,
    policy_id  text NOT NULL,
    policy     text NOT NULL,
    fetched_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON COLUMN outbox_tls_policies.domain IS 'plain: where mail goes to; DNS hears it anyway';
COMMENT ON COLUMN outbox_tls_policies.policy_id IS 'plain: published by the domain';
COMMENT ON COLUMN outbox_tls_policies.policy IS 'plain: published by the domain';
CREATE INDEX outbox_tls_policies_expiry ON outbox_tls_policies (expires_at);
SELECT share_with_all_workspaces('outbox_tls_policies');
