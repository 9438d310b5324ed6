-- read_salt --
-- Keys of app passwords are made with the salt of the member's own password; locked, so that the
-- number of them is counted one at a time.
SELECT scram_salt, scram_iterations,
       (SELECT count(*) FROM app_passwords a
         WHERE a.workspace_id = m.workspace_id AND a.member_id = m.id) AS app_passwords
  FROM members m
 WHERE workspace_id = :workspace_id AND id = :member_id
   FOR UPDATE;

-- insert_app_password --
-- The word itself is kept nowhere.
INSERT INTO app_passwords (workspace_id, id, member_id, name, lookup, scram_stored_key,
                           scram_server_key, protocols, created_at)
VALUES (:workspace_id, :password_id, :member_id, :name, :lookup, :scram_stored_key,
        :scram_server_key, :protocols, :created_at);

-- list_app_passwords --
-- What the member could revoke, the newest first.
SELECT id, name, protocols, created_at, last_used_at, last_protocol, last_source
  FROM app_passwords
 WHERE workspace_id = :workspace_id AND member_id = :member_id
 ORDER BY created_at DESC, id DESC;

-- delete_app_password --
-- Only the member's own; its keys go with it.
DELETE FROM app_passwords
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :password_id;

-- find_by_word --
-- The word is random: finding its hash is proof.
SELECT id, protocols, last_used_at, last_protocol, last_source
  FROM app_passwords
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND lookup = :lookup;

-- find_by_id --
-- SCRAM has proved which one it is.
SELECT id, protocols, last_used_at, last_protocol, last_source
  FROM app_passwords
 WHERE workspace_id = :workspace_id AND member_id = :member_id AND id = :password_id;

-- list_scram_keys --
-- All that SCRAM may find proved.
SELECT id, scram_stored_key, scram_server_key
  FROM app_passwords
 WHERE workspace_id = :workspace_id AND member_id = :member_id;

-- touch_app_password --
-- At most once a minute, and when it comes by another way.
UPDATE app_passwords
   SET last_used_at = :now, last_protocol = :protocol, last_source = :source
 WHERE workspace_id = :workspace_id AND id = :password_id;

-- holds_app_password --
-- Whether a conversation that began with it may go on.
SELECT true FROM app_passwords a
  JOIN members m ON m.workspace_id = a.workspace_id AND m.id = a.member_id
                AND m.disabled_at IS NULL
 WHERE a.workspace_id = :workspace_id AND a.member_id = :member_id AND a.id = :password_id;

-- read_app_passwords_required --
-- Whether mail programs sign in with app passwords only.
SELECT app_passwords_required FROM workspaces WHERE id = :workspace_id;

-- require_app_passwords --
-- Sessions that began with another password are noticed when they are asked next.
UPDATE workspaces SET app_passwords_required = :required WHERE id = :workspace_id;
