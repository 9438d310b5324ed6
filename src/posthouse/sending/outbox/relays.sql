-- put_relay --
-- Set or replaced; one for each sender.
INSERT INTO outbox_relays (workspace_id, id, mailbox_id, domain, kind, host, port, tls, sign_in,
                           inside)
VALUES (:workspace_id, :id, :mailbox_id, :domain, :kind, :host, :port, :tls, :sign_in, :inside);

-- list_relays --
-- Of a workspace: its own first, then those of domains and of mailboxes.
SELECT r.id, r.mailbox_id, b.address AS mailbox, r.domain, r.kind, r.host, r.port, r.tls, r.sign_in,
       r.inside
  FROM outbox_relays r
  LEFT JOIN mailboxes b ON b.workspace_id = r.workspace_id AND b.id = r.mailbox_id
 WHERE r.workspace_id = :workspace_id
 ORDER BY r.mailbox_id IS NOT NULL, r.domain IS NOT NULL, r.domain, b.address;

-- find_relay --
-- For a worker, by the id that it was told with the recipient.
SELECT id, mailbox_id, NULL AS mailbox, domain, kind, host, port, tls, sign_in, inside
  FROM outbox_relays WHERE id = :id;

-- delete_relay --
-- Back to what is farther away: the domain's, the workspace's, the house's, MX.
DELETE FROM outbox_relays
 WHERE workspace_id = :workspace_id AND mailbox_id IS NOT DISTINCT FROM :mailbox_id::uuid
   AND domain IS NOT DISTINCT FROM :domain::text;

-- lock_workspace --
-- Whoever changes relays waits for whoever does already.
SELECT id FROM workspaces WHERE id = :workspace_id FOR UPDATE;

-- name_mailbox --
-- The address a mailbox was made with.
SELECT address FROM mailboxes WHERE workspace_id = :workspace_id AND id = :id;
