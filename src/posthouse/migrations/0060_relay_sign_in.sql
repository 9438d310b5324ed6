-- Relays that want a name and a password.
ALTER TABLE outbox_routes ADD COLUMN sign_in bytea;
COMMENT ON COLUMN outbox_routes.sign_in IS 'encrypted';
