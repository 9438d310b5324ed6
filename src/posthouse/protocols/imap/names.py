"""Mailbox names and patterns as arguments: decoded, bounded, INBOX in its one spelling."""

from posthouse.protocols.imap import utf7
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.patterns import SEPARATOR
from posthouse.protocols.imap.scanner import Scanner

MAX_NAME = 1_000


def read_mailbox(scanner: Scanner) -> str:
    """A space and a name. Raises Refusal [CANNOT] for one that no mailbox can have."""
    scanner.space()
    return _mailbox_name(scanner.astring(), utf8=scanner.enabled.utf8_names)


def _mailbox_name(raw: bytes, *, utf8: bool) -> str:
    """The name without a trailing separator; INBOX in its one spelling, also as a parent."""
    if len(raw) > MAX_NAME:
        raise Refusal("Name too long", code="CANNOT")
    try:
        name = _decoded(raw, utf8=utf8)
    except ValueError as error:
        expected = "UTF-8" if utf8 else "modified UTF-7"
        raise Refusal(f"The name is not {expected}", code="CANNOT") from error
    if not name or any(letter < " " or letter == "\x7f" for letter in name):
        raise Refusal("Invalid name", code="CANNOT")
    if len(name) > 1:
        name = name.removesuffix(SEPARATOR)
    top, separator, rest = name.partition(SEPARATOR)
    return "INBOX" + separator + rest if top.upper() == "INBOX" else name


def read_pattern(scanner: Scanner, raw: bytes) -> str:
    """A name with wildcards; what cannot be decoded is taken as it is and matches nothing."""
    if len(raw) > MAX_NAME:
        raise Refusal("Name too long", code="CANNOT")
    try:
        return _decoded(raw, utf8=scanner.enabled.utf8_names)
    except ValueError:
        return raw.decode("latin-1")


def _decoded(raw: bytes, *, utf8: bool) -> str:
    return raw.decode("utf-8") if utf8 else utf7.decode(raw)
