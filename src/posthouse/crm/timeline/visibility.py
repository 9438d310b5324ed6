"""Which contacts a reader may know of.

Verified contacts belong to the whole workspace. One that mail alone made is known to who may read
that mail, so that nobody learns whom a colleague writes to privately, and to who decided
about it.
"""

from posthouse.security.access import READABLE_MACROS

_READABLE = READABLE_MACROS["readable"].replace("{}", "met")

# Not EXISTS: under OR it may be hashed, and the hash is of the whole log.
VISIBLE_MACROS = {
    "visible": f"""({{}}.state = 'verified' OR {{}}.decided_by = :reach_member OR (
        SELECT true FROM timeline_entries met
         WHERE met.workspace_id = :workspace_id AND met.contact_id = {{}}.id AND {_READABLE}
         LIMIT 1))"""
}
