"""Mail being written: drafts, uploads, building and sending, with an undo."""
