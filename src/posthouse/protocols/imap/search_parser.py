"""From the words of SEARCH, SORT and THREAD to a tree of keys."""

import re
from collections.abc import Callable
from datetime import date

from posthouse.protocols.imap.dates import parse_date
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.imap.flags import SystemFlag, parse_keyword
from posthouse.protocols.imap.scanner import MAX_NUMBER, MAX_NZ_NUMBER, Scanner
from posthouse.protocols.imap.search import (
    And,
    ChangedSince,
    Days,
    Every,
    HasFlag,
    HasKeyword,
    InBody,
    InHeader,
    InNumbers,
    InText,
    InThread,
    InUids,
    IsEmail,
    IsRecent,
    Key,
    Larger,
    Not,
    Or,
    Received,
    Sent,
    Smaller,
    Within,
)
from posthouse.protocols.imap.sequence import SequenceSet

MAX_KEYS = 500
_OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}")
CHARSETS = {
    "US-ASCII": "utf-8",  # what is sent beyond ASCII is UTF-8 in practice
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB2312": "gb18030",
    "GBK": "gb18030",
    "GB18030": "gb18030",
    "BIG5": "big5",
    "ISO-8859-1": "latin-1",
}
_BADCHARSET = "BADCHARSET (US-ASCII UTF-8 GB18030 BIG5 ISO-8859-1)"


def parse_program(scanner: Scanner) -> Key:
    """`[CHARSET name] key key ...` up to the end of the command.

    Raises Refusal [BADCHARSET] for a charset we cannot read (RFC 3501 6.4.4).
    """
    if scanner.skip_word(b"CHARSET "):
        if scanner.enabled.utf8_accept:  # RFC 9755 3
            raise BadCommand("With UTF8=ACCEPT every text is UTF-8")
        return parse_with_charset(scanner)
    return _Parser(scanner, "utf-8").program()


def parse_with_charset(scanner: Scanner) -> Key:
    """`name key key ...`: SORT and THREAD always name the charset (RFC 5256 BASE.6.4)."""
    name = scanner.astring().decode("ascii", "replace").upper()
    if name not in CHARSETS:
        raise Refusal("Unknown charset", code=_BADCHARSET)
    scanner.space()
    return _Parser(scanner, CHARSETS[name]).program()


class _Parser:
    def __init__(self, scanner: Scanner, codec: str) -> None:
        self.scanner = scanner
        self.codec = codec
        self.count = 0

    def program(self) -> Key:
        keys = [self.key()]
        while not self.scanner.at_end():
            self.scanner.space()
            if self.scanner.at_end():
                break
            keys.append(self.key())
        return _all_of(keys)

    def key(self) -> Key:
        self.count += 1
        if self.count > MAX_KEYS:
            raise BadCommand("Too many search keys")
        scanner = self.scanner
        with scanner.deeper():
            if scanner.at(b"("):
                return _all_of([self.key() for _ in scanner.items()])
            first = scanner.text[scanner.position : scanner.position + 1]
            if first.isdigit() or first in (b"*", b"$"):
                return InNumbers(SequenceSet.parse(scanner.sequence_text()))
            name = scanner.keyword()
            plain = _PLAIN.get(name)
            if plain is not None:
                return plain
            with_argument = _WITH_ARGUMENT.get(name)
            if with_argument is None:
                raise BadCommand("Unknown search key")
            scanner.space()
            return with_argument(self)

    def text(self) -> str:
        raw = self.scanner.astring()
        try:
            return raw.decode(self.codec)
        except UnicodeDecodeError as error:
            raise BadCommand("The text is not in the charset it should be in") from error

    def header(self) -> Key:
        name = self.scanner.astring().decode("ascii", "replace").lower()
        self.scanner.space()
        return InHeader(name, self.text())

    def either(self) -> Key:
        first = self.key()
        self.scanner.space()
        return Or(first, self.key())

    def uids(self) -> Key:
        return InUids(SequenceSet.parse(self.scanner.sequence_text()))

    def day(self) -> date:
        return parse_date(self.scanner.astring())

    def interval(self) -> int:
        """Seconds (RFC 5032 4: nz-number)."""
        seconds = self.scanner.number(MAX_NZ_NUMBER)
        if not seconds:
            raise BadCommand("An interval needs at least one second")
        return seconds

    def object_id(self) -> str:
        """RFC 8474 7: objectid."""
        written = self.scanner.astring()
        if not _OBJECT_ID.fullmatch(written):
            raise BadCommand("Invalid object identifier")
        return written.decode("ascii")

    def keyword(self) -> str:
        return parse_keyword(self.scanner.atom())

    def modseq(self) -> Key:
        if self.scanner.at(b'"'):  # entry name and type: all metadata share one mod-sequence here
            self.scanner.string()
            self.scanner.space()
            if self.scanner.keyword() not in ("PRIV", "SHARED", "ALL"):
                raise BadCommand("Invalid MODSEQ entry type")
            self.scanner.space()
        return ChangedSince(self.scanner.number(MAX_NUMBER))


