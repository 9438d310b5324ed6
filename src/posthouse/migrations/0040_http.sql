-- What a POST with an Idempotency-Key was answered, so that a repeated one is answered alike and
-- does nothing. status is null while the first one runs; should the process die in it, nobody knows
-- whether it was done, and the key stays unusable until it is forgotten.
CREATE TABLE answered_requests (
    workspace_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    id           uuid NOT NULL,
    digest       bytea NOT NULL,
    status       smallint,
    answer       bytea,
    asked_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, member_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN answered_requests.digest IS 'plain: keyed hash of the request';
COMMENT ON COLUMN answered_requests.answer IS 'encrypted';
CREATE INDEX answered_requests_by_age ON answered_requests (asked_at);
SELECT protect_by_workspace('answered_requests');
