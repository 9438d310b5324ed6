-- Nobody searches by what is encrypted, so samples of it tell the planner nothing; taking them
-- reads the widest columns of the store, and does so when it grows fastest.
DO $$
DECLARE
    sealed record;
BEGIN
    FOR sealed IN
        SELECT a.attrelid::regclass AS store, a.attname AS name
          FROM pg_attribute a
         WHERE a.attrelid IN ('variants'::regclass, 'blobs'::regclass, 'data_keys'::regclass,
                              'mailbox_messages'::regclass)
           AND a.atttypid = 'bytea'::regtype AND NOT a.attisdropped
           AND a.attname NOT IN ('digest', 'source_key')
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', sealed.store, sealed.name);
    END LOOP;
END
$$;
