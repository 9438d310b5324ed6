-- insert_consent --
-- And forget those of the workspace that nobody came back with.
WITH forgotten AS (
    DELETE FROM account_consents WHERE workspace_id = :workspace_id AND expires_at <= :now
)
INSERT INTO account_consents (workspace_id, id, member_id, session_id, state_key, request, expires_at)
VALUES (:workspace_id, :id, :member_id, :session_id, :state_key, :request, :expires_at);

-- take_consent --
-- Good once, and only in the session that asked.
DELETE FROM account_consents
 WHERE workspace_id = :workspace_id AND state_key = :state_key AND session_id = :session_id
   AND member_id = :member_id AND expires_at > :now
RETURNING id, request;

-- put_tokens --
-- Of a consent: whatever was there before is void, and a refresh that is under way, too.
INSERT INTO account_tokens (workspace_id, account_id, service, tokens, obtained_at, expires_at)
VALUES (:workspace_id, :account_id, :service, :tokens, :now, :expires_at)
ON CONFLICT (workspace_id, account_id) DO UPDATE
   SET service = EXCLUDED.service, tokens = EXCLUDED.tokens, obtained_at = EXCLUDED.obtained_at,
       expires_at = EXCLUDED.expires_at, version = account_tokens.version + 1,
       refreshing_by = NULL, refreshing_until = NULL;

-- read_tokens --
-- Of an account that signs in by consent.
SELECT service, tokens, version, obtained_at, expires_at FROM account_tokens
 WHERE workspace_id = :workspace_id AND account_id = :account_id;

-- claim_refresh --
-- One process at a time, as long as nobody was faster.
UPDATE account_tokens SET refreshing_by = :holder, refreshing_until = :until
 WHERE workspace_id = :workspace_id AND account_id = :account_id AND version = :version
   AND (refreshing_until IS NULL OR refreshing_until <= :now)
RETURNING true;

-- end_refresh --
-- It brought nothing: the next one may try.
UPDATE account_tokens SET refreshing_by = NULL, refreshing_until = NULL
 WHERE workspace_id = :workspace_id AND account_id = :account_id AND refreshing_by = :holder;

-- keep_refreshed --
-- Unless newer ones are there already.
UPDATE account_tokens
   SET tokens = :tokens, version = version + 1, obtained_at = :now, expires_at = :expires_at,
       refreshing_by = NULL, refreshing_until = NULL
 WHERE workspace_id = :workspace_id AND account_id = :account_id AND version = :version
RETURNING true;

-- distrust --
-- A server refuses the access token though it is not over: the next one to sign in asks anew.
UPDATE account_tokens SET expires_at = :now
 WHERE workspace_id = :workspace_id AND account_id = :account_id AND obtained_at < :before
   AND expires_at > :now
RETURNING true;

-- drop_tokens --
-- It signs in with a password from now on.
DELETE FROM account_tokens WHERE workspace_id = :workspace_id AND account_id = :account_id;
