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
_FetchItems = tuple[tuple[FetchItem, ...], int | None, bool]
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
        items, changed_since, vanished = _remembered_fetch_items(rest)
        scanner.position = len(scanner.text)
    else:
        items, changed_since, vanished = _fetch_items(scanner)
    if vanished and not _by_uid(verb):
        raise BadCommand("VANISHED is for UID FETCH")
    return c.Fetch(
        tag=tag,
        verb=verb,
        by_uid=_by_uid(verb),
        messages=messages,
        items=items,
        changed_since=changed_since,
        vanished=vanished,
    )


@lru_cache(maxsize=256)
def _remembered_fetch_items(text: bytes) -> _FetchItems:
    """Clients ask for the same items again and again, often in one command for each message."""
    scanner = Scanner(RawCommand(text=text))
    found = _fetch_items(scanner)
    scanner.end()
    return found


def _fetch_items(scanner: Scanner) -> _FetchItems:
    items = parse_items(scanner)
    changed_since, vanished = None, False
    if scanner.skip(b" ") and not scanner.at_end():
        changed_since, vanished = _modifiers(scanner, "CHANGEDSINCE", "VANISHED")
    return items, changed_since, vanished


def _modifiers(scanner: Scanner, since: str, word: str | None = None) -> tuple[int, bool]:
    """What FETCH and STORE take after the messages (RFC 7162 3.1.3, 3.1.4, 3.2.6)."""
    value, said = None, False
    for _ in scanner.items():
        name = scanner.keyword()
        if name == since and value is None:
            scanner.space()
            value = scanner.number()  # iOS sends CHANGEDSINCE 0, which means everything
        elif name == word and not said:
            said = True
        else:
            raise BadCommand("Unknown modifier")
    if value is None:
        raise BadCommand(f"{since} is missing")
    return value, said


def store(scanner: Scanner, tag: bytes, verb: str) -> c.Store:
    messages = _sequence_set(scanner)
    scanner.space()
    unchanged_since = None
    if scanner.at(b"("):
        unchanged_since, _ = _modifiers(scanner, "UNCHANGEDSINCE")
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
