"""Parsers of the commands of a selected mailbox (RFC 3501 6.4 and its extensions)."""

from functools import lru_cache

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.esearch import parse_return
from posthouse.protocols.imap.fetch import FetchItem, parse_items
from posthouse.protocols.imap.flags import parse_flags
from posthouse.protocols.imap.names import read_mailbox
from posthouse.protocols.imap.reader import RawCommand
from posthouse.protocols.imap.scanner import Scanner
from posthouse.protocols.imap.search_parser import parse_program
from posthouse.protocols.imap.sequence import SequenceSet

_REMEMBERED_LENGTH = 200
_STORE_MODES = {
    "FLAGS": c.StoreMode.REPLACE,
    "+FLAGS": c.StoreMode.ADD,
    "-FLAGS": c.StoreMode.REMOVE,
}


def close(scanner: Scanner, tag: bytes, verb: str) -> c.Close:
    return c.Close(tag=tag, verb=verb, expunge=verb == "CLOSE")


def uid_expunge(scanner: Scanner, tag: bytes, verb: str) -> c.Expunge:
    return c.Expunge(tag=tag, verb=verb, uids=_sequence_set(scanner))


def _sequence_set(scanner: Scanner) -> SequenceSet:
    scanner.space()
    return SequenceSet.parse(scanner.sequence_text())


def _by_uid(verb: str) -> bool:
    return verb.startswith("UID ")


def search(scanner: Scanner, tag: bytes, verb: str) -> c.Search:
    scanner.space()
    returns = parse_return(scanner)
    key = parse_program(scanner)
    return c.Search(tag=tag, verb=verb, by_uid=_by_uid(verb), returns=returns, key=key)


def fetch(scanner: Scanner, tag: bytes, verb: str) -> c.Fetch:
    messages = _sequence_set(scanner)
    scanner.space()
    rest = scanner.text[scanner.position :]
    if len(rest) <= _REMEMBERED_LENGTH and b"{" not in rest:
        items, changed_since = _remembered_fetch_items(rest)
        scanner.position = len(scanner.text)
    else:
        items, changed_since = _fetch_items(scanner)
    return c.Fetch(
        tag=tag,
        verb=verb,
        by_uid=_by_uid(verb),
        messages=messages,
        items=items,
        changed_since=changed_since,
    )


@lru_cache(maxsize=256)
def _remembered_fetch_items(text: bytes) -> tuple[tuple[FetchItem, ...], int | None]:
    """Clients ask for the same items again and again, often in one command for each message."""
    scanner = Scanner(RawCommand(text=text))
    found = _fetch_items(scanner)
    scanner.end()
    return found


def _fetch_items(scanner: Scanner) -> tuple[tuple[FetchItem, ...], int | None]:
    items = parse_items(scanner)
    changed_since = None
    if scanner.skip(b" ") and not scanner.at_end():
        changed_since = _modifier(scanner, "CHANGEDSINCE")
    return items, changed_since


def _modifier(scanner: Scanner, name: str) -> int:
    """The one modifier that FETCH and STORE take (RFC 7162 3.1.3, 3.1.4)."""
    value = None
    for _ in scanner.items():
        if scanner.keyword() != name or value is not None:
            raise BadCommand("Unknown modifier")
        scanner.space()
        value = scanner.number()  # iOS sends CHANGEDSINCE 0, which means everything
    if value is None:
        raise BadCommand("Empty list of modifiers")
    return value


def store(scanner: Scanner, tag: bytes, verb: str) -> c.Store:
    messages = _sequence_set(scanner)
    scanner.space()
    unchanged_since = None
    if scanner.at(b"("):
        unchanged_since = _modifier(scanner, "UNCHANGEDSINCE")
        scanner.space()
    name = scanner.keyword()
    mode = _STORE_MODES.get(name.removesuffix(".SILENT"))
    if mode is None:
        raise BadCommand("Unknown STORE data item")
    scanner.space()
    return c.Store(
        tag=tag,
        verb=verb,
        by_uid=_by_uid(verb),
        messages=messages,
        mode=mode,
        flags=parse_flags(scanner),
        silent=name.endswith(".SILENT"),
        unchanged_since=unchanged_since,
    )


def copy(scanner: Scanner, tag: bytes, verb: str) -> c.Copy:
    return c.Copy(
        tag=tag,
        verb=verb,
        by_uid=_by_uid(verb),
        messages=_sequence_set(scanner),
        mailbox=read_mailbox(scanner),
        move=verb.endswith("MOVE"),
    )
