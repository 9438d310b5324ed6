-- Full-text search over keyed hashes: a dump shows no word, and search still works.
--
-- No row-level security here: under a policy PostgreSQL refuses the GIN index, because its
-- operators are not leakproof. Lexemes are keyed by workspace, and every query joins to
-- mailbox_messages, which has it.

-- One row per 8,000 positions of a variant. A copy with hidden recipients has a row of its own
-- (mailbox_message_id) with what the first chunk says and those recipients; else it is all zeros.
CREATE TABLE search_chunks (
    workspace_id       uuid NOT NULL,
    variant_id         uuid NOT NULL,
    mailbox_message_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    chunk              smallint NOT NULL,
    tsv                tsvector NOT NULL,
    PRIMARY KEY (workspace_id, variant_id, mailbox_message_id, chunk),
    FOREIGN KEY (workspace_id, variant_id) REFERENCES variants (workspace_id, id) ON DELETE CASCADE
) WITH (toast_tuple_target = 128);
ALTER TABLE search_chunks ALTER COLUMN tsv SET STORAGE EXTERNAL;
COMMENT ON COLUMN search_chunks.tsv IS 'plain: keyed hashes of words; useless without the workspace key';
SELECT share_with_all_workspaces('search_chunks');

-- The pending list makes writing cheap and is emptied by a job of ours, so its limit is set above
-- what is ever reached: an unlucky writer would flush it for seconds in its own transaction.
CREATE INDEX search_chunks_by_word ON search_chunks USING gin (tsv)
    WITH (fastupdate = on, gin_pending_list_limit = 1048576);
