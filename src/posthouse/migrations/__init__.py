"""One line of history for all rooms: numbered SQL files, applied in order, never edited once landed."""
