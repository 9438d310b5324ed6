"""Mail we hold: intake (the one door in), mailboxes (the store), threads, search."""
