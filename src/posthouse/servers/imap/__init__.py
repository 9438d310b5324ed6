"""The IMAP edge: sockets, sessions and their view of a folder. The rules live in mail/mailboxes."""
