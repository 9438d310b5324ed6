-- claim_request --
-- The first one gets a row; a repeated one gets nothing and reads it.
INSERT INTO answered_requests (workspace_id, member_id, id, digest, asked_at)
VALUES (:workspace_id, :member_id, :id, :digest, :now)
ON CONFLICT DO NOTHING;

-- read_request --
-- What the first one asked and was answered.
SELECT digest, status, answer FROM answered_requests
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :id;

-- keep_answer --
-- For whoever repeats the request.
UPDATE answered_requests SET status = :status, answer = :answer
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :id;

-- forget_request --
-- It failed on our side: trying again is right.
DELETE FROM answered_requests
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :id;

-- forget_old_requests --
-- After a day nobody repeats.
DELETE FROM answered_requests WHERE asked_at < :before;
