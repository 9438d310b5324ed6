"""A connection that reads commands."""

from posthouse.protocols.managesieve.reader import CommandReader, Word
from posthouse.servers import connection


class Connection(connection.Connection[CommandReader]):
    """Commands, and the client's side of a SASL exchange, which looks like one."""

    def __init__(self, *, write_timeout: float) -> None:
        super().__init__(CommandReader(), write_timeout=write_timeout)

    async def next_command(self, patience: float) -> list[Word]:
        """Raises TooSlow, ClientGone, BadCommand, Overlong."""
        return await self.pulled(self.reader.next_command, patience)
