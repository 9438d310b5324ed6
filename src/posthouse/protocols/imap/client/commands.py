"""Writes commands (RFC 3501 6). Every argument is made by a function of this module: nothing that a
server said reaches a command unless it is quoted or sent as a literal.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from posthouse.protocols.imap import flags as flag_names
from posthouse.protocols.imap.dates import internal_date
from posthouse.protocols.imap.responses import quoted
from posthouse.protocols.imap.sequence import compress

# Yahoo and UW take 1,000 octets a line. What stands around a set takes less than the difference.
MAX_SET = 800
_QUOTABLE = re.compile(rb"[\x20-\x7e]{0,500}\Z")
_ATOM = re.compile(rb"[A-Za-z0-9.=_+-]+\Z")
_KEYWORD = re.compile(r"[^\x00-\x20\x7f-\U0010ffff(){%*\"\\\]]+\Z")
_LONGEST_MINUS = 4096  # RFC 7888 5


class Literals(Enum):
    """Which literals need no leave of the server (RFC 7888)."""

    ASK = "ask"
    PLUS = "plus"
    MINUS = "minus"


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument that goes by its length; `binary` may hold NUL (RFC 3516 4.4)."""

    octets: bytes
    binary: bool = False


Argument = bytes | Literal


@dataclass(frozen=True, slots=True)
class Command:
    """A name and its arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()

    def pieces(self, tag: bytes, literals: Literals) -> list[bytes]:
        """What to send: behind every piece but the last the server's `+` is awaited."""
        pieces: list[bytes] = []
        text = tag + b" " + self.name.encode("ascii")
        for argument in self.arguments:
            if not isinstance(argument, Literal):
                text += b" " + argument
                continue
            size = len(argument.octets)
            waits = literals is Literals.ASK or (
                literals is Literals.MINUS and size > _LONGEST_MINUS
            )
            text += b" ~" if argument.binary else b" "
            text += b"{%d%b}\r\n" % (size, b"" if waits else b"+")
            if waits:
                pieces.append(text)
                text = argument.octets
            else:
                text += argument.octets
        pieces.append(text + b"\r\n")
        return pieces


def command(name: str, *arguments: Argument) -> Command:
    return Command(name, arguments)


def string(text: bytes) -> Argument:
    """Between quotes when that can be, else a literal."""
    return quoted(text) if _QUOTABLE.match(text) else Literal(text)


def text(words: str) -> Argument:
    return string(words.encode())


def atom(word: str) -> bytes:
    """A mechanism, an extension. Raises ValueError for what would be more than a word."""
    encoded = word.encode("ascii")
    if not _ATOM.match(encoded):
        raise ValueError(f"no atom: {word!r}")
    return encoded


def words(names: Iterable[str]) -> bytes:
    """`(UIDNEXT MESSAGES)`: names that we know ourselves."""
    return b"(" + " ".join(names).encode("ascii") + b")"


def identity(fields: dict[str, str]) -> bytes:
    """`("name" "Posthouse")`: the one form that NetEase takes; never empty (RFC 2971 3.3)."""
    pairs = (quoted(each.encode("ascii")) for pair in fields.items() for each in pair)
    return b"(" + b" ".join(pairs) + b")"


def flags(system: int, keywords: Sequence[str] = ()) -> bytes:
    """A flag list. Keywords that are no atoms are left out: no server has them."""
    return b"(" + flag_names.render(system, [k for k in keywords if _KEYWORD.match(k)]) + b")"


def date_time(moment: datetime) -> bytes:
    """For APPEND, in UTC."""
    return internal_date(moment)


def uid_sets(ranges: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The set in pieces that a command line holds, each ascending: QQ refuses `7:3`."""
    line: list[bytes] = []
    octets = 0
    for low, high in ranges:
        one = b"%d" % low if low == high else b"%d:%d" % (low, high)
        if line and octets + len(one) > MAX_SET:
            yield b",".join(line)
            line, octets = [], 0
        line.append(one)
        octets += len(one) + 1
    if line:
        yield b",".join(line)


def ranges_of(uids: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Ascending runs of `uids` in any order."""
    return tuple(compress(sorted(set(uids))))


def uid_range(low: int, high: int) -> bytes:
    """`low:high`, `low:*` when `high` is 0."""
    return b"%d:*" % low if not high else b"%d:%d" % (low, high)
