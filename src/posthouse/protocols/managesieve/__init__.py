"""ManageSieve (RFC 5804): commands in, responses out; no sockets."""
