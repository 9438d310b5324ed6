"""IMAP4rev1 as bytes and objects: reading commands, writing responses. No sockets, no database."""
