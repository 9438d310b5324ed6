-- Linked accounts over a provider's own interface: its servers know folders and mail by keys.

-- How a person reads a folder whose `name` is only a key. uncounted: how many more the server counted
-- in it than it listed, when everything was compared last.
ALTER TABLE remote_folders
  ADD COLUMN label     bytea,
  ADD COLUMN uncounted bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN remote_folders.label IS 'encrypted';

-- `key` finds an item, `remote_id` is what the server is asked by. mark: another one means that the
-- content is another one, too (a draft that is edited there keeps its id).
ALTER TABLE remote_items
  ADD COLUMN remote_id bytea,
  ADD COLUMN mark      bytea;
COMMENT ON COLUMN remote_items.remote_id IS 'encrypted';
COMMENT ON COLUMN remote_items.mark IS 'plain: keyed hash of the server''s own mark of the content';

-- Our place in what a server tells of changes: in one folder, or (NULL) in the whole account. The
-- token is written in the transaction of what was told up to there; version: a visit that has lost
-- its lease must not write over a newer place. complete: everything has been told once.
CREATE TABLE remote_feeds (
    workspace_id     uuid NOT NULL,
    id               uuid NOT NULL,
    account_id       uuid NOT NULL,
    remote_folder_id uuid,
    token            bytea,
    version          bigint NOT NULL DEFAULT 1,
    complete         boolean NOT NULL DEFAULT false,
    compared_at      timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, account_id, remote_folder_id),
    FOREIGN KEY (workspace_id, account_id) REFERENCES linked_accounts (workspace_id, id) ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, remote_folder_id) REFERENCES remote_folders (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN remote_feeds.token IS 'encrypted';
SELECT protect_by_workspace('remote_feeds');
