-- insert_account --
-- Due at once.
WITH sending AS (
    UPDATE mailboxes SET sends = :sends WHERE workspace_id = :workspace_id AND id = :mailbox_id
), made AS (
    INSERT INTO linked_accounts (workspace_id, id, mailbox_id, linked_by, kind, servers, secret,
                                 overrides, linked_at)
    VALUES (:workspace_id, :id, :mailbox_id, :linked_by, :kind, :servers, :secret,
            :overrides::text[], :now)
)
INSERT INTO account_visits (account_id, workspace_id, due_at) VALUES (:id, :workspace_id, :now);

-- hosted_as --
-- Whether mail for the address is delivered here, or could be: then it is linked with nothing.
SELECT EXISTS (SELECT FROM mailbox_addresses WHERE address = :address) AS address_taken,
       EXISTS (SELECT FROM domains WHERE name = :domain) AS domain_hosted;

-- read_account --
-- With its secret: for who signs in there.
SELECT a.id, a.mailbox_id, a.linked_by, a.kind, a.servers, a.secret, a.overrides, a.state,
       a.failures, a.failing_since, a.behind_told_at, a.history_done_at, b.address,
       m.disabled_at IS NOT NULL AS disabled
  FROM linked_accounts a
  JOIN mailboxes b ON b.workspace_id = a.workspace_id AND b.id = a.mailbox_id
  JOIN members m ON m.workspace_id = a.workspace_id AND m.id = a.linked_by
 WHERE a.workspace_id = :workspace_id AND a.id = :id;

-- list_health --
-- Of a member, or of all; of one account, or of all. Counts of remote items are asked apart.
SELECT a.id, a.mailbox_id, a.linked_by, a.kind, b.address, a.state, a.error_kind, a.error_text,
       a.failures, a.failing_since, a.behind_told_at IS NOT NULL AS behind, a.linked_at,
       a.last_visit_at, a.last_new_at, a.history_done_at
  FROM linked_accounts a
  JOIN mailboxes b ON b.workspace_id = a.workspace_id AND b.id = a.mailbox_id
 WHERE a.workspace_id = :workspace_id
   AND (:member_id::uuid IS NULL OR a.linked_by = :member_id)
   AND (:account_id::uuid IS NULL OR a.id = :account_id)
 ORDER BY b.address, a.id;

-- count_items --
-- What became of the items of these accounts, folder by folder. What the server has is what it said
-- itself when it was last asked.
SELECT f.account_id, f.id AS remote_folder_id, f.name, f.label, f.special_use, f.mirrored, f.remote_count,
       f.listed_down_to, f.parked_until, f.compared_at,
       count(i.uid) FILTER (WHERE i.state IN ('listed', 'fetched')) AS waiting,
       count(i.uid) FILTER (WHERE i.state = 'stored') AS stored,
       count(i.uid) FILTER (WHERE i.state = 'filtered') AS filtered,
       count(i.uid) FILTER (WHERE i.state = 'failed') AS failed
  FROM remote_folders f
  LEFT JOIN remote_items i
    ON i.workspace_id = f.workspace_id AND i.remote_folder_id = f.id AND NOT i.leaving
   AND i.generation = f.generation
 WHERE f.workspace_id = :workspace_id AND f.account_id = ANY(:account_ids::uuid[])
 GROUP BY f.workspace_id, f.id
 ORDER BY f.special_use NULLS LAST, f.id;

-- change_state --
-- By a person: what went wrong before is forgotten.
UPDATE linked_accounts
   SET state = :state, error_kind = NULL, error_text = NULL, failures = 0, failing_since = NULL,
       behind_told_at = NULL
 WHERE workspace_id = :workspace_id AND id = :id;

-- change_secret --
-- With the servers it belongs to.
WITH sending AS (
    UPDATE mailboxes SET sends = :sends WHERE workspace_id = :workspace_id AND id = :mailbox_id
)
UPDATE linked_accounts SET servers = :servers, secret = :secret, overrides = :overrides::text[]
 WHERE workspace_id = :workspace_id AND id = :id;

-- put_off --
-- When it is due; whoever has it in hand gives it back.
UPDATE account_visits SET due_at = :due_at, leased_by = NULL, leased_until = NULL
 WHERE workspace_id = :workspace_id AND account_id = :id;

-- delete_account --
-- With the ledger. The mailbox and its mail stay.
WITH deleted AS (
    DELETE FROM linked_accounts WHERE workspace_id = :workspace_id AND id = :id
    RETURNING mailbox_id
)
UPDATE mailboxes b SET sends = false
  FROM deleted WHERE b.workspace_id = :workspace_id AND b.id = deleted.mailbox_id
RETURNING b.id;

-- hide_mailbox --
-- From its owner, and from everybody who was let in.
WITH hidden AS (
    UPDATE mailboxes SET owner_member_id = NULL, address = 'unlinked:' || id::text
     WHERE workspace_id = :workspace_id AND id = :mailbox_id AND elsewhere
)
DELETE FROM grants WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id;

-- kept_mailbox --
-- What is left of an account that was unlinked: who links it again goes on with it.
SELECT b.id FROM mailboxes b
 WHERE b.workspace_id = :workspace_id AND b.address = :address AND b.elsewhere
   AND b.owner_member_id = :member_id
   AND NOT EXISTS (SELECT FROM linked_accounts a
                    WHERE a.workspace_id = b.workspace_id AND a.mailbox_id = b.id);

-- insert_act --
-- Who did it, and when.
INSERT INTO account_acts (workspace_id, id, mailbox_id, member_id, act, at)
VALUES (:workspace_id, :id, :mailbox_id, :member_id, :act, :now);

-- workspaces_with_accounts --
-- For the operator's commands.
SELECT DISTINCT workspace_id FROM account_visits ORDER BY workspace_id;

-- list_acts --
-- The newest first.
SELECT member_id, act, at FROM account_acts
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id
 ORDER BY at DESC, id DESC LIMIT :limit;

-- list_workspaces --
-- All: each is asked for mailboxes of unlinked accounts by itself.
SELECT id FROM workspaces ORDER BY id;

-- folders_to_empty --
-- Of mailboxes that nobody sees any more.
SELECT f.id FROM folders f
  JOIN mailboxes b ON b.workspace_id = f.workspace_id AND b.id = f.mailbox_id
 WHERE b.workspace_id = :workspace_id AND b.elsewhere AND b.owner_member_id IS NULL
   AND f.message_count > 0
 ORDER BY f.id;

-- some_uids --
-- A slice of a folder.
SELECT uid FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id ORDER BY uid LIMIT :limit;

-- delete_empty_mailboxes --
-- Those whose mail is erased. What a legal hold keeps, keeps its mailbox.
DELETE FROM mailboxes b
 WHERE b.workspace_id = :workspace_id AND b.elsewhere AND b.owner_member_id IS NULL
   AND NOT EXISTS (SELECT FROM mailbox_messages c
                    WHERE c.workspace_id = b.workspace_id AND c.mailbox_id = b.id);
