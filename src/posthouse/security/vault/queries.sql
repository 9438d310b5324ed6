-- read_workspace_keys --
-- All generations: old values stay readable after a rotation.
SELECT generation, wrapped FROM workspace_keys WHERE workspace_id = :workspace_id;

-- any_workspace_key --
-- What the master key is tried on at the start.
SELECT workspace_id, wrapped FROM workspace_keys ORDER BY created_at, workspace_id LIMIT 1;

-- insert_workspace_key --
-- The first writer wins; the others read again.
INSERT INTO workspace_keys (workspace_id, generation, wrapped)
VALUES (:workspace_id, :generation, :wrapped)
ON CONFLICT DO NOTHING;

-- insert_data_keys --
-- One row per encrypted record of a batch.
INSERT INTO data_keys (workspace_id, record_id, generation, wrapped)
SELECT :workspace_id, record_id, generation, wrapped
  FROM unnest(:record_ids::uuid[], :generations::smallint[], :wrapped::bytea[])
       AS new (record_id, generation, wrapped);

-- find_blobs --
-- Which of these contents the workspace holds already; locked, so that none is erased before it is
-- referred to.
SELECT id, digest FROM blobs
 WHERE workspace_id = :workspace_id AND digest = ANY(:digests)
   FOR KEY SHARE;

-- insert_blobs --
-- On a conflict somebody else kept the same content a moment ago: theirs is used.
INSERT INTO blobs (workspace_id, id, digest, size, content)
SELECT :workspace_id, id, digest, size, content
  FROM unnest(:ids::uuid[], :digests::bytea[], :sizes::bigint[], :contents::bytea[])
       AS new (id, digest, size, content)
ON CONFLICT (workspace_id, digest) DO NOTHING
RETURNING id;

-- read_blobs --
-- Content and key in one round trip.
SELECT b.id, b.content, k.wrapped, k.generation
  FROM blobs b
  JOIN data_keys k ON k.workspace_id = b.workspace_id AND k.record_id = b.id
 WHERE b.workspace_id = :workspace_id AND b.id = ANY(:ids);

-- delete_blobs --
-- The key goes first: without it the bytes are noise, wherever a copy of them is.
WITH keys AS (
    DELETE FROM data_keys WHERE workspace_id = :workspace_id AND record_id = ANY(:ids)
)
DELETE FROM blobs WHERE workspace_id = :workspace_id AND id = ANY(:ids);
