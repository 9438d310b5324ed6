"""A connection that reads lines."""

from posthouse.protocols.pop3.lines import LineReader
from posthouse.servers import connection


class Connection(connection.Connection[LineReader]):
    """Commands, and the client's side of a SASL exchange."""

    def __init__(self, *, write_timeout: float) -> None:
        super().__init__(LineReader(), write_timeout=write_timeout)

    async def next_line(self, limit: int, patience: float) -> bytes:
        """Raises TooSlow, ClientGone, LineTooLong."""
        return await self.pulled(lambda: self.reader.next_line(limit), patience)
