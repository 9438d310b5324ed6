"""Cuts the other side's bytes into lines, whatever the chunks."""

from posthouse.protocols.pop3.errors import LineTooLong

# RFC 2449 4 gives commands 255 octets. Programs do not keep to it when a long password goes with
# AUTH PLAIN.
LONGEST_COMMAND = 1_024
# RFC 5034 4: as long as the mechanisms need, whatever the limit of commands.
LONGEST_RESPONSE = 12_288


class LineReader:
    """Feed bytes, then pull lines until there are none."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # no line end before this offset

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def __len__(self) -> int:
        """Octets received and not yet pulled."""
        return len(self._buffer)

    def take(self) -> bytes:
        """Everything received and not yet pulled, as it is."""
        taken = bytes(self._buffer)
        self.discard()
        return taken

    def discard(self) -> None:
        """Forget everything received (RFC 2595 4: nothing said before TLS counts after it)."""
        self._buffer.clear()
        self._searched = 0

    def next_line(self, limit: int) -> bytes | None:
        """A line without its end, which may be a bare LF; None until it is whole.

        Raises LineTooLong beyond `limit` octets.
        """
        end = self._buffer.find(b"\n", self._searched)
        if (len(self._buffer) if end < 0 else end) > limit + 1:
            raise LineTooLong
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line.removesuffix(b"\r")
