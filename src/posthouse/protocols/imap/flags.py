"""Flags (RFC 3501 2.3.2): system flags as bits, keywords as words in their first spelling.

\\Recent is told, never set by a client, and no bit of a message: it belongs to a session.
"""

from dataclasses import dataclass
from enum import IntFlag

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.scanner import Scanner

MAX_KEYWORD = 100
MAX_FLAGS = 64


class SystemFlag(IntFlag):
    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


SYSTEM_NAMES: dict[bytes, SystemFlag] = {
    b"\\SEEN": SystemFlag.SEEN,
    b"\\ANSWERED": SystemFlag.ANSWERED,
    b"\\FLAGGED": SystemFlag.FLAGGED,
    b"\\DELETED": SystemFlag.DELETED,
    b"\\DRAFT": SystemFlag.DRAFT,
}
SETTABLE = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"
_RECENT = 32
_RENDERED = tuple(
    b" ".join(
        name
        for bit, name in (
            (SystemFlag.ANSWERED, b"\\Answered"),
            (SystemFlag.FLAGGED, b"\\Flagged"),
            (SystemFlag.DELETED, b"\\Deleted"),
            (SystemFlag.SEEN, b"\\Seen"),
            (SystemFlag.DRAFT, b"\\Draft"),
            (_RECENT, b"\\Recent"),
        )
        if bits & bit
    )
    for bits in range(64)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What a client names in STORE or APPEND."""

    system: int = 0
    keywords: tuple[str, ...] = ()


def render(
    system: int, keywords: tuple[str, ...] | list[str] = (), *, recent: bool = False
) -> bytes:
    """The inside of a flag list: `\\Seen $Forwarded`."""
    rendered = _RENDERED[system & 31 | _RECENT * recent]
    if not keywords:
        return rendered
    words = " ".join(keywords).encode("ascii")
    return rendered + b" " + words if rendered else words


def parse_flags(scanner: Scanner) -> Flags:
    """A flag list, or the bare flags that STORE also takes."""
    names: list[bytes] = []
    if scanner.at(b"("):
        for count in scanner.items():
            _limit(count)
            names.append(scanner.flag())
    else:
        names.append(scanner.flag())
        while scanner.skip(b" "):
            _limit(len(names))
            names.append(scanner.flag())
    return from_names(names)


def from_names(names: list[bytes]) -> Flags:
    """Raises BadCommand for a flag that clients may not set."""
    system = 0
    keywords: dict[str, str] = {}
    for name in names:
        if name.startswith(b"\\"):
            bit = SYSTEM_NAMES.get(name.upper())
            if bit is None:
                raise BadCommand("Invalid system flag")
            system |= bit
        else:
            word = parse_keyword(name)
            keywords.setdefault(word.lower(), word)
    return Flags(system=system, keywords=tuple(keywords.values()))


def parse_keyword(name: bytes) -> str:
    if len(name) > MAX_KEYWORD:
        raise BadCommand("Keyword too long")
    return name.decode("ascii")


def _limit(count: int) -> None:
    if count >= MAX_FLAGS:
        raise BadCommand("Too many flags")