def _all_of(keys: list[Key]) -> Key:
    if not keys:
        raise BadCommand("Empty list of search keys")
    return keys[0] if len(keys) == 1 else And(tuple(keys))


_FLAG_KEYS = {
    "ANSWERED": SystemFlag.ANSWERED,
    "DELETED": SystemFlag.DELETED,
    "DRAFT": SystemFlag.DRAFT,
    "FLAGGED": SystemFlag.FLAGGED,
    "SEEN": SystemFlag.SEEN,
}
_PLAIN: dict[str, Key] = {
    "ALL": Every(),
    "OLD": Not(IsRecent()),
    "NEW": And((IsRecent(), Not(HasFlag(SystemFlag.SEEN)))),
    "RECENT": IsRecent(),
    **{name: HasFlag(flag) for name, flag in _FLAG_KEYS.items()},
    **{f"UN{name}": Not(HasFlag(flag)) for name, flag in _FLAG_KEYS.items()},
}
_WITH_ARGUMENT: dict[str, Callable[[_Parser], Key]] = {
    "BCC": lambda parser: InHeader("bcc", parser.text()),
    "CC": lambda parser: InHeader("cc", parser.text()),
    "FROM": lambda parser: InHeader("from", parser.text()),
    "SUBJECT": lambda parser: InHeader("subject", parser.text()),
    "TO": lambda parser: InHeader("to", parser.text()),
    "BODY": lambda parser: InBody(parser.text()),
    "TEXT": lambda parser: InText(parser.text()),
    "HEADER": _Parser.header,
    "BEFORE": lambda parser: Received(Days.BEFORE, parser.day()),
    "ON": lambda parser: Received(Days.ON, parser.day()),
    "SINCE": lambda parser: Received(Days.SINCE, parser.day()),
    "SENTBEFORE": lambda parser: Sent(Days.BEFORE, parser.day()),
    "SENTON": lambda parser: Sent(Days.ON, parser.day()),
    "SENTSINCE": lambda parser: Sent(Days.SINCE, parser.day()),
    "KEYWORD": lambda parser: HasKeyword(parser.keyword()),
    "UNKEYWORD": lambda parser: Not(HasKeyword(parser.keyword())),
    "YOUNGER": lambda parser: Within(parser.interval(), younger=True),
    "OLDER": lambda parser: Within(parser.interval(), younger=False),
    "LARGER": lambda parser: Larger(parser.scanner.number()),
    "SMALLER": lambda parser: Smaller(parser.scanner.number()),
    "EMAILID": lambda parser: IsEmail(parser.object_id()),
    "THREADID": lambda parser: InThread(parser.object_id()),
    "MODSEQ": _Parser.modseq,
    "NOT": lambda parser: Not(parser.key()),
    "OR": _Parser.either,
    "UID": _Parser.uids,
}
