"""SQL that walking and asking the index share: what must hold of a candidate besides its words."""

_OWN_CHUNKS = """search_chunks s
                WHERE s.workspace_id = :workspace_id AND s.variant_id = {}.variant_id
                  AND s.mailbox_message_id IN ({}.id, '00000000-0000-0000-0000-000000000000'::uuid)
                  AND """

SEARCH_MACROS = {
    "is_among": """(:among::text IS NULL
                OR EXISTS (SELECT 1 FROM together OFFSET :few)
                   AND ({}.variant_id IN (SELECT variant_id FROM together)) IS TRUE)""",
    # Compared so that one walk down the primary key finds all rows of a variant, of which there is
    # hardly ever more than one: looking for each exactly costs as much as the words themselves.
    "has_words": """(:words::text IS NULL OR EXISTS (
        SELECT 1 FROM search_chunks s
         WHERE s.workspace_id = :workspace_id AND s.variant_id = {}.variant_id
           AND (s.mailbox_message_id = {}.id OR s.mailbox_message_id
                IS NOT DISTINCT FROM '00000000-0000-0000-0000-000000000000'::uuid)
           AND s.chunk IS NOT DISTINCT FROM 0 AND s.tsv @@ :words::text::tsquery))""",
    # The first chunk has said yes; of a message in several chunks it cannot know the phrases.
    "has_phrases": f"""(NOT :in_parts::boolean
        OR NOT EXISTS (SELECT 1 FROM {_OWN_CHUNKS} s.chunk = 1)
        OR (NOT EXISTS (
                SELECT 1 FROM unnest(:phrases::text[]) AS wanted (phrase)
                 WHERE NOT EXISTS (
                    SELECT 1 FROM {_OWN_CHUNKS} s.tsv @@ wanted.phrase::tsquery))
            AND NOT EXISTS (
                SELECT 1 FROM unnest(:unwanted::text[]) AS unwanted (phrase)
                 WHERE EXISTS (
                    SELECT 1 FROM {_OWN_CHUNKS} s.tsv @@ unwanted.phrase::tsquery))))""",
    # What has left every folder is deleted. A scalar query: as a join it would read all folders.
    "is_placed": """(SELECT true FROM folder_messages p
             LEFT JOIN member_seen seen
               ON seen.workspace_id = p.workspace_id AND seen.folder_id = p.folder_id
              AND seen.uid = p.uid AND seen.member_id = :reach_member
            WHERE p.workspace_id = :workspace_id AND p.mailbox_message_id = {}.id
              AND (:folder_ids::uuid[] IS NULL OR p.folder_id = ANY(:folder_ids))
              AND (p.flags & :flags_set::smallint) = :flags_set::smallint
              AND (p.flags & (:flags_clear::smallint | 32::smallint)) = 0
              AND NOT (:unread::boolean AND coalesce(seen.seen, false))
            LIMIT 1)""",
}
