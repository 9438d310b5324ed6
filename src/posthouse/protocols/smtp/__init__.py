"""SMTP without sockets: grammar, replies, both sides of the conversation (RFC 5321 and friends)."""
