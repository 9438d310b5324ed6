-- find_known --
-- The one lookup of a batch: which contents, identities, bodies, addresses and sources are here, and
-- which messages its own may be threaded with.
WITH {{relatives_of thread_keys}}
SELECT 'variant' AS kind, v.digest AS key, v.id, v.message_id, m.thread_id,
       NULL::bytea AS message_id_key, NULL::bytea AS subject_key, NULL::boolean AS is_reply,
       NULL::bytea[] AS reference_keys, NULL::bigint AS size
  FROM variants v
  JOIN messages m ON m.workspace_id = v.workspace_id AND m.id = v.message_id
 WHERE v.workspace_id = :workspace_id AND v.digest = ANY(:digests)
UNION ALL
SELECT 'message', identity, id, id, thread_id, NULL, NULL, NULL, NULL, NULL
  FROM messages WHERE workspace_id = :workspace_id AND identity = ANY(:identities)
UNION ALL
SELECT 'blob', digest, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM blobs WHERE workspace_id = :workspace_id AND digest = ANY(:blob_digests)
UNION ALL
SELECT 'address', NULL, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM addresses WHERE workspace_id = :workspace_id AND id = ANY(:address_ids)
UNION ALL
SELECT 'source', source_key, mailbox_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM mailbox_messages
 WHERE workspace_id = :workspace_id AND mailbox_id = ANY(:source_mailboxes)
   AND source_key = ANY(:source_keys)
UNION ALL
SELECT 'relative', NULL, id, NULL, thread_id, message_id_key, subject_key, is_reply,
       reference_keys, size
  FROM related;

-- file_batch --
-- The one write of a batch. Folders are locked in id order (no deadlock between batches), uids and
-- modseqs are taken from the locked rows. Unique violations mean that another writer was first:
-- the caller looks up again.
WITH locked AS MATERIALIZED (
    SELECT id FROM folders
     WHERE workspace_id = :workspace_id AND id = ANY(:folder_ids::uuid[])
     ORDER BY id FOR UPDATE
), places AS MATERIALIZED (
    SELECT folder_id, mailbox_message_id, thread_id, received_at, zone, flags, keywords, octets,
           row_number() OVER (PARTITION BY folder_id ORDER BY position) - 1 AS nth
      FROM unnest(:folder_ids::uuid[], :mailbox_message_ids::uuid[], :thread_ids::uuid[],
                  :received_ats::timestamptz[], :zones::smallint[], :flags::smallint[],
                  :keywords::text[], :crlf_sizes::bigint[])
           WITH ORDINALITY AS place (folder_id, mailbox_message_id, thread_id, received_at, zone,
                                     flags, keywords, octets, position)
), bumped AS (
    UPDATE folders f
       SET uid_next = f.uid_next + new.count,
           highest_modseq = f.highest_modseq + 1,
           message_count = f.message_count + new.count,
           octets = f.octets + new.octets
      FROM (SELECT folder_id, count(*) AS count, sum(octets)::bigint AS octets
              FROM places GROUP BY folder_id) new
      JOIN locked ON locked.id = new.folder_id
     WHERE f.workspace_id = :workspace_id AND f.id = new.folder_id
    RETURNING f.id, f.uid_next - new.count AS first_uid, f.highest_modseq
), new_keys AS (
    INSERT INTO data_keys (workspace_id, record_id, generation, wrapped)
    SELECT :workspace_id, * FROM unnest(:key_ids::uuid[], :key_generations::smallint[],
                                        :key_values::bytea[])
), new_blobs AS (
    INSERT INTO blobs (workspace_id, id, digest, size, content)
    SELECT :workspace_id, * FROM unnest(:blob_ids::uuid[], :new_blob_digests::bytea[],
                                        :blob_sizes::bigint[], :blob_contents::bytea[])
), new_threads AS (
    INSERT INTO threads (workspace_id, id, algorithm_version)
    SELECT :workspace_id, id, :algorithm_version FROM unnest(:new_threads::uuid[]) AS new (id)
), new_addresses AS (
    INSERT INTO addresses (workspace_id, id, address, domain_key)
    SELECT :workspace_id, * FROM unnest(:new_address_ids::uuid[], :address_values::bytea[],
                                        :address_domains::bytea[])
    ON CONFLICT DO NOTHING
), new_messages AS (
    INSERT INTO messages (workspace_id, id, identity, message_id_key, subject_key, is_reply,
                          thread_id, date)
    SELECT :workspace_id, * FROM unnest(:message_ids::uuid[], :new_identities::bytea[],
           :message_id_keys::bytea[], :subject_keys::bytea[], :are_replies::boolean[],
           :message_threads::uuid[], :dates::timestamptz[])
), new_references AS (
    INSERT INTO message_references (workspace_id, message_id_key, message_id)
    SELECT :workspace_id, * FROM unnest(:reference_keys::bytea[], :reference_messages::uuid[])
), new_variants AS (
    INSERT INTO variants (workspace_id, id, message_id, digest, body_blob_id, header, envelope,
                          body_structure, part_tree, subject, summary, sender, attachment_names,
                          attachment_count, is_automatic, header_size, size, crlf_size)
    SELECT :workspace_id, * FROM unnest(:variant_ids::uuid[], :variant_messages::uuid[],
           :new_digests::bytea[], :variant_blobs::uuid[], :headers::bytea[], :envelopes::bytea[],
           :body_structures::bytea[], :part_trees::bytea[], :subjects::bytea[],
           :summaries::bytea[], :senders::bytea[], :attachment_names::bytea[],
           :attachment_counts::smallint[], :are_automatic::boolean[], :header_sizes::integer[],
           :variant_sizes::bigint[], :variant_crlf_sizes::bigint[])
), new_people AS (
    INSERT INTO variant_people (workspace_id, variant_id, role, position, address_id)
    SELECT :workspace_id, * FROM unnest(:people_variants::uuid[], :people_roles::smallint[],
           :people_positions::smallint[], :people_addresses::uuid[])
), new_mailbox_messages AS (
    INSERT INTO mailbox_messages (workspace_id, id, mailbox_id, variant_id, message_id, thread_id,
                                  direction, door, received_at, prefix, private_fields, verdict,
                                  size, crlf_size, open_ended, source_key, submitted_by)
    SELECT :workspace_id, * FROM unnest(:mailbox_message_ids::uuid[], :mailbox_ids::uuid[],
           :copy_variants::uuid[], :copy_messages::uuid[], :thread_ids::uuid[],
           :directions::text[], :doors::text[], :received_ats::timestamptz[], :prefixes::bytea[],
           :private_fields::bytea[], :verdicts::bytea[], :sizes::bigint[], :crlf_sizes::bigint[],
           :are_open_ended::boolean[], :new_source_keys::bytea[], :submitted_bys::uuid[])
), new_bcc AS (
    INSERT INTO mailbox_message_people (workspace_id, mailbox_message_id, position, address_id)
    SELECT :workspace_id, * FROM unnest(:bcc_copies::uuid[], :bcc_positions::smallint[],
                                        :bcc_addresses::uuid[])
)
INSERT INTO folder_messages (workspace_id, folder_id, uid, mailbox_message_id, thread_id,
                             received_at, zone, flags, keywords, modseq)
SELECT :workspace_id, places.folder_id, bumped.first_uid + places.nth, places.mailbox_message_id,
       places.thread_id, places.received_at, places.zone, places.flags,
       places.keywords::smallint[], bumped.highest_modseq
  FROM places JOIN bumped ON bumped.id = places.folder_id
RETURNING mailbox_message_id, uid;
