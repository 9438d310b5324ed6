"""SEARCH, plain and with RETURN (RFC 3501 6.4.4, RFC 4731, RFC 5182)."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.esearch import Result
from posthouse.servers.imap.results import saving, tell_plainly, tell_wanted
from posthouse.servers.imap.searching import find
from posthouse.servers.imap.session import Done, Session


async def search(session: Session, command: c.Search) -> Done:
    by_uid, key, wanted = command.by_uid, command.key, command.returns
    with saving(session, wanted):
        found = await find(session, key)
    if wanted is None and session.enabled.rev2:  # RFC 9051 6.4.4: without RETURN, as with ALL
        wanted = frozenset({Result.ALL})
    if wanted is None:
        tell_plainly(session, b"SEARCH", found, key, by_uid=by_uid)
    else:
        tell_wanted(session, command.tag, found, key, wanted, by_uid=by_uid)
    return Done("Searched")
