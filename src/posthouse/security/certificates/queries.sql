-- wish --
-- A new one is due at once, whatever became of the one before.
INSERT INTO certificate_wishes (directory, trust, names, agreed_at, due_at)
VALUES (:directory, :trust, :names, :now, :now)
ON CONFLICT (one) DO UPDATE
   SET directory = excluded.directory, trust = excluded.trust, names = excluded.names,
       agreed_at = excluded.agreed_at, due_at = excluded.due_at, tried_at = NULL, failures = 0,
       problem = NULL, detail = NULL, leased_until = NULL;

-- read_wish --
-- There is one, or none.
SELECT directory, trust, names, agreed_at, due_at, tried_at, failures, problem, detail
  FROM certificate_wishes;

-- take_wish --
-- Of all processes one: the lease outlives the longest conversation. What was asked for or tried in
-- what is now the future is due: a clock that was ahead said when.
UPDATE certificate_wishes SET leased_until = :until, tried_at = :now
 WHERE (due_at <= :now OR greatest(agreed_at, tried_at) > :until::timestamptz)
   AND lapsed(leased_until, :now, :until::timestamptz - :now)
RETURNING directory, trust, names, agreed_at, due_at, tried_at, failures, problem, detail;

-- wish_granted --
-- Unless something else is wanted by now.
UPDATE certificate_wishes
   SET due_at = :due_at, failures = 0, problem = NULL, detail = NULL, leased_until = NULL
 WHERE agreed_at = :agreed_at;

-- wish_refused --
-- Unless something else is wanted by now.
UPDATE certificate_wishes
   SET due_at = :due_at, failures = :failures, problem = :problem, detail = :detail,
       leased_until = NULL
 WHERE agreed_at = :agreed_at;

-- bring_forward --
-- A renewal is due at this moment, if it was not before.
UPDATE certificate_wishes SET due_at = least(due_at, :due_at);

-- forget_wish --
-- Nothing is renewed any more.
DELETE FROM certificate_wishes;

-- read_account --
-- Whom we are at an authority.
SELECT id, url, key FROM certificate_accounts WHERE directory = :directory;

-- save_account --
-- The key stays; the address is new when the authority had forgotten us.
INSERT INTO certificate_accounts (id, directory, url, key)
VALUES (:id, :directory, :url, :key)
ON CONFLICT (directory) DO UPDATE
   SET id = excluded.id, url = excluded.url, key = excluded.key;

-- newest_certificate --
-- What listeners show.
SELECT id, directory, chain, key, issued_at FROM certificates ORDER BY issued_at DESC, id LIMIT 1;

-- insert_certificate --
-- The newest one.
INSERT INTO certificates (id, directory, chain, key, issued_at)
VALUES (:id, :directory, :chain, :key, :now);

-- delete_other_certificates --
-- With their keys.
DELETE FROM certificates WHERE id <> :id;

-- insert_challenge --
-- Public for the minutes in which the authority looks.
INSERT INTO certificate_challenges (token, answer, expires_at)
VALUES (:token, :answer, :expires_at)
ON CONFLICT (token) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at;

-- read_challenge --
-- What the authority looks for.
SELECT answer FROM certificate_challenges WHERE token = :token AND expires_at > :now;

-- delete_challenges --
-- Those of an order that is over, and what others have left.
DELETE FROM certificate_challenges WHERE token = ANY(:tokens) OR expires_at <= :now;
