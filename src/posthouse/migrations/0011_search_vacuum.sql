-- Autovacuum empties the pending list of the word index as well, for seconds, and just when much
-- mail comes in. It comes for rows that were erased only; our job tidies after rows that were
-- written, and upkeep analyses, which leaves the list alone.
ALTER TABLE search_chunks SET (
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_threshold = 2000000000
);

-- How often a hashed word occurs in a sample says nothing of the next one, and taking the sample
-- reads tens of thousands of texts.
ALTER TABLE search_chunks ALTER COLUMN tsv SET STATISTICS 0;
