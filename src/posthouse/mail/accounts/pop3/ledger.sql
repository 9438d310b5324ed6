-- count_items --
-- All that the ledger ever had: what is gone may come back.
SELECT count(*) FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id;

-- items_by_name --
-- Those that had one of these UIDLs when they were seen last.
SELECT uid, state, key, header_key, size, arrived_at, mailbox_message_id
  FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id
   AND key = ANY(:names::bytea[])
 ORDER BY uid LIMIT :limit;

-- items_by_header --
-- Those that are there first, then what is gone and may have come back under another name.
SELECT uid, state, key, header_key, size, arrived_at, mailbox_message_id
  FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id
   AND header_key = ANY(:headers::bytea[])
 ORDER BY state = 'gone', uid LIMIT :limit;

-- insert_items --
-- Of a session's list what the ledger did not know. arrived_at is when we saw it first: from then on
-- the days are counted after which it is deleted there.
INSERT INTO remote_items (workspace_id, remote_folder_id, generation, uid, state, reason, size,
                          arrived_at, key, header_key)
SELECT :workspace_id, :remote_folder_id, 1, uid,
       CASE WHEN size > :largest THEN 'filtered' ELSE 'listed' END,
       CASE WHEN size > :largest THEN 'too_large' END, size, :now, name, header
  FROM unnest(:uids::bigint[], :sizes::bigint[], :names::bytea[], :headers::bytea[])
       AS item (uid, size, name, header);

-- change_items --
-- Under another name, of another size, or back again. What was stored before is not fetched again.
UPDATE remote_items i
   SET key = item.name, size = item.size,
       state = CASE WHEN i.state <> 'gone' THEN i.state
                    WHEN i.mailbox_message_id IS NOT NULL THEN 'stored' ELSE 'listed' END,
       reason = CASE WHEN i.state <> 'gone' THEN i.reason END
  FROM unnest(:uids::bigint[], :sizes::bigint[], :names::bytea[]) AS item (uid, size, name)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :remote_folder_id
   AND i.generation = 1 AND i.uid = item.uid;

-- note_headers --
-- Of what has been read in full.
UPDATE remote_items i SET header_key = item.header
  FROM unnest(:uids::bigint[], :headers::bytea[]) AS item (uid, header)
 WHERE i.workspace_id = :workspace_id AND i.remote_folder_id = :remote_folder_id
   AND i.generation = 1 AND i.uid = item.uid;

-- wanted_among --
-- Of these, what is still to be brought.
SELECT uid, size, attempts, lives FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id AND generation = 1
   AND uid = ANY(:uids::bigint[]) AND state IN ('listed', 'fetched');

-- stored_among --
-- Of these, what is here for good.
SELECT uid FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id AND generation = 1
   AND uid = ANY(:uids::bigint[]) AND state = 'stored';

-- note_gone --
-- No longer at the server; what is here stays here.
UPDATE remote_items SET state = 'gone', reason = :reason
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id AND generation = 1
   AND uid = ANY(:uids::bigint[]);

-- present_uids --
-- A slice of those that were at the server when it was asked last.
SELECT uid FROM remote_items
 WHERE workspace_id = :workspace_id AND remote_folder_id = :remote_folder_id AND generation = 1
   AND uid > :after AND state <> 'gone'
 ORDER BY uid LIMIT :limit;

-- note_count --
-- So many are left at the server.
UPDATE remote_folders SET remote_count = :count
 WHERE workspace_id = :workspace_id AND id = :remote_folder_id;
