"""BDAT: a message in chunks of announced size, without dots and without an end mark (RFC 3030)."""

import re

from posthouse.protocols.smtp.content import Content

# RFC 3030 2: chunk-size is 1*DIGIT; twenty hold every 64-bit number, as in RFC 1870 4.
_ARGUMENT = re.compile(r"([0-9]{1,20})(?: +(LAST))?", re.IGNORECASE)


class BadChunk(ValueError):
    """The argument of BDAT cannot be read, so nobody knows where the next command begins."""


def parse_bdat(argument: str) -> tuple[int, bool]:
    """`chunk-size [LAST]` → the octets that follow, and whether they are the last."""
    match = _ARGUMENT.fullmatch(argument)
    if match is None:
        raise BadChunk(argument[:40])
    return int(match[1]), match[2] is not None


class ChunkReader(Content):
    """Receives the chunks of one message. Only the announced sizes say where it ends.

    A CRLF may be cut by the end of a chunk: what is bare is judged as if there were no chunks.
    Chunks that were refused are read and forgotten (RFC 3030 4.2).
    """

    __slots__ = ("_forget", "_pending", "announced", "left")

    def __init__(self, limit: int, *, normalise: bool) -> None:
        """See `Content`."""
        super().__init__(limit, normalise=normalise)
        self._pending = b""
        self._forget = False
        self.announced = self.left = 0

    def begin(self, size: int, *, forget: bool) -> None:
        """So many octets follow; `received` counts those of this chunk."""
        self.announced = self.left = size
        self.received = 0
        self._forget = forget

    def feed(self, data: bytes) -> bytes | None:
        """Take bytes. Answers None until the chunk is whole, then the bytes behind it."""
        mine = data[: self.left]
        self.left -= len(mine)
        self.received += len(mine)
        if not self._forget:
            self._take(mine)
        return data[len(mine) :] if self.left == 0 else None

    def end(self) -> None:
        """The last chunk is whole. A line that was not ended ends here, as DATA would have it."""
        if self._pending:
            self._keep(self._pending)
            self._pending = b""
        if self._pieces and not self._pieces[-1].endswith(b"\r\n"):
            self._keep(b"\r\n")

    def _take(self, data: bytes) -> None:
        work = self._pending + data
        cut = len(work) - work.endswith(b"\r")
        self._pending = work[cut:]
        if cut:
            self._keep(work[:cut])
