"""POP3 without sockets: commands, capabilities, responses (RFC 1939, 2449, 2595, 3206, 5034)."""
