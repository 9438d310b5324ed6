-- workspaces --
-- All of them: each has a round of its own.
SELECT id FROM workspaces ORDER BY id;

-- next_threads --
-- The next ones of a round over all threads, and which of them nobody needs.
SELECT t.id, {{nobody_needs t}} AS is_needless
  FROM (SELECT * FROM threads
         WHERE workspace_id = :workspace_id AND id > :after
         ORDER BY id LIMIT :limit) t
 ORDER BY t.id;

-- lock_threads --
-- Who files into one holds it by a foreign key, and is not waited for. Who wants to from now on
-- waits until we have committed, finds it gone, and places the message anew.
SELECT id FROM threads
 WHERE workspace_id = :workspace_id AND id = ANY(:thread_ids)
 ORDER BY id FOR UPDATE SKIP LOCKED;

-- delete_threads --
-- A look of its own, after the lock: what has come into one meanwhile is seen.
DELETE FROM threads t
 WHERE t.workspace_id = :workspace_id AND t.id = ANY(:thread_ids) AND {{nobody_needs t}};
