"""Cuts what a server sends into responses: lines, with the literals inside them (RFC 3501 4.3)."""

import re
from dataclasses import dataclass

# Text, literal, text, literal … text: the marker `{n}` is taken off the end of a text.
Frame = tuple[bytes, ...]

_MARKER = re.compile(rb"~?\{(\d{1,19})\+?\}\Z")
# The text behind a condition is for people and may end like a literal (RFC 3501 7.1, 7.5).
_WORDS_FOLLOW = re.compile(rb"\+|\S+ +(?:OK|NO|BAD|BYE|PREAUTH)(?:\s|\Z)", re.IGNORECASE)


class BadStream(Exception):
    """The server sends more than is taken, or what is not IMAP: nothing after it can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """In octets, and literals of one response."""

    line: int
    literal: int
    literals: int


# Who has not signed us in yet has little to say.
BEFORE_SIGN_IN = Limits(line=64 * 1024, literal=64 * 1024, literals=16)
# A line of 16 MiB is a SEARCH over two million UIDs.
SIGNED_IN = Limits(line=16 << 20, literal=256 << 20, literals=10_000)


class FrameReader:
    """Feed octets as they come, pull whole responses. Holds nothing while nothing waits."""

    __slots__ = ("_buffer", "_looked_to", "_pieces", "_size", "_wanted", "limits")

    def __init__(self, limits: Limits = BEFORE_SIGN_IN) -> None:
        self.limits = limits
        self._buffer = bytearray()
        self._looked_to = 0  # no end of line before this
        self._pieces: list[bytes] = []
        self._wanted = -1  # octets of the literal that comes; -1 for a line
        self._size = 0  # of the lines of this response

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def __len__(self) -> int:
        """Octets that came and were not pulled."""
        return len(self._buffer)

    def discard(self) -> None:
        """Forget everything received: nothing said before TLS counts after it."""
        self._buffer = bytearray()
        self._pieces = []
        self._looked_to, self._wanted, self._size = 0, -1, 0

    def pull(self) -> Frame | None:
        """The next response, None until it has come in full. Raises BadStream."""
        while True:
            if self._wanted >= 0:
                if not self._take_literal():
                    return None
            elif (line := self._take_line()) is None:
                return None
            elif self._ends(line):
                frame = (*self._pieces, line)
                self._pieces, self._size = [], 0
                if frame != (b"",):  # some send an empty line behind a literal
                    return frame

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._looked_to)
        if end < 0:
            self._looked_to = len(self._buffer)
            self._allow_line(self._looked_to)
            return None
        self._allow_line(end)
        self._size += end
        stop = end - 1 if end and self._buffer[end - 1] == 13 else end
        line = bytes(memoryview(self._buffer)[:stop])
        self._drop(end + 1)
        return line

    def _allow_line(self, length: int) -> None:
        if self._size + length > self.limits.line:
            raise BadStream("a response without an end")

    def _ends(self, line: bytes) -> bool:
        """Whether the response ends with this line; if not, a literal is awaited."""
        if not line.endswith(b"}"):
            return True
        marker = _MARKER.search(line, max(0, len(line) - 24))
        if marker is None or (not self._pieces and _WORDS_FOLLOW.match(line)):
            return True
        self._wanted = int(marker[1])
        if self._wanted > self.limits.literal:
            raise BadStream("a literal that is too large")
        if len(self._pieces) >= 2 * self.limits.literals:
            raise BadStream("too many literals")
        self._pieces.append(line[: marker.start()])
        return False

    def _take_literal(self) -> bool:
        if len(self._buffer) < self._wanted:
            return False
        self._pieces.append(bytes(memoryview(self._buffer)[: self._wanted]))
        self._drop(self._wanted)
        self._wanted = -1
        return True

    def _drop(self, octets: int) -> None:
        if octets == len(self._buffer):
            self._buffer = bytearray()  # and its room
        else:
            del self._buffer[:octets]  # moves nothing: a bytearray may begin later
        self._looked_to = 0
