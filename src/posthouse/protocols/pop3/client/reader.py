"""Cuts what a server says into status lines, listed lines and messages, whatever the chunks."""

from posthouse.protocols.pop3.client.replies import Challenge, Status, read_status
from posthouse.protocols.pop3.client.unstuffing import Unstuffer
from posthouse.protocols.pop3.errors import BadResponse, LineTooLong
from posthouse.protocols.pop3.lines import LineReader

# RFC 2449 4 gives a response 512 octets. A challenge, or an excuse in Chinese, may be longer.
LONGEST_LINE = 8_192


class ResponseReader:
    """Feed bytes; ask for what the command that was sent is answered with.

    Everything answers None until more bytes are there, and raises BadResponse for nonsense.
    """

    def __init__(self) -> None:
        self._lines = LineReader()
        self._unstuffer: Unstuffer | None = None

    def feed(self, data: bytes) -> None:
        self._lines.feed(data)

    @property
    def idle(self) -> bool:
        """Nothing is there that nobody asked for."""
        return not len(self._lines)

    def status(self) -> Status | Challenge | None:
        """The first line of a response."""
        line = self._line()
        return None if line is None else read_status(line)

    def listed(self) -> bytes | None:
        """A line of a listing; the line `.` is its end."""
        line = self._line()
        if line is None or line == b".":
            return line
        return line[1:] if line.startswith(b".") else line

    def piece(self) -> tuple[bytes, bool]:
        """What is there of a message, and whether it is all that was left of it."""
        if self._unstuffer is None:
            self._unstuffer = Unstuffer()
        octets = self._unstuffer.feed(self._lines.take())
        if (rest := self._unstuffer.rest) is None:
            return octets, False
        self._lines.feed(rest)
        self._unstuffer = None
        return octets, True

    def discard(self) -> None:
        """Forget what came (RFC 2595 4: nothing said before TLS counts after it)."""
        self._lines.discard()

    def _line(self) -> bytes | None:
        try:
            return self._lines.next_line(LONGEST_LINE)
        except LineTooLong:
            raise BadResponse("The server's line does not end") from None
