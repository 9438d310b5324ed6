"""The one predicate over mail: used alike by list, read, search, count, notification and export.

    SQL = load_queries("posthouse.mail.listing", macros=READABLE_MACROS)

    SELECT … FROM mailbox_messages mm
     WHERE mm.workspace_id = :workspace_id AND {{readable mm}}

    reach = await reach_of(tx, actor)
    await tx.rows(SQL["…"], workspace_id=tx.workspace, **reach.parameters())

`{{readable mm}}` holds for the messages that may be read in full; `reach.parameters(level)` asks
for less (`metadata` for a list), and `levels_of` then says what may be shown of each row. Whole
mailboxes come first: for their reader the grants are never looked at.

`{{readable_in fm}}` with `reach.parameters_in(mailbox_id, level)` says the same of rows that all
lie in one mailbox and only know their thread, such as folder_messages: a folder is then listed from
its index alone (a page of 200,000 messages takes 1 ms for who sees every hundredth; joined, 40).
"""

# Uncorrelated on purpose: PostgreSQL hashes it once a statement. Expiry by the database's clock.
_GRANTS = """FROM grants g
     WHERE g.workspace_id = :workspace_id AND g.member_id = :reach_member
       AND g.thread_id IS NOT NULL AND g.level = ANY(:reach_levels::text[])
       AND (g.expires_at IS NULL OR g.expires_at > now())"""

READABLE_MACROS = {
    "readable": f"""({{}}.mailbox_id = ANY(:reach_mailboxes::uuid[])
    OR ({{}}.mailbox_id, {{}}.thread_id) IN (SELECT g.mailbox_id, g.thread_id {_GRANTS}))""",
    "readable_in": f"""(:reach_whole::boolean
    OR {{}}.thread_id IN (SELECT g.thread_id {_GRANTS} AND g.mailbox_id = :reach_mailbox))""",
}
