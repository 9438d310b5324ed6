-- read_keys --
-- Those that may have made a return path that still holds, the newest first.
SELECT id, secret, made_at FROM srs_keys
 WHERE workspace_id = :workspace_id AND made_at > :since
 ORDER BY made_at DESC, id DESC;

-- insert_key --
-- It makes return paths from now on.
INSERT INTO srs_keys (workspace_id, id, secret, made_at)
VALUES (:workspace_id, :id, :secret, :now);

-- forget_keys --
-- What they made is refused by its day already.
DELETE FROM srs_keys WHERE workspace_id = :workspace_id AND made_at <= :before;
