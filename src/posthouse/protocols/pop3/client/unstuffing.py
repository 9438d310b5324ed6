"""A message as it comes over the wire → its octets, piece by piece (RFC 1939 3).

Memory and time do not depend on how the server cuts it: a piece is given on at once but for the
few octets that could be the beginning of the end.
"""

from dataclasses import dataclass

# A server that has not ended its first line by then has said what its lines end with: nothing.
_LONGEST_FIRST_LINE = 8 * 1024


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What lines end with; `end` are the ways in which the last one, the dot, may stand there."""

    line_end: bytes
    ends: tuple[bytes, ...]


_CRLF = _Dialect(b"\r\n", (b"\r\n.\r\n",))
# A server that gives its files on as they lie there has bare LFs, and its dot may have a CR.
_LF = _Dialect(b"\n", (b"\n.\n", b"\n.\r\n"))


class Unstuffer:
    """Feed what comes behind the status line until `rest` is there.

    The first line end tells what lines end with. It is the server's own (trace fields stand on
    top), while a bare LF farther down is a stranger's: were `LF . LF` believed to be the end in a
    message with CRLFs, its writer could say the server's next answers himself.
    """

    def __init__(self) -> None:
        self.rest: bytes | None = None
        self._held = b""
        self._dialect: _Dialect | None = None
        # The response begins at a line's beginning: as if the end of another one stood before it.
        self._ahead = 0

    def feed(self, data: bytes) -> bytes:
        """The message's octets as far as they are certain. `rest` is what follows the end."""
        data = self._held + data
        if self._dialect is None:
            self._dialect = _dialect_of(data)
            if self._dialect is None:
                self._held = data
                return b""
            data = self._dialect.line_end + data
            self._ahead = len(self._dialect.line_end)
        found = _first(data, self._dialect.ends)
        if found is not None:
            start, end = found
            self._held, self.rest = b"", data[end:]
            return self._given(data[: start + len(self._dialect.line_end)])
        kept = _undecided(data, self._dialect.ends)
        self._held = data[len(data) - kept :]
        return self._given(data[: len(data) - kept])

    def _given(self, data: bytes) -> bytes:
        assert self._dialect is not None
        line_end = self._dialect.line_end
        if line_end + b"." in data:  # asking is cheaper than replacing nothing
            data = data.replace(line_end + b".", line_end)
        ahead, self._ahead = self._ahead, max(self._ahead - len(data), 0)
        return data[ahead:]


def _dialect_of(data: bytes) -> _Dialect | None:
    """None until a line has ended."""
    end = data.find(b"\n")
    if end < 0:
        return None if len(data) < _LONGEST_FIRST_LINE else _CRLF
    return _CRLF if data[end - 1 : end] == b"\r" else _LF


def _first(data: bytes, ends: tuple[bytes, ...]) -> tuple[int, int] | None:
    """Where the first of `ends` begins and where it is over."""
    found = [(start, start + len(end)) for end in ends if (start := data.find(end)) >= 0]
    return min(found, default=None)


def _undecided(data: bytes, ends: tuple[bytes, ...]) -> int:
    """How many octets at the end may be the beginning of an end."""
    longest = max(len(end) for end in ends) - 1
    for count in range(longest, 0, -1):
        tail = data[-count:]
        if any(end.startswith(tail) for end in ends):
            return min(count, len(data))
    return 0
