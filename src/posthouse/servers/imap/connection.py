"""A connection that reads IMAP: commands, and the lines between them, perhaps deflated."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from posthouse.protocols.imap.deflate import BrokenStream, Deflate
from posthouse.protocols.imap.reader import CommandReader, Event
from posthouse.servers import connection
from posthouse.servers.connection import ClientGone, TooSlow

__all__ = ["ClientGone", "Connection", "TooSlow"]

_AT_ONCE = 32 * 1024  # deflated on the event loop; a millisecond

T = TypeVar("T")


class Connection(connection.Connection[CommandReader]):
    """Commands as events of the reader."""

    def __init__(self, *, write_timeout: float) -> None:
        super().__init__(CommandReader(), write_timeout=write_timeout)
        self._deflate: Deflate | None = None
        self._written: deque[bytes] = deque()  # what is still to be deflated, in a thread

    @property
    def compressed(self) -> bool:
        return self._deflate is not None

    def compress(self) -> None:
        """Deflate both ways from here on (RFC 4978)."""
        self._deflate = Deflate()

    def received(self) -> Event | None:
        """The next event of what has come so far."""
        return self.pull(self.reader.next_event)

    async def next_event(self, patience: float) -> Event:
        """Raises TooSlow, ClientGone."""
        event: Event = await self.pulled(self.reader.next_event, patience)
        return event

    def received_line(self, limit: int) -> bytes | None:
        """A line outside the command grammar, if one has come. Raises BadCommand."""
        return self.pull(lambda: self.reader.next_line(limit))

    async def next_line(self, limit: int, patience: float) -> bytes:
        """The same, as soon as it comes. Raises TooSlow, ClientGone, BadCommand."""
        return await self.pulled(lambda: self.reader.next_line(limit), patience)

    # -- deflated -----------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._deflate is None:
            super().data_received(data)
            return
        self._deflate.feed(data)
        self.attention.set()
        self.mind_the_brake(self._deflate.waiting)

    def pull(self, take: Callable[[], T]) -> T:
        taken = super().pull(take)
        while taken is None and self._deflate is not None and self._deflate.waiting:
            try:
                super().data_received(self._deflate.inflate())
            except BrokenStream:
                self.abort()
                raise ClientGone from None
            taken = super().pull(take)
        return taken

    def write(self, octets: bytes) -> None:
        if self._deflate is None:
            super().write(octets)
        elif self._written or len(octets) > _AT_ONCE:
            self._written.append(octets)
        else:
            super().write(self._deflate.deflate(octets))

    async def drain(self) -> None:
        while self._written and self._deflate is not None:
            octets = await asyncio.to_thread(self._deflate.deflate, self._written[0])
            self._written.popleft()
            super().write(octets)
            await super().drain()
        await super().drain()

    def close(self) -> None:
        while self._written and self._deflate is not None:
            super().write(self._deflate.deflate(self._written.popleft()))
        super().close()
