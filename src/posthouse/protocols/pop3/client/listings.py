"""What stands in lines behind a status: capabilities, sizes, unique ids."""

from collections.abc import Iterable
from dataclasses import dataclass

# RFC 1939 7 has 70 characters of printable ASCII. What servers take for a unique id is believed as
# it is, as long as it is not a text.
LONGEST_UIDL = 512
_MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Capabilities:
    """RFC 2449 6. A server without CAPA (RFC 1939 alone) has none: then everything is tried.

    `known` says whether it told any.
    """

    known: bool = False
    words: frozenset[str] = frozenset()
    mechanisms: frozenset[str] = frozenset()

    @property
    def stls(self) -> bool:
        """RFC 2595 4."""
        return "STLS" in self.words

    @property
    def pipelining(self) -> bool:
        """RFC 2449 6.6: the next command may go before the response has come."""
        return "PIPELINING" in self.words

    @property
    def plain_sign_in(self) -> bool:
        """USER and PASS. Some servers forget to tell; whoever takes no mechanism takes these."""
        return "USER" in self.words or not self.mechanisms


def read_capabilities(lines: Iterable[bytes]) -> Capabilities:
    """The lines of CAPA; what is unknown counts for nothing."""
    words, mechanisms = set(), set()
    for line in lines:
        parts = line.decode("ascii", "replace").upper().split()
        if not parts:
            continue
        words.add(parts[0])
        if parts[0] == "SASL":
            mechanisms.update(parts[1:])
    return Capabilities(True, frozenset(words), frozenset(mechanisms))


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line of LIST or UIDL: a message's number in this session, and what is said of it."""

    number: int
    value: bytes


def read_numbered(line: bytes) -> Numbered | None:
    """`number value`; None for what is neither. The value of a UIDL may have blanks in it."""
    parts = line.split(None, 1)
    if not parts:
        return None
    number = read_number(parts[0])
    if not number:
        return None
    value = parts[1].strip() if len(parts) == 2 else b""
    return Numbered(number, value) if len(value) <= LONGEST_UIDL else None


def read_number(word: bytes) -> int | None:
    """Digits; None for anything else."""
    return int(word) if word.isdigit() and len(word) <= _MOST_DIGITS else None


def read_drop(text: str) -> tuple[int, int] | None:
    """STAT: how many messages of how many octets (RFC 1939 5); None for nonsense."""
    words = text.encode().split()
    if len(words) < 2:
        return None
    count, octets = read_number(words[0]), read_number(words[1][:_MOST_DIGITS])
    return None if count is None or octets is None else (count, octets)
