-- insert_workspace --
-- The first row of a workspace; its keys, domain and members refer to it.
INSERT INTO workspaces (id, name) VALUES (:workspace_id, :name);

-- claim_house --
-- The first workspace runs the house: of several at the same moment one comes first.
INSERT INTO house_claims (workspace_id, claimed_at) VALUES (:workspace_id, :now)
ON CONFLICT (one) DO NOTHING;

-- house_workspace --
-- Which one that was.
SELECT workspace_id FROM house_claims;

-- find_workspaces --
-- By name or by a domain; all of them when nothing is named.
SELECT w.id FROM workspaces w
 WHERE :named::text IS NULL OR w.name = :named
    OR EXISTS (SELECT FROM domains d WHERE d.workspace_id = w.id AND d.name = :named)
 ORDER BY w.created_at, w.id;

-- insert_domain --
-- A domain belongs to one workspace of the installation.
INSERT INTO domains (name, workspace_id) VALUES (:domain, :workspace_id)
ON CONFLICT (name) DO NOTHING RETURNING name;

-- find_domain --
-- Whose domain it is, before the workspace is known.
SELECT workspace_id FROM domains WHERE name = :domain;

-- list_domains --
-- The hosted domains of a workspace.
SELECT name FROM domains WHERE workspace_id = :workspace_id ORDER BY name;

-- insert_dkim_key --
-- Made with the domain, or later for a change of keys.
INSERT INTO dkim_keys (workspace_id, domain, selector, algorithm, private_key, txt)
VALUES (:workspace_id, :domain, :selector, :algorithm, :private_key, :txt);

-- list_dkim_keys --
-- All keys of a domain, the newest first; a signer takes the first of each algorithm.
SELECT domain, selector, algorithm, private_key, txt
  FROM dkim_keys
 WHERE workspace_id = :workspace_id AND domain = :domain
 ORDER BY created_at DESC, selector DESC;

-- insert_member --
-- The unique address may be taken in this workspace.
INSERT INTO members (workspace_id, id, address, name, role, language, time_zone,
                     argon2id, scram_salt, scram_iterations, scram_stored_key, scram_server_key)
VALUES (:workspace_id, :member_id, :address, :name, :role, :language, :time_zone,
        :argon2id, :scram_salt, :scram_iterations, :scram_stored_key, :scram_server_key)
ON CONFLICT (workspace_id, address) DO NOTHING RETURNING id;

-- insert_sign_in_address --
-- An address signs in to one workspace of the installation.
INSERT INTO sign_in_addresses (address, workspace_id, member_id)
VALUES (:address, :workspace_id, :member_id)
ON CONFLICT (address) DO NOTHING RETURNING address;

-- list_members --
-- The staff directory.
SELECT id, address, name, role, disabled_at, created_at
  FROM members WHERE workspace_id = :workspace_id ORDER BY address;

-- read_member --
-- One line of the staff directory.
SELECT id, address, name, role, disabled_at, created_at
  FROM members WHERE workspace_id = :workspace_id AND id = :member_id;

-- read_password --
-- Of a member who may sign in; a long conversation asks whether it is still the one it began with.
SELECT m.argon2id, w.app_passwords_required
  FROM members m
  JOIN workspaces w ON w.id = m.workspace_id
 WHERE m.workspace_id = :workspace_id AND m.id = :member_id AND m.disabled_at IS NULL;

-- update_password --
-- Both forms at once: they must open to the same word.
UPDATE members
   SET argon2id = :argon2id, scram_salt = :scram_salt, scram_iterations = :scram_iterations,
       scram_stored_key = :scram_stored_key, scram_server_key = :scram_server_key
 WHERE workspace_id = :workspace_id AND id = :member_id;

-- set_disabled --
-- NULL lets the member in again.
UPDATE members SET disabled_at = :disabled_at
 WHERE workspace_id = :workspace_id AND id = :member_id;

-- read_settings --
-- What members set for themselves.
SELECT name, language, time_zone, preferences, signature
  FROM members WHERE workspace_id = :workspace_id AND id = :member_id;

-- update_settings --
-- The whole form; the action merges what was left out.
UPDATE members
   SET name = :name, language = :language, time_zone = :time_zone,
       preferences = :preferences, signature = :signature
 WHERE workspace_id = :workspace_id AND id = :member_id;

-- find_sign_in --
-- All a sign-in needs in one look, one row whether the address exists or not: equal work, equal time.
SELECT m.workspace_id, m.id AS member_id, m.address, m.name, m.role, m.argon2id,
       m.scram_salt, m.scram_iterations, m.scram_stored_key, m.scram_server_key,
       s.salt_key, w.app_passwords_required,
       EXISTS (SELECT FROM sign_in_networks n
                WHERE n.workspace_id = a.workspace_id AND n.member_id = a.member_id
                  AND n.network = :network) AS network_known,
       (SELECT locked_until FROM sign_in_failures
         WHERE key = :pair AND NOT lapsed(locked_until, :now, :longest)) AS locked_until,
       (SELECT max(locked_until) FROM sign_in_failures
         WHERE key = ANY(:wide) AND NOT lapsed(locked_until, :now, :longest)) AS widely_locked_until
  FROM sign_in_secrets s
  LEFT JOIN sign_in_addresses a ON a.address = :address
  LEFT JOIN members m ON m.workspace_id = a.workspace_id AND m.id = a.member_id
                     AND m.disabled_at IS NULL
  LEFT JOIN workspaces w ON w.id = m.workspace_id;

