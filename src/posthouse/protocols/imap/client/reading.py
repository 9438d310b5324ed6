"""Makes a typed response of a frame. Never raises."""

import re
from collections.abc import Callable

from posthouse.protocols.imap.client.cursor import Cursor, Unreadable, Value
from posthouse.protocols.imap.client.fetched import MAX_UID, flags_of, read_fetch
from posthouse.protocols.imap.client.frames import Frame
from posthouse.protocols.imap.client.responses import (
    Capability,
    Condition,
    Continue,
    Enabled,
    Exists,
    Expunge,
    FlagsDefined,
    Found,
    FoundSet,
    Identity,
    Listed,
    Namespaces,
    Other,
    Ranges,
    Response,
    StatusOf,
    Unread,
    Vanished,
)
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.sequence import SequenceSet

_CONDITION = re.compile(rb"(\S+) +(OK|NO|BAD|BYE|PREAUTH)(?: +(.*))?\Z", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(rb" *\[([^\s\]]+)(?: +([^\]]*))?\] *")
_NUMBERED = re.compile(rb"\* +(\d{1,10}) +([A-Za-z]+)(?= |\Z)")
_NAMED = re.compile(rb"\* +([A-Za-z0-9.-]+)(?= |\(|\Z)")
_NUMBERS = re.compile(rb"[\d ]*\Z")
_STATUS_PAIR = re.compile(rb"([A-Za-z0-9.-]+) +\(?(-?\d{1,20})\)?")
_LONGEST_TEXT = 1_000
_EARLIER = re.compile(rb" *\(EARLIER\)", re.IGNORECASE)
_BARE_BACKSLASH = b'"\\" '  # a separator as some write it; no string of one letter reads like this


def read_response(frame: Frame) -> Response:
    """`frame` as it was pulled."""
    line = frame[0]
    if line.startswith(b"+"):
        return Continue(line[1:].strip())
    if (numbered := _NUMBERED.match(line)) is not None:
        return _read_numbered(frame, numbered)
    if (condition := _CONDITION.match(line)) is not None:
        return _read_condition(condition)
    if (named := _NAMED.match(line)) is None:
        return Other("")
    name = named[1].decode("ascii").upper()
    read = _READERS.get(name)
    if read is None:
        return Other(name)
    try:
        return read(Cursor(frame, named.end()))
    except (Unreadable, BadCommand):
        return Unread(name)


def read_ranges(text: bytes) -> Ranges:
    """A set of UIDs, ascending however it was written. Raises BadCommand."""
    return tuple(SequenceSet.parse(text.strip()).bounds(MAX_UID))


def count_of(text: bytes, highest: int = MAX_UID) -> int:
    """A number in a code; 0 for what is none, or none that can be."""
    digits = text.strip()
    if not digits.isdigit() or len(digits) > 19 or int(digits) > highest:
        return 0
    return int(digits)


def _read_condition(match: re.Match[bytes]) -> Condition:
    text = match[3] or b""
    code = _CODE.match(text)
    if code is not None:
        text = text[code.end() :]
    return Condition(
        tag=match[1],
        state=match[2].decode("ascii").upper(),
        code=code[1].decode("latin-1").upper() if code else "",
        argument=(code[2] or b"") if code else b"",
        text=_for_people(text),
    )


def _read_numbered(frame: Frame, match: re.Match[bytes]) -> Response:
    number, name = int(match[1]), match[2].upper()
    if name == b"FETCH":
        return read_fetch(number, Cursor(frame, match.end()))
    if name == b"EXISTS":
        return Exists(number)
    if name == b"EXPUNGE":
        return Expunge(number)
    return Other(name.decode("ascii"))


def _read_capability(cursor: Cursor) -> Capability:
    return Capability(capability_words(cursor.rest()))


def capability_words(text: bytes) -> frozenset[str]:
    """Of CAPABILITY, or of the code in an OK."""
    return frozenset(text.decode("latin-1").upper().split())


def _read_enabled(cursor: Cursor) -> Enabled:
    return Enabled(capability_words(cursor.rest()))


def _read_identity(cursor: Cursor) -> Identity:
    words = cursor.value()
    if not isinstance(words, list):
        return Identity({})
    pairs = zip(words[::2], words[1::2], strict=False)
    return Identity(
        {
            _for_people(name).lower(): _for_people(value)
            for name, value in pairs
            if isinstance(name, bytes) and isinstance(value, bytes)
        }
    )


def _read_listed(cursor: Cursor) -> Listed:
    attributes = cursor.words()
    if cursor.at(_BARE_BACKSLASH):
        cursor.position += len(_BARE_BACKSLASH)
        separator: bytes | None = b"\\"
    else:
        separator = cursor.string()
    bare = not cursor.at(b'"') and not cursor.at_literal()
    start, name = cursor.position, cursor.astring()
    if bare and not cursor.at(b"("):  # spaces in a name that should have stood between quotes
        name = cursor.text[start:].rstrip()
    return Listed(
        name=name,
        separator=(separator or b"").decode("latin-1"),
        attributes=frozenset(each.decode("latin-1").lower() for each in attributes),
    )


def _read_namespaces(cursor: Cursor) -> Namespaces:
    kinds = [_namespaces(cursor.value()) for _ in range(3)]
    return Namespaces(*kinds)


def _namespaces(value: Value) -> tuple[tuple[bytes, str], ...]:
    found = []
    for each in value if isinstance(value, list) else ():
        if isinstance(each, list) and len(each) >= 2 and isinstance(each[0], bytes):
            separator = each[1] if isinstance(each[1], bytes) else b""
            found.append((each[0], separator.decode("latin-1")))
    return tuple(found)


def _read_status(cursor: Cursor) -> StatusOf:
    bare = not cursor.at(b'"') and not cursor.at_literal()
    start, name = cursor.position, cursor.astring()
    if bare and not cursor.at(b"("):
        name = cursor.text[start:].rpartition(b"(")[0].rstrip()
    text = cursor.rest().rpartition(b"(")[2]
    pairs = _STATUS_PAIR.findall(text)
    return StatusOf(name, {key.decode("ascii").upper(): max(int(value), 0) for key, value in pairs})


def _read_found(cursor: Cursor) -> Found:
    text = cursor.rest().partition(b"(")[0]  # RFC 7162 3.1.5: (MODSEQ n) may stand behind
    if not _NUMBERS.match(text):
        raise Unreadable("not numbers")
    try:
        numbers = list(map(int, text.split()))
    except ValueError as error:  # more digits than Python reads
        raise Unreadable("not numbers") from error
    if numbers and max(numbers) > MAX_UID:
        raise Unreadable("not UIDs")
    return Found(numbers)


def _read_found_set(cursor: Cursor) -> FoundSet:
    if cursor.at(b"("):
        cursor.value()  # the tag it belongs to; one SEARCH at a time is all we have on the way
    found: dict[bytes, bytes] = {}
    while not cursor.at_end():
        name = cursor.word()
        if name == b"UID":
            continue
        value = cursor.value()
        if not name or isinstance(value, list):
            continue
        found[name] = value or b""
    return FoundSet(
        lowest=count_of(found[b"MIN"]) if b"MIN" in found else None,
        highest=count_of(found[b"MAX"]) if b"MAX" in found else None,
        count=count_of(found[b"COUNT"]) if b"COUNT" in found else None,
        all=read_ranges(found[b"ALL"]) if b"ALL" in found else (),
    )


def _read_vanished(cursor: Cursor) -> Vanished:
    earlier = _EARLIER.match(cursor.text, cursor.position)
    if earlier is not None:
        cursor.position = earlier.end()
    return Vanished(read_ranges(cursor.rest()), earlier is not None)


def _read_flags(cursor: Cursor) -> FlagsDefined:
    return FlagsDefined(flags_of(cursor.words()))


def _for_people(text: bytes) -> str:
    return text[:_LONGEST_TEXT].decode("utf-8", "replace")


_READERS: dict[str, Callable[[Cursor], Response]] = {
    "CAPABILITY": _read_capability,
    "ENABLED": _read_enabled,
    "ID": _read_identity,
    "LIST": _read_listed,
    "LSUB": _read_listed,
    "XLIST": _read_listed,
    "NAMESPACE": _read_namespaces,
    "STATUS": _read_status,
    "SEARCH": _read_found,
    "ESEARCH": _read_found_set,
    "VANISHED": _read_vanished,
    "FLAGS": _read_flags,
}
