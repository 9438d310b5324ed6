-- list_feeds --
-- Our places in what a server tells.
SELECT id, remote_folder_id, token, version, complete, compared_at FROM remote_feeds
 WHERE workspace_id = :workspace_id AND account_id = :account_id ORDER BY id;

-- insert_feed --
-- At its beginning.
INSERT INTO remote_feeds (workspace_id, id, account_id, remote_folder_id)
VALUES (:workspace_id, :id, :account_id, :remote_folder_id)
ON CONFLICT (workspace_id, account_id, remote_folder_id) DO NOTHING;

-- keep_place --
-- With what was told up to there; nobody else may have gone on meanwhile.
UPDATE remote_feeds
   SET token = :token, version = version + 1, complete = :complete, compared_at = :compared_at
 WHERE workspace_id = :workspace_id AND id = :id AND version = :version
RETURNING version;

-- hold_place --
-- Of a page whose place is not kept: nobody else may have gone on meanwhile.
SELECT version FROM remote_feeds
 WHERE workspace_id = :workspace_id AND id = :id AND version = :version FOR UPDATE;
