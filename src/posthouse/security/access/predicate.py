"""The one predicate over mail: used alike by list, read, search, count, notification and export.

    SQL = load_queries("posthouse.mail.listing", macros=READABLE_MACROS)

    SELECT … FROM mailbox_messages mm
     WHERE mm.workspace_id = :workspace_id AND {{readable mm}}

    reach = await reach_of(tx, actor)
    await tx.rows(SQL["…"], workspace_id=tx.workspace, **reach.parameters())

`{{readable mm}}` holds for the messages that may be read in full; `reach.parameters(level)` asks
for less (`metadata` for a list), and `levels_of` then says what may be shown of each row. Whole
mailboxes come first: for their reader the grants are never looked at.
"""

# Uncorrelated on purpose: PostgreSQL hashes it once a statement. Expiry by the database's clock.
_GRANTED_THREADS = """
    SELECT g.mailbox_id, g.thread_id FROM grants g
     WHERE g.workspace_id = :workspace_id AND g.member_id = :reach_member
       AND g.thread_id IS NOT NULL AND g.level = ANY(:reach_levels::text[])
       AND (g.expires_at IS NULL OR g.expires_at > now())"""

READABLE_MACROS = {
    "readable": f"""({{}}.mailbox_id = ANY(:reach_mailboxes::uuid[])
    OR ({{}}.mailbox_id, {{}}.thread_id) IN ({_GRANTED_THREADS}))""",
}
