-- insert_requests --
-- For recipients with a wish; all others have the usual reports.
INSERT INTO outbox_dsn_requests (workspace_id, recipient_id, request)
SELECT :workspace_id, new.recipient_id, new.request
  FROM unnest(:recipient_ids::uuid[], :requests::bytea[]) AS new (recipient_id, request);
