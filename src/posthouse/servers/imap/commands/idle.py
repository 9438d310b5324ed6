"""IDLE (RFC 2177): changes are told as they come, until the client says DONE."""

import asyncio
import random

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import responses
from posthouse.protocols.imap.errors import BadCommand
from posthouse.servers.imap.connection import TooSlow
from posthouse.servers.imap.session import Done, Session

_LONGEST_LINE = 100


async def idle(session: Session, command: c.Idle) -> Done:
    session.connection.write(responses.continuation(b"Waiting"))
    loop = asyncio.get_running_loop()
    until = loop.time() + session.context.limits.idle
    while (line := session.connection.received_line(_LONGEST_LINE)) is None:
        await session.tell_news(command)
        await session.connection.drain()
        left = until - loop.time()
        if left <= 0:
            raise TooSlow
        # A lost signal is made up for by looking again, not all sessions at the same moment.
        pause = session.context.limits.look_again * random.uniform(0.8, 1.2)
        try:
            await session.wait_for_news(min(left, pause))
        except TooSlow:
            continue
    if line.upper() != b"DONE":
        raise BadCommand("Expected DONE")
    return Done("Idled")
