"""The client's side of POP3 without sockets: what servers say, however they say it."""
