"""SEARCH, plain and with RETURN (RFC 3501 6.4.4, RFC 4731, RFC 5182)."""

from array import array

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.esearch import Result
from posthouse.servers.imap.results import tell_plainly, tell_wanted
from posthouse.servers.imap.searching import find
from posthouse.servers.imap.session import Done, Session


async def search(session: Session, command: c.Search) -> Done:
    if command.returns is None:
        found = await find(session, command.key)
        tell_plainly(session, b"SEARCH", found, command.key, by_uid=command.by_uid)
        return Done("Searched")
    try:
        found = await find(session, command.key)
    except BadCommand:
        raise
    except Exception:
        if Result.SAVE in command.returns:  # RFC 5182 2.1: after NO nothing is saved
            session.view.saved = array("I")
        raise
    tell_wanted(session, command.tag, found, command.key, command.returns, by_uid=command.by_uid)
    return Done("Searched")
