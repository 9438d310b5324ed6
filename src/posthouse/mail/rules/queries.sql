-- list_scripts --
-- Without their texts: there are few, and they are listed often.
SELECT id, name, size, active, changed_at, failure, failed_at
  FROM mailbox_scripts
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id
 ORDER BY id;

-- find_script --
-- By the keyed hash of its name.
SELECT id, name, size, active, changed_at, failure, failed_at, content
  FROM mailbox_scripts
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND name_key = :name_key;

-- read_active --
-- What one process is about to read and check.
SELECT id, content, revision
  FROM mailbox_scripts
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND active;

-- read_texts --
-- What a script of the mailbox may include.
SELECT id, name, content
  FROM mailbox_scripts
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id;

-- list_active --
-- Which mailboxes have rules: every process knows that by heart, so that others cost nothing.
SELECT mailbox_id, revision FROM mailbox_scripts WHERE active;

-- read_active_of --
-- The scripts in force of several mailboxes: who is away?
SELECT mailbox_id, id, name, content
  FROM mailbox_scripts
 WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:mailbox_ids::uuid[]) AND active
 ORDER BY mailbox_id;

-- list_recent --
-- What came in last and rules would have seen: no reports on what was sent, no junk.
SELECT c.id, c.size, c.received_at
  FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.mailbox_id = :mailbox_id
   AND c.direction <> 'out' AND c.door <> 'dsn'
   AND EXISTS (SELECT FROM folder_messages p
                 JOIN folders f ON f.workspace_id = p.workspace_id AND f.id = p.folder_id
                WHERE p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
                  AND (f.special_use IS NULL OR f.special_use NOT IN ('junk', 'sent', 'drafts')))
 ORDER BY c.received_at DESC, c.id DESC
 LIMIT :limit;

-- list_in_folder --
-- The newest of a folder, and then what is older than those.
SELECT p.uid, c.id, c.size, c.received_at
  FROM folder_messages p
  JOIN mailbox_messages c ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id
   AND (:before::bigint IS NULL OR p.uid < :before)
 ORDER BY p.uid DESC
 LIMIT :limit;

-- lock_mailbox --
-- One writer at a time: the quota counts, and one script is active.
SELECT id FROM mailboxes WHERE workspace_id = :workspace_id AND id = :mailbox_id FOR UPDATE;

-- save_script --
-- New, or in place of the one of that name, which stays active if it was.
INSERT INTO mailbox_scripts
       (workspace_id, id, mailbox_id, name, name_key, content, size, revision, changed_at)
VALUES (:workspace_id, :id, :mailbox_id, :name, :name_key, :content, :size, :revision, :now)
ON CONFLICT (workspace_id, mailbox_id, name_key)
DO UPDATE SET content = excluded.content, size = excluded.size, revision = excluded.revision,
              changed_at = excluded.changed_at, failure = NULL, failed_at = NULL;

-- deactivate --
-- Before another one is made active.
UPDATE mailbox_scripts SET active = false
 WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND active;

-- activate --
-- With a revision of its own, so that nobody takes it for what was active before.
UPDATE mailbox_scripts SET active = true, revision = :revision
 WHERE workspace_id = :workspace_id AND id = :id;

-- rename_script --
-- The id stays: what is encrypted is bound to it.
UPDATE mailbox_scripts SET name = :name, name_key = :name_key
 WHERE workspace_id = :workspace_id AND id = :id;

-- delete_script --
-- Gone with its text.
DELETE FROM mailbox_scripts WHERE workspace_id = :workspace_id AND id = :id;

-- note_failure --
-- For the owner to see; only of the text that failed.
UPDATE mailbox_scripts SET failure = :failure, failed_at = :now
 WHERE workspace_id = :workspace_id AND id = :id AND revision = :revision;

-- is_remembered --
-- Done already, not too long ago.
SELECT EXISTS (
    SELECT FROM rule_memories
     WHERE workspace_id = :workspace_id AND mailbox_id = :mailbox_id AND key = :key
       AND until > :now);

-- remember --
-- Touches a row unless it was remembered already. Two mails at once: one of them does it.
INSERT INTO rule_memories (workspace_id, mailbox_id, key, until)
VALUES (:workspace_id, :mailbox_id, :key, :until)
ON CONFLICT (workspace_id, mailbox_id, key)
DO UPDATE SET until = excluded.until
 WHERE lapsed(rule_memories.until, :now, :until::timestamptz - :now);

-- remember_anew --
-- The time begins again (RFC 7352 3.4).
INSERT INTO rule_memories (workspace_id, mailbox_id, key, until)
VALUES (:workspace_id, :mailbox_id, :key, :until)
ON CONFLICT (workspace_id, mailbox_id, key) DO UPDATE SET until = excluded.until;

-- remember_one --
-- Takes one of these that is free, so that as many are taken as there are keys and no more.
INSERT INTO rule_memories (workspace_id, mailbox_id, key, until)
SELECT :workspace_id, :mailbox_id, free.key, :until
  FROM unnest(:keys::bytea[]) AS free (key)
 WHERE NOT EXISTS (
       SELECT FROM rule_memories AS taken
        WHERE taken.workspace_id = :workspace_id AND taken.mailbox_id = :mailbox_id
          AND taken.key = free.key AND taken.until > :now)
 LIMIT 1
ON CONFLICT (workspace_id, mailbox_id, key)
DO UPDATE SET until = excluded.until
 WHERE lapsed(rule_memories.until, :now, :until::timestamptz - :now);

-- forget_memories --
-- In portions: nobody waits for them.
DELETE FROM rule_memories
 WHERE ctid = ANY(ARRAY(SELECT ctid FROM rule_memories WHERE until <= :now LIMIT :limit));

-- insert_letter --
-- Beside the filing of the mail that it is about.
INSERT INTO rule_letters
       (workspace_id, id, mailbox_id, kind, mail_from, recipient, content, created_at)
VALUES (:workspace_id, :id, :mailbox_id, :kind, :mail_from, :recipient, :content, :now);

-- take_letters --
-- Read and gone: the outbox has them from here on.
DELETE FROM rule_letters WHERE workspace_id = :workspace_id AND id = ANY(:ids)
RETURNING id, mailbox_id, kind, mail_from, recipient, content;
