"""Which mail counts as exchanged with somebody.

Mail that lies only among drafts or junk does not. Mail that has left all folders does: a history
is not emptied with the trash.
"""

# Scalar sub-queries on purpose: an EXISTS under OR, or a join, may be hashed, and the hash is of
# all mail of the workspace.
_PLACES = """FROM folder_messages place
     WHERE place.workspace_id = :workspace_id AND place.mailbox_message_id = {}.id"""
_AMONG_REAL_MAIL = """place.flags & 16 = 0 AND coalesce((
        SELECT f.special_use FROM folders f
         WHERE f.workspace_id = :workspace_id AND f.id = place.folder_id), '')
        NOT IN ('drafts', 'junk')"""

EXCHANGED_MACROS = {
    "placed": f"(SELECT count(*) > 0 {_PLACES})",
    "exchanged": f"(SELECT count(*) = 0 OR bool_or({_AMONG_REAL_MAIL}) {_PLACES})",
}
