-- Lexemes are made and written in another way: what was indexed before would never be found. The
-- index is made anew from the event log, as after an import.
TRUNCATE search_chunks;
DELETE FROM event_cursors WHERE listener = 'search';
