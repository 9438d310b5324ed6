-- What a workspace has learned about junk: one table of weights. Its places are keyed hashes, so
-- nothing of any mail can be read from it, and it is encrypted all the same.
CREATE TABLE filter_tables (
    workspace_id uuid NOT NULL,
    weights      bytea NOT NULL,
    junk_count   bigint NOT NULL,
    good_count   bigint NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id)
);
COMMENT ON COLUMN filter_tables.weights IS 'encrypted';
SELECT protect_by_workspace('filter_tables');
