"""Reads FETCH (RFC 3501 7.4.2): the usual items by one expression, whatever else by its grammar."""

import re
from collections.abc import Iterable
from functools import lru_cache

from posthouse.protocols.imap.client.cursor import Cursor, Unreadable
from posthouse.protocols.imap.client.responses import Fetched
from posthouse.protocols.imap.dates import parse_date_time
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.flags import MAX_FLAGS, MAX_KEYWORD, SYSTEM_NAMES, Flags

MAX_UID = 2**32 - 1
MAX_MODSEQ = 2**63 - 1
# 100,000 messages are listed at once: this decides how long that takes.
_USUAL = re.compile(
    rb"(?: *(?:UID +(\d{1,10})|FLAGS +\(([^()\"]*)\)|MODSEQ +\((\d{1,19})\)"
    rb'|RFC822\.SIZE +(\d{1,19})|INTERNALDATE +"([^"]{0,40})"))(?=[ )])',
    re.IGNORECASE,
)
_UID, _FLAGS, _MODSEQ, _SIZE, _DATE = range(1, 6)
_SECTION = re.compile(rb" *(?:BODY|BINARY)\[([^\]]{0,4000})\](?:<\d+>)?", re.IGNORECASE)
_PRINTABLE = re.compile(rb"[\x21-\x7e]+\Z")


def read_fetch(number: int, cursor: Cursor) -> Fetched:
    """What stands behind `* n FETCH`. Never raises: what cannot be read is said to be damaged."""
    fetched = Fetched(number)
    try:
        cursor.expect(b"(")
        while not cursor.skip(b")"):
            match = _USUAL.match(cursor.text, cursor.position)
            if match is not None:
                cursor.position = match.end()
                _take_usual(fetched, match)
            else:
                _take_any(fetched, cursor)
    except Unreadable:
        fetched.damaged = True
    return fetched


def _take_usual(fetched: Fetched, match: re.Match[bytes]) -> None:
    kind = match.lastindex
    if kind == _UID:
        fetched.uid = _within(int(match[_UID]), MAX_UID)
    elif kind == _FLAGS:
        fetched.flags = _read_flags(match[_FLAGS])
    elif kind == _MODSEQ:
        fetched.modseq = _within(int(match[_MODSEQ]), MAX_MODSEQ)
    elif kind == _SIZE:
        fetched.size = int(match[_SIZE])
    else:
        try:
            fetched.arrived = parse_date_time(match[_DATE])
        except BadCommand:
            fetched.arrived = None


def _take_any(fetched: Fetched, cursor: Cursor) -> None:
    section = _SECTION.match(cursor.text, cursor.position)
    if section is not None:
        cursor.position = section.end()
        fetched.sections[section[1].upper()] = cursor.string()
        return
    name = cursor.word()
    if not name:
        raise Unreadable("an item without a name")
    if name == b"FLAGS":
        fetched.flags = flags_of(cursor.words())
    elif name == b"RFC822":  # what BODY[] was before 1996, and to a few servers still is
        fetched.sections[b""] = cursor.string()
    else:
        # A MODSEQ or UID that is no number (Zoho: MODSEQ (-1)) is as good as none.
        fetched.others[name] = cursor.value()


@lru_cache(maxsize=4096)
def _read_flags(text: bytes) -> Flags:
    return flags_of(text.split())


def flags_of(names: Iterable[bytes]) -> Flags:
    """System flags as bits. Left out: what only the server sets (\\Recent), and keywords that are
    no atoms or longer than ours may be.
    """
    system = 0
    keywords: dict[str, str] = {}
    for name in names:
        if name.startswith(b"\\"):
            system |= SYSTEM_NAMES.get(name.upper(), 0)
        elif len(name) <= MAX_KEYWORD and len(keywords) < MAX_FLAGS and _PRINTABLE.match(name):
            word = name.decode("ascii")
            keywords.setdefault(word.lower(), word)
    return Flags(system=int(system), keywords=tuple(keywords.values()))


def _within(number: int, highest: int) -> int:
    return number if number <= highest else 0
