"""The TRANSACTION state (RFC 1939 5 and 7): what is there, its messages, marks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from posthouse.foundation import errors
from posthouse.protocols.pop3 import commands as c
from posthouse.protocols.pop3 import responses
from posthouse.servers.connection import ClientGone
from posthouse.servers.pop3.visit import Visit

if TYPE_CHECKING:
    from posthouse.servers.pop3.session import Session

_LINES_AT_ONCE = 2_000  # a few milliseconds of work


def in_all(visit: Visit) -> str:
    """`3 messages (4711 octets)`"""
    return f"{visit.count} messages ({visit.octets} octets)"


async def _stat(session: "Session", command: c.Stat) -> None:
    session.say(responses.ok(f"{session.visit.count} {session.visit.octets}"))


async def _list(session: "Session", command: c.List) -> None:
    """Sizes, as RETR sends them before dots are doubled."""
    sizes = session.visit.drop.sizes
    if command.number is not None:
        index = session.visit.index(command.number)
        session.say(responses.ok(f"{command.number} {sizes[index]}"))
        return
    await _list_all(session, lambda index: b"%d %d\r\n" % (index + 1, sizes[index]))


async def _uidl(session: "Session", command: c.Uidl) -> None:
    drop = session.visit.drop
    if command.number is not None:
        index = session.visit.index(command.number)
        session.say(responses.ok(f"{command.number} {drop.unique_id_at(index)}"))
        return
    await _list_all(
        session, lambda index: b"%d %s\r\n" % (index + 1, drop.unique_id_at(index).encode())
    )


async def _list_all(session: "Session", line: Callable[[int], bytes]) -> None:
    visit = session.visit
    session.say(responses.ok(in_all(visit)))
    for start in range(0, len(visit.drop), _LINES_AT_ONCE):
        indexes = range(start, min(start + _LINES_AT_ONCE, len(visit.drop)))
        session.say(b"".join(line(index) for index in indexes if not visit.is_deleted(index)))
        await session.connection.drain()
        await asyncio.sleep(0)
    session.say(responses.END)


async def _retr(session: "Session", command: c.Retr) -> None:
    """\\Seen stays as it is: a program that fetches is not a person who reads."""
    visit = session.visit
    index = visit.index(command.number)
    ready = await visit.take_ready(index)
    if ready is not None:
        session.say(ready)
    else:
        octets = await visit.whole(index)
        await _send(session, _octets_in(visit, index), octets)
    visit.make_ready(index + 1, partial(_response, visit))


def _response(visit: Visit, index: int, octets: bytes) -> bytes:
    return b"".join(responses.message(_octets_in(visit, index), octets))


def _octets_in(visit: Visit, index: int) -> str:
    return f"{visit.drop.sizes[index]} octets"


async def _top(session: "Session", command: c.Top) -> None:
    visit = session.visit
    index = visit.index(command.number)
    if command.lines == 0:
        await _send(session, "Header follows", await visit.header(index))
        return
    octets = await visit.whole(index)
    end = responses.end_of_lines(octets, responses.end_of_header(octets), command.lines)
    await _send(session, "Top of the message follows", octets[:end])


async def _send(session: "Session", text: str, octets: bytes) -> None:
    for number, piece in enumerate(responses.message(text, octets)):
        if number:
            await session.connection.drain()
            await _stay_or_hang_up(session)
        session.say(piece)


async def _stay_or_hang_up(session: "Session") -> None:
    """In the middle of a message nothing else can be said. Raises ClientGone."""
    try:
        await session.visit.stay()
    except errors.Busy:
        pass  # the next command asks again
    except errors.Refusal:
        session.connection.abort()
        raise ClientGone from None
    await asyncio.sleep(0)


async def _dele(session: "Session", command: c.Dele) -> None:
    session.visit.delete(session.visit.index(command.number))
    session.say(responses.ok("Marked"))


async def _noop(session: "Session", command: c.Noop) -> None:
    session.say(responses.ok("Nothing done"))


async def _rset(session: "Session", command: c.Rset) -> None:
    session.visit.undelete()
    session.say(responses.ok(in_all(session.visit)))


HANDLERS: Mapping[type[c.Command], Callable[["Session", Any], Awaitable[None]]] = {
    c.Stat: _stat,
    c.List: _list,
    c.Uidl: _uidl,
    c.Retr: _retr,
    c.Top: _top,
    c.Dele: _dele,
    c.Noop: _noop,
    c.Rset: _rset,
}
