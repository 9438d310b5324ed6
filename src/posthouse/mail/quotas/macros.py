"""SQL that several statements share: what a mailbox holds of what it may."""

ROOM_MACROS = {
    # A row per mailbox with a limit; the sums are over a handful of rows.
    "room_of": """LEFT JOIN LATERAL (
        SELECT coalesce(b.most_octets, w.most_octets) AS most_octets,
               coalesce(b.most_messages, w.most_messages) AS most_messages, b.full_since,
               (SELECT coalesce(sum(f.octets), 0)::bigint FROM folders f
                 WHERE f.workspace_id = b.workspace_id AND f.mailbox_id = b.id) AS octets,
               (SELECT coalesce(sum(f.message_count), 0)::bigint FROM folders f
                 WHERE f.workspace_id = b.workspace_id AND f.mailbox_id = b.id) AS messages
          FROM mailboxes b
          JOIN workspaces w ON w.id = b.workspace_id
         WHERE b.workspace_id = {}.workspace_id AND b.id = {}.mailbox_id
           AND (coalesce(b.most_octets, w.most_octets) > 0
                OR coalesce(b.most_messages, w.most_messages) > 0)) room ON true""",
}
