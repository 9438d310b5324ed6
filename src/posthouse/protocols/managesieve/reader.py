"""Cuts the client's bytes into commands (RFC 5804 4), whatever the chunks."""

import re

from posthouse.protocols.managesieve.errors import BadCommand, Overlong

LONGEST_LINE = 16 * 1024
# Larger than any script may be, so that one that is too large can be refused politely.
LONGEST_LITERAL = 1 << 20
_MOST_LITERALS = 8

_LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}\Z")
_WORD = re.compile(
    rb'[ \t]*(?:"((?:[^"\\]|\\["\\])*)"|([A-Za-z][A-Za-z0-9]*)|([0-9]{1,10}))(?=[ \t]|\Z)'
)
_ESCAPED = re.compile(rb'\\(["\\])')


class Atom(str):
    """A bare word, such as the name of a command: in capitals."""

    __slots__ = ()


# A string is bytes: a script, or UTF-8.
Word = Atom | bytes | int


class CommandReader:
    """Feed bytes, then pull commands until there are none."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._enough = 0  # fewer octets than these hold no whole command

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def __len__(self) -> int:
        """Octets received and not yet pulled."""
        return len(self._buffer)

    def discard(self) -> None:
        """Forget everything received: nothing said before TLS counts after it (2.2)."""
        self._buffer.clear()
        self._enough = 0

    def next_command(self) -> list[Word] | None:
        """The words of a line with its literals; None until it is whole.

        Raises BadCommand for a line that cannot be read, which is gone then, and Overlong.
        """
        if len(self._buffer) < self._enough:
            return None
        pieces: list[bytes] = []  # lines and literals in turn
        position = 0
        while True:
            end = self._buffer.find(b"\n", position)
            if (len(self._buffer) if end < 0 else end) - position > LONGEST_LINE:
                raise Overlong
            if end < 0:
                self._enough = len(self._buffer) + 1
                return None
            line = bytes(self._buffer[position:end]).removesuffix(b"\r")
            literal = _LITERAL.search(line)
            if literal is None:
                del self._buffer[: end + 1]
                self._enough = 0
                return _words([*pieces, line])
            size = int(literal[1])
            if size > LONGEST_LITERAL or len(pieces) >= 2 * _MOST_LITERALS:
                raise Overlong
            position = end + 1 + size
            if len(self._buffer) <= position:
                self._enough = position + 1
                return None
            pieces += [line[: literal.start()], bytes(self._buffer[end + 1 : position])]


def _words(pieces: list[bytes]) -> list[Word]:
    found: list[Word] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            found.append(piece)
        else:
            found += _words_of_line(piece)
    return found


def _words_of_line(line: bytes) -> list[Word]:
    found: list[Word] = []
    position, end = 0, len(line.rstrip(b" \t"))
    while position < end:
        match = _WORD.match(line, position)
        if match is None:
            raise BadCommand("This cannot be read as words, strings and numbers.")
        position = match.end()
        if match[2] is not None:
            found.append(Atom(match[2].decode("ascii").upper()))
        elif match[3] is not None:
            found.append(int(match[3]))
        else:
            found.append(_ESCAPED.sub(rb"\1", match[1]))
    return found
