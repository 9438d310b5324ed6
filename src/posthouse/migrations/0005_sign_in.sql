-- Sign-in: networks a member came from before, the secret behind made-up salts, signatures.

-- A member who has signed in from a network before is not kept out by others' failures there.
CREATE TABLE sign_in_networks (
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    network      bytea NOT NULL,
    seen_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, member_id, network),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN sign_in_networks.network IS 'plain: a hash of the network';
SELECT protect_by_workspace('sign_in_networks');

-- One row. Unknown addresses get a SCRAM salt made from it, the same in every process.
CREATE TABLE sign_in_secrets (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    salt_key bytea NOT NULL
);
COMMENT ON COLUMN sign_in_secrets.salt_key IS 'plain: hides from outside which addresses exist; a dump lists them anyway';
INSERT INTO sign_in_secrets (salt_key)
VALUES (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));
GRANT SELECT ON sign_in_secrets TO posthouse_app, posthouse_system;

ALTER TABLE members ADD COLUMN signature bytea;
COMMENT ON COLUMN members.signature IS 'encrypted';

CREATE INDEX sign_in_addresses_by_member ON sign_in_addresses (workspace_id, member_id);
CREATE INDEX api_keys_by_member ON api_keys (workspace_id, member_id);
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (window_start);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
