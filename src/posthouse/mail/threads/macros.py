"""SQL that several statements share: who is related to messages that come in, who to nobody."""

# Stored messages that bear or name any of the Message-IDs in :{}, with the size of their threads.
# Each probe is limited, so that no plan reads a table, and a thread is counted once. Each key is
# capped: of thousands that name one the newest are looked at, for the older ones fill a thread in
# which there is no room.
RELATIVES_MACROS = {
    "relatives_of": """asked AS MATERIALIZED (
    SELECT key FROM unnest(:{}::bytea[]) AS asked (key)
), found AS (
    SELECT bearer.id, NULL::bytea AS named
      FROM asked
     CROSS JOIN LATERAL (SELECT m.id FROM messages m
                          WHERE m.workspace_id = :workspace_id AND m.message_id_key = asked.key
                          LIMIT 10) bearer
    UNION ALL
    SELECT naming.message_id, asked.key
      FROM asked
     CROSS JOIN LATERAL (SELECT r.message_id FROM message_references r
                          WHERE r.workspace_id = :workspace_id AND r.message_id_key = asked.key
                          ORDER BY r.message_id DESC LIMIT 50) naming
), relatives AS MATERIALIZED (
    SELECT one.*, m.message_id_key, m.subject_key, m.is_reply, m.thread_id
      FROM (SELECT id, array_remove(array_agg(named), NULL) AS reference_keys
              FROM found GROUP BY id) one
     CROSS JOIN LATERAL (SELECT m.message_id_key, m.subject_key, m.is_reply, m.thread_id
                           FROM messages m
                          WHERE m.workspace_id = :workspace_id AND m.id = one.id
                          LIMIT 1) m
), standing AS MATERIALIZED (
    SELECT one.thread_id, t.joined_id,
           (SELECT count(*) FROM (SELECT 1 FROM messages s
                                   WHERE s.workspace_id = :workspace_id
                                     AND s.thread_id = one.thread_id LIMIT 501) counted) AS size
      FROM (SELECT DISTINCT thread_id FROM relatives) one
     CROSS JOIN LATERAL (SELECT coalesce(t.merged_into, t.id) AS joined_id FROM threads t
                          WHERE t.workspace_id = :workspace_id AND t.id = one.thread_id
                          LIMIT 1) t
), related AS (
    SELECT r.id, r.message_id_key, r.subject_key, r.is_reply, r.reference_keys,
           s.joined_id AS thread_id, s.size
      FROM relatives r JOIN standing s ON s.thread_id = r.thread_id
)""",
}

# Of the thread {}: nothing is in it, nor in one that has merged into it and has yet to follow. One
# that has merged itself is kept as long as the other: addresses of pages and entries of the log
# lead there.
NEEDLESS_MACROS = {
    "nobody_needs": """(
    NOT EXISTS (SELECT FROM messages m
                 WHERE m.workspace_id = :workspace_id AND m.thread_id = {}.id)
    AND NOT EXISTS (SELECT FROM mailbox_messages c
                     WHERE c.workspace_id = :workspace_id AND c.thread_id = {}.id)
    AND NOT EXISTS (SELECT FROM folder_messages p
                     WHERE p.workspace_id = :workspace_id AND p.thread_id = {}.id)
    AND NOT EXISTS (SELECT FROM threads old
                      JOIN messages m ON m.workspace_id = old.workspace_id AND m.thread_id = old.id
                     WHERE old.workspace_id = :workspace_id AND old.merged_into = {}.id)
    AND NOT EXISTS (SELECT FROM threads new
                     WHERE new.workspace_id = :workspace_id AND new.id = {}.merged_into))""",
}
