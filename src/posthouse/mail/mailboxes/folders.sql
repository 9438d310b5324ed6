-- insert_mailbox --
-- The directory row makes the address deliverable in the same transaction.
WITH made AS (
    INSERT INTO mailboxes (workspace_id, id, kind, address, name, owner_member_id, elsewhere)
    VALUES (:workspace_id, :id, :kind, :address, :name, :owner_member_id, :elsewhere)
)
INSERT INTO mailbox_addresses (address, workspace_id, mailbox_id)
SELECT :address, :workspace_id, :id WHERE NOT :elsewhere::boolean;

-- insert_folders --
-- uid_validity is the second of creation, and always greater than that of any folder before.
WITH mailbox AS (
    UPDATE mailboxes
       SET newest_uid_validity =
               greatest(newest_uid_validity + 1, extract(epoch FROM clock_timestamp())::bigint)
     WHERE workspace_id = :workspace_id AND id = :mailbox_id
    RETURNING newest_uid_validity
), made AS (
    INSERT INTO folders (workspace_id, id, mailbox_id, name, name_key, special_use, uid_validity,
                         subscribed)
    SELECT :workspace_id, id, :mailbox_id, name, name_key, special_use,
           mailbox.newest_uid_validity, :subscribed
      FROM unnest(:ids::uuid[], :names::bytea[], :name_keys::bytea[], :special_uses::text[])
           AS new (id, name, name_key, special_use)
     CROSS JOIN mailbox
    RETURNING id
)
INSERT INTO folder_recents (workspace_id, folder_id) SELECT :workspace_id, id FROM made;

-- read_mailbox --
-- By id.
SELECT id, workspace_id, kind, address, name, owner_member_id
  FROM mailboxes WHERE workspace_id = :workspace_id AND id = :mailbox_id;

-- find_mailbox --
-- By its own address or an alias, before the workspace is known. A group is no mailbox.
SELECT workspace_id, mailbox_id FROM mailbox_addresses
 WHERE address = :address AND mailbox_id IS NOT NULL;

-- list_folders --
-- Counts come from the folder's own row; unseen ones from a partial index, and in a shared mailbox
-- from the member's own marks. Recent ones are counted when they are asked for.
SELECT f.id, f.mailbox_id, f.name, f.special_use, f.uid_validity, f.uid_next, f.highest_modseq,
       f.message_count, f.octets, f.subscribed,
       CASE WHEN m.kind = 'personal' OR :member_id::uuid IS NULL THEN
           (SELECT count(*) FROM folder_messages p
             WHERE p.workspace_id = :workspace_id AND p.folder_id = f.id AND p.flags & 1 = 0)
       ELSE
           f.message_count - (SELECT count(*) FROM member_seen s
                               WHERE s.workspace_id = :workspace_id AND s.folder_id = f.id
                                 AND s.member_id = :member_id AND s.seen)
       END AS unseen_count,
       CASE WHEN :recent AND r.claimed_to < f.uid_next - 1 THEN
           (SELECT count(*) FROM folder_messages p
             WHERE p.workspace_id = :workspace_id AND p.folder_id = f.id AND p.uid > r.claimed_to)
       ELSE 0 END AS recent_count
  FROM folders f
  JOIN mailboxes m ON m.workspace_id = f.workspace_id AND m.id = f.mailbox_id
  LEFT JOIN folder_recents r ON r.workspace_id = f.workspace_id AND r.folder_id = f.id
 WHERE f.workspace_id = :workspace_id AND f.mailbox_id = :mailbox_id;

-- sum_deleted --
-- What STATUS asks for now and then: the flags of every message of these folders are looked at.
SELECT p.folder_id, count(*) AS count, sum(c.crlf_size)::bigint AS octets
  FROM folder_messages p
  JOIN mailbox_messages c
    ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = ANY(:folder_ids) AND p.flags & 8 <> 0
 GROUP BY p.folder_id;

-- read_folder --
-- One folder without counting what is unseen.
SELECT f.id, f.mailbox_id, f.name, f.special_use, f.uid_validity, f.uid_next, f.highest_modseq,
       f.message_count, f.octets, f.subscribed, NULL::bigint AS unseen_count, m.kind
  FROM folders f
  JOIN mailboxes m ON m.workspace_id = f.workspace_id AND m.id = f.mailbox_id
 WHERE f.workspace_id = :workspace_id AND f.id = :folder_id;

-- find_folder --
-- By the keyed hash of its name.
SELECT id FROM folders
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND name_key = :name_key;

-- folders_by_use --
-- The folder with a special use in each of these mailboxes.
SELECT id, mailbox_id FROM folders
 WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:mailbox_ids)
   AND special_use = :special_use;

-- rename_folders --
-- A folder and all below it, in one statement.
UPDATE folders f SET name = new.name, name_key = new.name_key
  FROM unnest(:ids::uuid[], :names::bytea[], :name_keys::bytea[]) AS new (id, name, name_key)
 WHERE f.workspace_id = :workspace_id AND f.id = new.id;

-- delete_folder --
-- Its messages were expunged before.
DELETE FROM folders WHERE workspace_id = :workspace_id AND id = :folder_id;

-- subscribe_folder --
-- RFC 3501 SUBSCRIBE.
UPDATE folders SET subscribed = :subscribed
 WHERE workspace_id = :workspace_id AND id = :folder_id;

-- list_keywords --
-- All keyword names of a mailbox: a few dozen at most.
SELECT id, name FROM keywords WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id;

-- insert_keywords --
-- The next free numbers; a racing writer of the same name or number wins, and is looked up again.
INSERT INTO keywords (workspace_id, mailbox_id, id, name, name_key)
SELECT :workspace_id, :mailbox_id,
       (SELECT coalesce(max(id), 0) FROM keywords
         WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id)
           + row_number() OVER (ORDER BY new.name_key),
       new.name, new.name_key
  FROM unnest(:names::bytea[], :name_keys::bytea[]) AS new (name, name_key)
ON CONFLICT DO NOTHING;
