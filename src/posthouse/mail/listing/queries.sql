-- list_threads --
-- A page of a folder, one row per thread by its newest message there: a walk down one index, with
-- one probe of another per message. OFFSET 0 keeps the probe a probe; as a join it may hash the
-- whole folder first. Here and below mirrors of drafts (32) are left out.
SELECT fm.thread_id, fm.mailbox_message_id, fm.received_at, fm.uid
  FROM folder_messages fm
 WHERE fm.workspace_id = :workspace_id AND fm.folder_id = :folder_id
   AND (fm.received_at, fm.uid) < (:before_at, :before_uid)
   AND {{readable_in fm}} AND fm.flags & 32 = 0
   AND NOT EXISTS (SELECT FROM folder_messages newer
                    WHERE newer.workspace_id = :workspace_id
                      AND newer.thread_id = fm.thread_id AND newer.folder_id = fm.folder_id
                      AND newer.flags & 32 = 0
                      AND newer.received_at >= fm.received_at
                      AND (newer.received_at, newer.uid) > (fm.received_at, fm.uid)
                   OFFSET 0)
 ORDER BY fm.received_at DESC, fm.uid DESC
 LIMIT :limit;

-- list_shared --
-- Threads given singly, out of mailboxes the reader does not have: one row per thread by its newest
-- message in sight. As many probes as there are grants: a person is given hundreds, not millions.
WITH given AS MATERIALIZED (
    SELECT DISTINCT g.mailbox_id, g.thread_id FROM grants g
     WHERE g.workspace_id = :workspace_id AND g.member_id = :reach_member
       AND g.thread_id IS NOT NULL AND g.level = ANY(:reach_levels::text[])
       AND (g.expires_at IS NULL OR g.expires_at > now())
       AND g.mailbox_id <> ALL(:reach_mailboxes::uuid[])
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (g.thread_id) g.thread_id, g.mailbox_id, m.folder_id, m.mailbox_message_id,
           m.received_at
      FROM given g
     CROSS JOIN LATERAL (
           SELECT fm.folder_id, fm.mailbox_message_id, fm.received_at
             FROM folder_messages fm
             JOIN folders f ON f.workspace_id = :workspace_id AND f.id = fm.folder_id
                           AND f.mailbox_id = g.mailbox_id
            WHERE fm.workspace_id = :workspace_id AND fm.thread_id = g.thread_id
              AND fm.flags & 32 = 0
              AND coalesce(f.special_use, '') NOT IN ('trash', 'junk')
            ORDER BY fm.received_at DESC, fm.uid DESC
            LIMIT 1) m
     ORDER BY g.thread_id, m.received_at DESC, g.mailbox_id
)
SELECT thread_id, mailbox_id, folder_id, mailbox_message_id, received_at FROM newest
 WHERE (received_at, thread_id) < (:before_at, :before_id)
 ORDER BY received_at DESC, thread_id DESC
 LIMIT :limit;

-- places_of_messages --
-- Where messages lie: for each one place, rather not in Trash or Junk.
SELECT DISTINCT ON (p.mailbox_message_id) p.mailbox_message_id, p.folder_id
  FROM folder_messages p
  JOIN folders f ON f.workspace_id = p.workspace_id AND f.id = p.folder_id
 WHERE p.workspace_id = :workspace_id AND p.mailbox_message_id = ANY(:mailbox_message_ids)
 ORDER BY p.mailbox_message_id, coalesce(f.special_use, '') IN ('trash', 'junk'), p.folder_id;

-- summarise_threads --
-- Figures of whole threads as their mailboxes hold them. What lies in Trash or Junk counts only
-- when it is listed from there; unread and flagged are those of the listed folder.
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(:thread_ids::uuid[], :mailbox_ids::uuid[], :folder_ids::uuid[])
                  AS asked (thread_id, mailbox_id, folder_id)
), places AS MATERIALIZED (
    SELECT a.thread_id, a.mailbox_id, p.folder_id = a.folder_id AS listed, p.mailbox_message_id,
           CASE WHEN m.kind = 'personal' THEN p.flags
                WHEN coalesce(s.seen, false) THEN p.flags | 1::smallint
                ELSE p.flags & ~1::smallint END AS flags
      FROM asked a
      JOIN mailboxes m ON m.workspace_id = :workspace_id AND m.id = a.mailbox_id
      JOIN folder_messages p ON p.workspace_id = :workspace_id AND p.thread_id = a.thread_id
      JOIN folders f ON f.workspace_id = :workspace_id AND f.id = p.folder_id
                    AND f.mailbox_id = a.mailbox_id
      LEFT JOIN member_seen s ON s.workspace_id = :workspace_id AND s.folder_id = p.folder_id
                             AND s.member_id = :member_id AND s.uid = p.uid
     WHERE (p.folder_id = a.folder_id OR coalesce(f.special_use, '') NOT IN ('trash', 'junk'))
       AND p.flags & 32 = 0
), held AS MATERIALIZED (
    SELECT p.thread_id, p.mailbox_id, c.message_id,
           (array_agg(c.id ORDER BY c.direction DESC, c.id))[1] AS id,
           (array_agg(c.direction ORDER BY c.direction DESC, c.id))[1] AS direction,
           max(c.received_at) AS received_at, max(v.attachment_count) AS attachments,
           bool_or(v.is_automatic) AS automatic,
           bool_or(p.listed AND p.flags & 1 = 0) AS unread,
           bool_or(p.listed AND p.flags & 4 <> 0) AS flagged,
           bool_or(p.flags & 16 <> 0) AS draft
      FROM places p
      JOIN mailbox_messages c ON c.workspace_id = :workspace_id AND c.id = p.mailbox_message_id
      JOIN variants v ON v.workspace_id = :workspace_id AND v.id = c.variant_id
     GROUP BY p.thread_id, p.mailbox_id, c.message_id
)
SELECT thread_id, mailbox_id, count(*) AS messages, sum(attachments)::bigint AS attachments,
       bool_or(unread) AS unread, bool_or(flagged) AS flagged, bool_or(draft) AS draft,
       (array_agg(direction ORDER BY received_at DESC, id DESC)
           FILTER (WHERE NOT automatic AND NOT draft))[1] AS last_direction,
       bool_and(direction = 'out') AS only_ours,
       (array_agg(id ORDER BY received_at DESC, id DESC))[1:5] AS newest_ids
  FROM held
 GROUP BY thread_id, mailbox_id;

