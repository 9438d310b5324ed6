-- A key that comes back with another message is a client's mistake, not a repetition.
ALTER TABLE send_requests ADD COLUMN digest bytea NOT NULL DEFAULT '';
ALTER TABLE send_requests ALTER COLUMN digest DROP DEFAULT;
COMMENT ON COLUMN send_requests.digest IS 'plain: keyed hash of the request';
