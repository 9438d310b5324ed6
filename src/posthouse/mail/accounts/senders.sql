-- account_of_mailbox --
-- Whose mail leaves by the server of an account.
SELECT id FROM linked_accounts WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id;
