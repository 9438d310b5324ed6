"""What another server answers to LIST and FETCH, as `imaplib` hands it over: plain lines, and pairs
of a line and the literal behind it. Whatever cannot be read is left out, never guessed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from posthouse.mail.mailboxes.model import Flags
from posthouse.protocols.imap.dates import parse_date_time
from posthouse.protocols.imap.errors import BadCommand

Answer = bytes | tuple[bytes, bytes]

_LISTED = re.compile(rb'\(([^)]*)\) (NIL|"(?:[^"\\]|\\.)") (.+)', re.DOTALL | re.IGNORECASE)
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_LITERAL = re.compile(rb"\{\d+\}\Z")
_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)", re.IGNORECASE)
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"', re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b", re.IGNORECASE)
_SHORT_BODY = re.compile(rb'\bBODY\[\] ("(?:[^"\\]|\\.)*")', re.IGNORECASE | re.DOTALL)
_SYSTEM_FLAGS = {
    b"\\seen": Flags.SEEN,
    b"\\answered": Flags.ANSWERED,
    b"\\flagged": Flags.FLAGGED,
    b"\\deleted": Flags.DELETED,
    b"\\draft": Flags.DRAFT,
}


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A line of LIST. `wire` is the name as the server spells it; attributes in lower case."""

    wire: bytes
    separator: str
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """What FETCH says of a message before it is fetched."""

    uid: int
    flags: int
    keywords: tuple[str, ...]
    arrived: datetime | None
    size: int


def read_folder(answer: Answer) -> ListedFolder | None:
    """RFC 3501 7.2.2."""
    line, literal = answer if isinstance(answer, tuple) else (answer, None)
    match = _LISTED.fullmatch(line.strip())
    if match is None:
        return None
    attributes, separator, name = match.groups()
    if literal is not None and _LITERAL.search(name):
        name = literal
    elif name.startswith(b'"'):
        name = _unquoted(name)
    return ListedFolder(
        wire=name,
        separator="" if separator.upper() == b"NIL" else _unquoted(separator).decode("latin-1"),
        attributes=frozenset(attributes.decode("latin-1").lower().split()),
    )


def read_messages(answers: Sequence[Answer | None]) -> Iterator[ListedMessage]:
    """RFC 3501 7.4.2, of UID, FLAGS, INTERNALDATE and RFC822.SIZE."""
    for line in filter(None, map(_line, answers)):
        uid, flags = _UID.search(line), _FLAGS.search(line)
        if uid is None or flags is None:
            continue
        names = flags[1].split()
        size, arrived = _SIZE.search(line), _ARRIVED.search(line)
        yield ListedMessage(
            uid=int(uid[1]),
            flags=sum({_SYSTEM_FLAGS.get(name.lower(), 0) for name in names}),
            keywords=tuple(_keyword(name) for name in names if not name.startswith(b"\\")),
            arrived=_moment(arrived[1]) if arrived else None,
            size=int(size[1]) if size else 0,
        )


def read_bodies(answers: Sequence[Answer | None]) -> dict[int, bytes]:
    """UID → BODY[]. The UID may stand before the literal, or behind it."""
    bodies: dict[int, bytes] = {}
    for place, answer in enumerate(answers):
        if isinstance(answer, tuple):
            behind = answers[place + 1] if place + 1 < len(answers) else None
            around = answer[0] + (behind if isinstance(behind, bytes) else b"")
            body = answer[1]
        elif isinstance(answer, bytes) and (short := _SHORT_BODY.search(answer)) is not None:
            around, body = answer[: short.start()] + answer[short.end() :], _unquoted(short[1])
        else:
            continue
        if (uid := _UID.search(around)) is not None:
            bodies[int(uid[1])] = body
    return bodies


def quoted(name: bytes) -> bytes:
    """A mailbox name as an argument (RFC 3501 4.3)."""
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", name) + b'"'


def _line(answer: Answer | None) -> bytes | None:
    return answer[0] if isinstance(answer, tuple) else answer


def _unquoted(text: bytes) -> bytes:
    match = _QUOTED.fullmatch(text.strip())
    return text if match is None else _ESCAPED.sub(rb"\1", match[1])


def _keyword(name: bytes) -> str:
    return name.decode("ascii", "replace")


def _moment(text: bytes) -> datetime | None:
    try:
        return parse_date_time(text)
    except BadCommand:
        return None
