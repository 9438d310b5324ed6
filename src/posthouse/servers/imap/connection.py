"""A connection that reads IMAP: commands, and the lines between them."""

from posthouse.protocols.imap.reader import CommandReader, Event
from posthouse.servers import connection
from posthouse.servers.connection import ClientGone, TooSlow

__all__ = ["ClientGone", "Connection", "TooSlow"]


class Connection(connection.Connection[CommandReader]):
    """Commands as events of the reader."""

    def __init__(self, *, write_timeout: float) -> None:
        super().__init__(CommandReader(), write_timeout=write_timeout)

    def received(self) -> Event | None:
        """The next event of what has come so far."""
        return self.pull(self.reader.next_event)

    async def next_event(self, patience: float) -> Event:
        """Raises TooSlow, ClientGone."""
        event: Event = await self.pulled(self.reader.next_event, patience)
        return event

    async def next_line(self, limit: int, patience: float) -> bytes:
        """A line outside the command grammar. Raises TooSlow, ClientGone, BadCommand."""
        return await self.pulled(lambda: self.reader.next_line(limit), patience)
