"""SQL that several statements share: a folder message as one member sees it."""

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
