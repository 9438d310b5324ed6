"""Which messages belong together. Owns the tables threads and message_references."""