-- count_failure --
-- Locks grow by doubling; a day forgets. A key that is locked already is not counted or returned.
INSERT INTO sign_in_failures AS f (key, failures, window_start)
SELECT key, 1, :now FROM unnest(:keys::bytea[]) AS counted (key) ORDER BY key
ON CONFLICT (key) DO UPDATE
   SET failures = CASE WHEN lapsed(f.window_start + interval '1 day', :now, interval '1 day')
                       THEN 1 ELSE f.failures + 1 END,
       window_start = CASE WHEN lapsed(f.window_start + interval '1 day', :now, interval '1 day')
                           THEN :now ELSE f.window_start END,
       locked_until = (
           SELECT :now + make_interval(secs =>
                      least(l.first * 2.0 ^ least(f.failures + 1 - l.failures, 20), l.longest))
             FROM unnest(:keys::bytea[], :limits::integer[], :firsts::integer[],
                         :longests::integer[]) AS l (key, failures, first, longest)
            WHERE l.key = f.key AND f.failures + 1 >= l.failures
              AND NOT lapsed(f.window_start + interval '1 day', :now, interval '1 day'))
 WHERE lapsed(f.locked_until, :now, :longest)
RETURNING key;

-- forgive_failures --
-- The right password: what this network did to this address is forgotten.
DELETE FROM sign_in_failures WHERE key = :pair;

-- remember_network --
-- At most one write a day for each member and network.
INSERT INTO sign_in_networks AS n (workspace_id, member_id, network, seen_at)
VALUES (:workspace_id, :member_id, :network, :now)
ON CONFLICT (workspace_id, member_id, network) DO UPDATE SET seen_at = excluded.seen_at
 WHERE n.seen_at < :now - interval '1 day';

-- sweep_failures --
-- Older than the day in which they count.
DELETE FROM sign_in_failures
 WHERE window_start < :now::timestamptz - interval '2 days' AND (locked_until IS NULL OR locked_until < :now);

-- sweep_networks --
-- A network nobody came from for half a year is a stranger again.
DELETE FROM sign_in_networks WHERE seen_at < :now::timestamptz - interval '180 days';

-- sweep_sessions --
-- Ended ones stay for a month so that a member can see them end.
DELETE FROM sessions WHERE expires_at < :now::timestamptz - interval '30 days';

-- insert_session --
-- Only the hash of its token.
INSERT INTO sessions (id, token_hash, workspace_id, member_id, agent, source, created_at,
                      last_seen_at, expires_at)
VALUES (:session_id, :token_hash, :workspace_id, :member_id, :agent, :source, :now, :now,
        :expires_at);

-- find_session --
-- Asked with every request: revocation, expiry and a disabled member take effect at once.
SELECT s.id AS session_id, s.last_seen_at, m.workspace_id, m.id AS member_id, m.address, m.name,
       m.role
  FROM sessions s
  JOIN members m ON m.workspace_id = s.workspace_id AND m.id = s.member_id
                AND m.disabled_at IS NULL
 WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > :now;

-- touch_session --
-- A session in use lives on; asked for at most once a minute.
UPDATE sessions SET last_seen_at = :now, expires_at = :expires_at WHERE id = :session_id;

-- list_sessions --
-- What the member could end, the latest first.
SELECT id, agent, source, created_at, last_seen_at, expires_at
  FROM sessions
 WHERE workspace_id = :workspace_id AND member_id = :member_id
   AND revoked_at IS NULL AND expires_at > :now
 ORDER BY last_seen_at DESC, id;

-- revoke_session --
-- Only the member's own.
UPDATE sessions SET revoked_at = :now
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :session_id
   AND revoked_at IS NULL;

-- revoke_sessions --
-- All of a member but the one that asks, if one does.
UPDATE sessions SET revoked_at = :now
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND revoked_at IS NULL
   AND id IS DISTINCT FROM :kept;

-- insert_api_key --
-- Only the hash of the key.
INSERT INTO api_keys (id, key_hash, workspace_id, member_id, scopes)
VALUES (:key_id, :key_hash, :workspace_id, :member_id, :scopes);

-- find_api_key --
-- Asked with every request, like a session.
SELECT k.id AS key_id, k.scopes, k.last_used_at, m.workspace_id, m.id AS member_id, m.address,
       m.name, m.role
  FROM api_keys k
  JOIN members m ON m.workspace_id = k.workspace_id AND m.id = k.member_id
                AND m.disabled_at IS NULL
 WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL;

-- touch_api_key --
-- At most once a minute.
UPDATE api_keys SET last_used_at = :now WHERE id = :key_id;

-- list_api_keys --
-- What the member could revoke.
SELECT id, scopes, created_at, last_used_at
  FROM api_keys
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND revoked_at IS NULL
 ORDER BY created_at, id;

-- revoke_api_key --
-- Only the member's own.
UPDATE api_keys SET revoked_at = :now
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :key_id
   AND revoked_at IS NULL;
