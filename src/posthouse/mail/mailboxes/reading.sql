-- enter_folder --
-- As read_folder, and what is recent to who opens it.
WITH {{recent_in r}}
SELECT f.id, f.mailbox_id, f.name, f.special_use, f.uid_validity, f.uid_next, f.highest_modseq,
       f.message_count, f.octets, f.subscribed, NULL::bigint AS unseen_count,
       (SELECT after FROM recent) AS recent_after
  FROM folders f
 WHERE f.workspace_id = :workspace_id AND f.id = :folder_id;

-- open_folder --
-- The next messages of a folder in uid order, with the member's own \Seen in a shared mailbox. Slice
-- by slice, so that a large folder neither holds the event loop nor stands in memory as rows.
SELECT {{seen_by_member p}}
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id
   AND p.uid > :after AND p.uid < :uid_next
 ORDER BY p.uid LIMIT :limit;

-- changed_since --
-- New and changed messages after a modseq, in uid order. By their uids: with an OR of both tables
-- every change would read the whole folder.
WITH {{recent_in r}}
SELECT coalesce(p.uid > (SELECT after FROM recent), false) AS recent, {{seen_by_member p}}
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id
   AND p.uid = ANY(ARRAY(
        SELECT f.uid FROM folder_messages f
         WHERE f.workspace_id = :workspace_id AND f.folder_id = :folder_id AND f.modseq > :modseq
        UNION
        SELECT m.uid FROM member_seen m
         WHERE m.workspace_id = :workspace_id AND m.folder_id = :folder_id
           AND m.member_id = :member_id AND m.modseq > :modseq))
 ORDER BY p.uid;

-- fetch_flags --
-- Only what the place itself knows.
SELECT p.uid, p.modseq, p.flags, p.keywords, p.received_at, p.zone, p.mailbox_message_id,
       p.thread_id
  FROM folder_messages p
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
 ORDER BY p.uid;

-- fetch_structures --
-- Without header and body: ENVELOPE and BODYSTRUCTURE, PREVIEW, what EMAILID is made of; size.
SELECT p.uid, p.modseq, p.flags, p.keywords, p.received_at, p.zone, p.mailbox_message_id,
       p.thread_id, c.crlf_size, v.id AS variant_id,
       CASE WHEN :identity THEN c.prefix END AS prefix,
       CASE WHEN :identity OR :structure THEN c.private_fields END AS private_fields,
       CASE WHEN :preview THEN v.summary END AS summary,
       CASE WHEN :structure THEN v.envelope END AS envelope,
       CASE WHEN :structure THEN v.body_structure END AS body_structure,
       k.wrapped, k.generation
  FROM folder_messages p
  JOIN mailbox_messages c
    ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
 ORDER BY p.uid;

-- fetch_sizes --
-- RFC822.SIZE needs no decryption.
SELECT p.uid, p.modseq, p.flags, p.keywords, p.received_at, p.zone, p.mailbox_message_id,
       p.thread_id, c.crlf_size
  FROM folder_messages p
  JOIN mailbox_messages c
    ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
 ORDER BY p.uid;

-- fetch_headers --
-- Prefix and header; ENVELOPE and BODYSTRUCTURE only when they are asked for with them.
SELECT p.uid, p.modseq, p.flags, p.keywords, p.received_at, p.zone, p.mailbox_message_id,
       p.thread_id, c.size, c.crlf_size, c.prefix, c.private_fields, v.id AS variant_id, v.header,
       CASE WHEN :preview THEN v.summary END AS summary,
       CASE WHEN :structure THEN v.envelope END AS envelope,
       CASE WHEN :structure THEN v.body_structure END AS body_structure,
       k.wrapped, k.generation
  FROM folder_messages p
  JOIN mailbox_messages c
    ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
 ORDER BY p.uid;

-- fetch_full --
-- Everything; a body in a file comes as NULL.
SELECT p.uid, p.modseq, p.flags, p.keywords, p.received_at, p.zone, p.mailbox_message_id,
       p.thread_id, c.size, c.crlf_size, c.prefix, c.private_fields, v.id AS variant_id, v.header,
       CASE WHEN :preview THEN v.summary END AS summary,
       CASE WHEN :structure THEN v.envelope END AS envelope,
       CASE WHEN :structure THEN v.body_structure END AS body_structure,
       k.wrapped, k.generation,
       b.id AS blob_id, b.content, bk.wrapped AS blob_wrapped, bk.generation AS blob_generation
  FROM folder_messages p
  JOIN mailbox_messages c
    ON c.workspace_id = p.workspace_id AND c.id = p.mailbox_message_id
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
  JOIN blobs b ON b.workspace_id = v.workspace_id AND b.id = v.body_blob_id
  JOIN data_keys bk ON bk.workspace_id = b.workspace_id AND bk.record_id = b.id
 WHERE p.workspace_id = :workspace_id AND p.folder_id = :folder_id AND p.uid = ANY(:uids)
 ORDER BY p.uid;

-- read_stored --
-- The same by mailbox message: what its bytes are made of, for the page, export and search.
SELECT c.id AS mailbox_message_id, c.prefix, c.private_fields, v.id AS variant_id, v.header,
       k.wrapped, k.generation, b.id AS blob_id, b.content,
       bk.wrapped AS blob_wrapped, bk.generation AS blob_generation
  FROM mailbox_messages c
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
  JOIN blobs b ON b.workspace_id = v.workspace_id AND b.id = v.body_blob_id
  JOIN data_keys bk ON bk.workspace_id = b.workspace_id AND bk.record_id = b.id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids);

-- describe_copies --
-- What listeners need, without header and body.
SELECT c.id AS mailbox_message_id, c.mailbox_id, c.message_id, c.thread_id, c.direction, c.door,
       c.received_at, c.submitted_by, v.id AS variant_id, v.subject, v.summary, v.sender,
       v.attachment_names, v.is_automatic, k.wrapped, k.generation, m.date
  FROM mailbox_messages c
  JOIN variants v ON v.workspace_id = c.workspace_id AND v.id = c.variant_id
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.id = v.message_id
  JOIN data_keys k ON k.workspace_id = v.workspace_id AND k.record_id = v.id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids);

-- people_of_copies --
-- Everyone named in these mailbox messages, hidden recipients included.
SELECT c.id AS mailbox_message_id, p.role, p.position, a.id AS address_id, a.address
  FROM mailbox_messages c
  JOIN variant_people p ON p.workspace_id = c.workspace_id AND p.variant_id = c.variant_id
  JOIN addresses a ON a.workspace_id = p.workspace_id AND a.id = p.address_id
 WHERE c.workspace_id = :workspace_id AND c.id = ANY(:mailbox_message_ids)
UNION ALL
SELECT h.mailbox_message_id, 5, h.position, a.id, a.address
  FROM mailbox_message_people h
  JOIN addresses a ON a.workspace_id = h.workspace_id AND a.id = h.address_id
 WHERE h.workspace_id = :workspace_id AND h.mailbox_message_id = ANY(:mailbox_message_ids)
 ORDER BY 1, 2, 3;
