"""SQL that several statements share: a folder message as one member sees it, what is recent."""

# \Seen in a shared mailbox is the member's own (member_seen); :member_id is NULL in a personal one.
SEEN_MACROS = {
    "seen_by_member": """{}.uid, {}.modseq,
       CASE WHEN :member_id::uuid IS NULL THEN {}.flags
            WHEN coalesce(s.seen, false) THEN {}.flags | 1::smallint
            ELSE {}.flags & ~1::smallint END AS flags,
       greatest({}.modseq, s.modseq) AS own_modseq,
       {}.keywords
  FROM folder_messages {}
  LEFT JOIN member_seen s
    ON s.workspace_id = {}.workspace_id AND s.folder_id = {}.folder_id
   AND s.member_id = :member_id AND s.uid = {}.uid""",
}

# One row: messages above this uid are \Recent to who asks (RFC 3501 2.3.2). With :claims they are
# so to nobody after him; without, they are only looked at; NULL asks for none. Who had to wait for
# another's claim gets what that one left. Nobody waits until a claim is on the disk: should a crash
# undo it, it is made again. So nothing else may be written in such a transaction.
RECENT_MACROS = {
    "recent_in": """claimed AS (
    UPDATE folder_recents {} SET claimed_after = {}.claimed_to, claimed_to = f.uid_next - 1
      FROM folders f
     WHERE :claims::boolean AND {}.workspace_id = :workspace_id AND {}.folder_id = :folder_id
       AND f.workspace_id = :workspace_id AND f.id = :folder_id AND {}.claimed_to < f.uid_next - 1
    RETURNING {}.claimed_after AS after, set_config('synchronous_commit', 'off', true)
), recent AS (
    SELECT after FROM claimed
    UNION ALL
    SELECT {}.claimed_to FROM folder_recents {}
     WHERE NOT :claims::boolean
       AND {}.workspace_id = :workspace_id AND {}.folder_id = :folder_id
)""",
}
