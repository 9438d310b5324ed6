-- Linked accounts that speak POP3: how many days mail that is here stays at the server. NULL: for
-- ever; 0: not at all.
ALTER TABLE linked_accounts ADD COLUMN kept_days smallint CHECK (kept_days BETWEEN 0 AND 3650);

-- Servers that rename their mail are found out by its headers.
CREATE INDEX remote_items_by_header ON remote_items (workspace_id, remote_folder_id, header_key)
 WHERE header_key IS NOT NULL;
