-- Sending through the server of a linked account.

-- Whether anything may be sent from a mailbox: not from one elsewhere without a server that sends.
ALTER TABLE mailboxes ADD COLUMN sends boolean NOT NULL DEFAULT true;
