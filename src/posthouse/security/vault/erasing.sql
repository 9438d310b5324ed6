-- let_go --
-- Somebody has no use for these any more; others may.
INSERT INTO loose_blobs (workspace_id, id, blob_id)
SELECT :workspace_id, id, blob_id FROM unnest(:ids::uuid[], :blob_ids::uuid[]) AS new (id, blob_id);

-- workspaces_with_loose_blobs --
-- Where there is something to do.
SELECT DISTINCT workspace_id FROM loose_blobs;

-- take_loose_blobs --
-- The oldest, each by one process. A blob that is locked is being used by a filing at this moment:
-- it is left for later, so that nobody here ever waits for a filing.
WITH taken AS MATERIALIZED (
    SELECT id, blob_id FROM loose_blobs
     WHERE workspace_id = :workspace_id AND id > :after
     ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
), free AS MATERIALIZED (
    SELECT b.id FROM blobs b
     WHERE b.workspace_id = :workspace_id AND b.id = ANY(ARRAY(SELECT blob_id FROM taken))
       FOR UPDATE SKIP LOCKED
)
SELECT taken.id, taken.blob_id, free.id IS NOT NULL AS is_free,
       EXISTS (SELECT FROM blobs b
                WHERE b.workspace_id = :workspace_id AND b.id = taken.blob_id) AS is_there
  FROM taken LEFT JOIN free ON free.id = taken.blob_id
 ORDER BY taken.id;

-- settle_loose_blobs --
-- Erased, or found to be in use.
DELETE FROM loose_blobs WHERE workspace_id = :workspace_id AND id = ANY(:ids);

-- blobs_among --
-- Which of these files belong to a row, of whatever workspace.
SELECT b.id
  FROM workspaces w
  JOIN blobs b ON b.workspace_id = w.id AND b.id = ANY(:ids);