-- read_faces --
-- What a list shows of messages, still encrypted: no body, no recipients.
SELECT c.id, v.id AS variant_id, v.subject, v.summary, v.sender, k.wrapped, k.generation
  FROM mailbox_messages c
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids);

-- read_headers --
-- For names of recipients: only rows of what we sent ourselves ask.
SELECT c.id, v.id AS variant_id, v.header, k.wrapped, k.generation
  FROM mailbox_messages c
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids);

-- merged_into --
-- Where a thread went that joined another.
SELECT merged_into FROM threads WHERE workspace_id = :workspace_id AND id = :thread_id;

-- thread_copies --
-- Every copy of a thread's messages the reader may know of and that lies in some folder.
SELECT c.id, c.mailbox_id, c.message_id, c.thread_id, c.direction, c.received_at, c.size,
       c.verdict, v.is_automatic, m.kind = 'personal' AND m.owner_member_id = :member_id AS own,
       array_agg(p.folder_id ORDER BY p.folder_id) AS folder_ids,
       bool_and(coalesce(f.special_use, '') IN ('trash', 'junk')) AS put_away,
       bit_or(CASE WHEN m.kind = 'personal' THEN p.flags
                   WHEN coalesce(s.seen, false) THEN p.flags | 1::smallint
                   ELSE p.flags & ~1::smallint END) AS flags
  FROM mailbox_messages c
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN mailboxes m ON m.workspace_id = c.workspace_id AND m.id = c.mailbox_id
  JOIN folder_messages p ON p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id
  JOIN folders f ON f.workspace_id = p.workspace_id AND f.id = p.folder_id
  LEFT JOIN member_seen s ON s.workspace_id = p.workspace_id AND s.folder_id = p.folder_id
                         AND s.member_id = :member_id AND s.uid = p.uid
 WHERE c.workspace_id = :workspace_id
   AND (c.thread_id = :thread_id OR c.id = :mailbox_message_id)
   AND (:mailbox_id::uuid IS NULL OR c.mailbox_id = :mailbox_id)
   AND {{readable c}} AND p.flags & 32 = 0
 GROUP BY c.workspace_id, c.id, v.is_automatic, m.kind, m.owner_member_id
 ORDER BY c.received_at, c.id;

-- find_readable --
-- One message, if the reader may see it whole. What lies in no folder is deleted for him, even while
-- it waits to be erased or a legal hold keeps it.
SELECT c.id, c.mailbox_id, c.thread_id, c.size FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = :mailbox_message_id AND {{readable c}}
   AND EXISTS (SELECT FROM folder_messages p
                WHERE p.workspace_id = c.workspace_id AND p.mailbox_message_id = c.id);

-- find_acted --
-- The messages of threads in one folder, with the member's own \Seen; newest of its thread or not.
SELECT p.uid, p.mailbox_message_id,
       CASE WHEN :member_id::uuid IS NULL THEN p.flags
            WHEN coalesce(s.seen, false) THEN p.flags | 1::smallint
            ELSE p.flags & ~1::smallint END AS flags,
       row_number() OVER (PARTITION BY p.thread_id ORDER BY p.received_at DESC, p.uid DESC) = 1
           AS newest,
       p.mailbox_message_id = ANY(:message_ids) AS named
  FROM folder_messages p
  LEFT JOIN member_seen s ON s.workspace_id = p.workspace_id AND s.folder_id = p.folder_id
                         AND s.member_id = :member_id AND s.uid = p.uid
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id
   AND (p.thread_id = ANY(:thread_ids) OR p.mailbox_message_id = ANY(:message_ids))
   AND p.flags & 32 = 0
 ORDER BY p.uid;

-- folder_states --
-- How far each folder of some mailboxes has got: for whoever watches them.
SELECT id, mailbox_id, highest_modseq FROM folders
 WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:mailbox_ids);

-- changed_threads --
-- Threads of a folder with something new after a modseq; what left is not among them.
SELECT DISTINCT thread_id FROM folder_messages
 WHERE workspace_id = :workspace_id AND folder_id = :folder_id AND modseq > :modseq
 LIMIT 200;

-- readable_threads --
-- Of some messages, the threads the reader may see.
SELECT DISTINCT c.thread_id FROM mailbox_messages c
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids) AND {{readable c}};
