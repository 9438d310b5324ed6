-- What mail programs note at a folder, or at the house as a whole where there is no folder: entries
-- with values (RFC 5464), shared by all who see it or of one member alone.
CREATE TABLE annotations (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    folder_id    uuid,
    member_id    uuid,
    entry_key    bytea NOT NULL,
    entry        bytea NOT NULL,
    value        bytea NOT NULL,
    size         integer NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, folder_id, member_id, entry_key),
    FOREIGN KEY (workspace_id, folder_id) REFERENCES folders (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN annotations.entry_key IS 'plain: keyed hash of the entry''s name, for look-up';
COMMENT ON COLUMN annotations.entry IS 'encrypted';
COMMENT ON COLUMN annotations.value IS 'encrypted';
SELECT protect_by_workspace('annotations');
