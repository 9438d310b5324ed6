-- lock_folders --
-- Before any message row, in id order: writers of one folder queue here and never deadlock.
SELECT id, mailbox_id, uid_next, highest_modseq FROM folders
 WHERE workspace_id = :workspace_id AND id = ANY(:folder_ids)
 ORDER BY id FOR UPDATE;

-- next_modseq --
-- One modseq for everything one command changes. It locks the folder, as lock_folders does.
UPDATE folders SET highest_modseq = highest_modseq + 1
 WHERE workspace_id = :workspace_id AND id = :folder_id
RETURNING highest_modseq, mailbox_id;

-- store_flags --
-- op: + adds, - removes, = replaces. Rows that stay as they are keep their modseq.
WITH wanted AS MATERIALIZED (
    SELECT p.uid,
           CASE :op::text WHEN '+' THEN p.flags | :flags::smallint
                          WHEN '-' THEN p.flags & ~:flags::smallint
                          ELSE (p.flags & :kept::smallint) | :flags::smallint END AS flags,
           nullif(CASE :op::text
               WHEN '+' THEN ARRAY(SELECT DISTINCT k FROM unnest(
                                     coalesce(p.keywords, '{}') || :keywords::smallint[]) k
                                    ORDER BY k)
               WHEN '-' THEN ARRAY(SELECT k FROM unnest(p.keywords) k
                                    WHERE k <> ALL(:keywords::smallint[]) ORDER BY k)
               ELSE :keywords::smallint[] END, '{}') AS keywords
      FROM folder_messages p
     WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
)
UPDATE folder_messages p
   SET flags = wanted.flags, keywords = wanted.keywords, modseq = :modseq
  FROM wanted
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = wanted.uid
   AND (p.flags <> wanted.flags OR p.keywords IS DISTINCT FROM wanted.keywords);

-- store_member_seen --
-- \Seen in a shared mailbox is the member's own.
INSERT INTO member_seen (workspace_id, folder_id, member_id, uid, seen, modseq)
SELECT p.workspace_id, p.folder_id, :member_id, p.uid, :seen, :modseq
  FROM folder_messages p
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
ON CONFLICT (workspace_id, folder_id, member_id, uid)
DO UPDATE SET seen = excluded.seen, modseq = excluded.modseq
 WHERE member_seen.seen <> excluded.seen;

-- flags_of --
-- As a session sees them.
SELECT {{seen_by_member p}}
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
 ORDER BY p.uid;

-- deleted_uids --
-- What EXPUNGE would take.
SELECT uid FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND flags & 8 <> 0
   AND (:uids::bigint[] IS NULL OR uid = ANY(:uids))
 ORDER BY uid;

-- expunge --
-- The uid stays known with the modseq of its leaving, so that sessions can be told.
WITH gone AS (
    DELETE FROM folder_messages
     WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND uid = ANY(:uids)
    RETURNING uid, mailbox_message_id
), kept AS (
    INSERT INTO folder_expunges (workspace_id, folder_id, uid, modseq)
    SELECT :workspace_id, :folder_id, uid, :modseq FROM gone
), counted AS (
    UPDATE folders f
       SET message_count = f.message_count - left_it.count, octets = f.octets - left_it.octets
      FROM (SELECT count(*) AS count, coalesce(sum(c.crlf_size), 0)::bigint AS octets
              FROM gone
              JOIN mailbox_messages c
                ON c.workspace_id = :workspace_id AND c.id = gone.mailbox_message_id) left_it
     WHERE f.workspace_id = :workspace_id AND f.id = :folder_id
)
SELECT uid, mailbox_message_id FROM gone ORDER BY uid;

-- origins_of --
-- What a copy in another mailbox takes over.
SELECT id, direction, verdict, submitted_by FROM mailbox_messages
 WHERE workspace_id = :workspace_id AND id = ANY(:mailbox_message_ids);

-- place_copies --
-- COPY inside one mailbox: the same mailbox message gets one more place, with its flags. The copy of
-- a draft's mirror (32) is a message of its own.
WITH source AS MATERIALIZED (
    SELECT p.uid, p.mailbox_message_id, p.thread_id, p.received_at, p.zone, p.keywords, c.crlf_size,
           CASE WHEN coalesce(s.seen, false) THEN p.flags | 1::smallint ELSE p.flags END
               & ~32::smallint AS flags,
           row_number() OVER (ORDER BY p.uid) - 1 AS nth
      FROM folder_messages p
      JOIN mailbox_messages c
        ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
      LEFT JOIN member_seen s
        ON s.workspace_id = p.workspace_id AND s.folder_id = p.folder_id
       AND s.member_id = :member_id AND s.uid = p.uid
     WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
), bumped AS (
    UPDATE folders f
       SET uid_next = f.uid_next + new.count,
           highest_modseq = f.highest_modseq + 1,
           message_count = f.message_count + new.count,
           octets = f.octets + new.octets
      FROM (SELECT count(*) AS count, coalesce(sum(crlf_size), 0)::bigint AS octets
              FROM source) new
     WHERE f.workspace_id = :workspace_id AND f.id = :target_id
    RETURNING f.id, f.uid_next - new.count AS first_uid, f.highest_modseq
), placed AS (
    INSERT INTO folder_messages (workspace_id, folder_id, uid, mailbox_message_id, thread_id,
                                 received_at, zone, flags, keywords, modseq)
    SELECT :workspace_id, bumped.id, bumped.first_uid + source.nth, source.mailbox_message_id,
           source.thread_id, source.received_at, source.zone, source.flags, source.keywords,
           bumped.highest_modseq
      FROM source CROSS JOIN bumped
), seen AS (
    -- What this member had read is read in the copy as well.
    INSERT INTO member_seen (workspace_id, folder_id, member_id, uid, seen, modseq)
    SELECT :workspace_id, bumped.id, :member_id, bumped.first_uid + source.nth, true,
           bumped.highest_modseq
      FROM source CROSS JOIN bumped
     WHERE :member_id::uuid IS NOT NULL AND source.flags & 1 <> 0
)
SELECT source.uid, bumped.first_uid + source.nth AS new_uid, source.mailbox_message_id
  FROM source CROSS JOIN bumped ORDER BY source.uid;
