-- What filing a mail costs, made less.

-- These rows are written with the row they belong to by one statement, and erased with it by another
-- (erasing.sql). A foreign key looked up and locked that row again for each of them, six times a mail.
ALTER TABLE message_references DROP CONSTRAINT message_references_workspace_id_message_id_fkey;
ALTER TABLE variant_people DROP CONSTRAINT variant_people_workspace_id_variant_id_fkey;

-- The rows of most mails fit a page: kept whole they cost no second table with an index of its own,
-- neither when they are written nor when they are read.
ALTER TABLE variants SET (toast_tuple_target = 8160);
ALTER TABLE blobs SET (toast_tuple_target = 8160);
