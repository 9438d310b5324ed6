"""Which mail counts as exchanged with somebody.

Mail that lies only among drafts or junk does not. Mail that has left all folders does: a history
is not emptied with the trash.
"""

_PLACES = """SELECT FROM folder_messages place
          JOIN folders f ON f.workspace_id = place.workspace_id AND f.id = place.folder_id
         WHERE place.workspace_id = :workspace_id AND place.mailbox_message_id = {}.id"""

EXCHANGED_MACROS = {
    "placed": f"EXISTS ({_PLACES})",
    "exchanged": f"""(NOT EXISTS ({_PLACES})
        OR EXISTS ({_PLACES} AND place.flags & 16 = 0
                   AND coalesce(f.special_use, '') NOT IN ('drafts', 'junk')))""",
}
