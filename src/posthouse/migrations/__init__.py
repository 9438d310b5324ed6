"""One line of history for all rooms: numbered SQL, applied in order, never edited once landed."""
