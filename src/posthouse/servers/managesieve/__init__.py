"""ManageSieve (RFC 5804): listener, sessions, and the commands on a member's scripts."""
