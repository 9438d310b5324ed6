"""Parsers of LIST, LSUB and STATUS (RFC 3501 6.3.8, RFC 5258, RFC 6154, RFC 5819)."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.metadata import Asked
from posthouse.protocols.imap.names import read_mailbox, read_pattern
from posthouse.protocols.imap.parser_metadata import listed_metadata
from posthouse.protocols.imap.scanner import Scanner

MAX_PATTERNS = 32


def list_(scanner: Scanner, tag: bytes, verb: str) -> c.List:
    """RFC 5258 3 in full syntax; RFC 6154 3, RFC 5819 2 and RFC 9590 4 for their options."""
    scanner.space()
    extended = scanner.at(b"(")
    selection = _selection(scanner) if extended else set()
    reference = read_pattern(scanner, scanner.astring())
    scanner.space()
    extended |= scanner.at(b"(")
    patterns = _patterns(scanner)
    returned: set[str] = set()
    status: tuple[c.StatusItem, ...] = ()
    metadata: Asked | None = None
    if scanner.skip(b" "):
        if scanner.keyword() != "RETURN":
            raise BadCommand("Expected RETURN")
        scanner.space()
        extended = True
        returned, status, metadata = _return_options(scanner)
    return c.List(
        tag=tag,
        verb=verb,
        reference=reference,
        patterns=patterns,
        extended=extended,
        only_subscribed="SUBSCRIBED" in selection,
        only_special_use="SPECIAL-USE" in selection,
        with_matching_children="RECURSIVEMATCH" in selection,
        return_subscribed="SUBSCRIBED" in returned | selection,
        return_status=status,
        return_metadata=metadata,
    )


def _patterns(scanner: Scanner) -> tuple[str, ...]:
    if not scanner.at(b"("):
        return (read_pattern(scanner, scanner.list_mailbox()),)
    patterns: list[str] = []
    for count in scanner.items():
        if count >= MAX_PATTERNS:
            raise BadCommand("Too many patterns")
        patterns.append(read_pattern(scanner, scanner.list_mailbox()))
    if not patterns:
        raise BadCommand("Empty list of patterns")
    return tuple(patterns)


def _selection(scanner: Scanner) -> set[str]:
    options = {scanner.keyword() for _ in scanner.items()}
    scanner.space()
    if options - {"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"}:
        raise BadCommand("Unknown LIST selection option")
    if "RECURSIVEMATCH" in options and not options - {"RECURSIVEMATCH", "REMOTE"}:
        raise BadCommand("RECURSIVEMATCH needs another selection option")
    return options


def _return_options(
    scanner: Scanner,
) -> tuple[set[str], tuple[c.StatusItem, ...], Asked | None]:
    options: set[str] = set()
    status: tuple[c.StatusItem, ...] = ()
    metadata: Asked | None = None
    for _ in scanner.items():
        option = scanner.keyword()
        if option == "STATUS":
            scanner.space()
            status = _status_items(scanner)
        elif option == "METADATA":
            metadata = listed_metadata(scanner)
        elif option not in ("SUBSCRIBED", "CHILDREN", "SPECIAL-USE"):
            raise BadCommand("Unknown LIST return option")
        options.add(option)
    return options, status, metadata


def lsub(scanner: Scanner, tag: bytes, verb: str) -> c.List:
    scanner.space()
    reference = read_pattern(scanner, scanner.astring())
    scanner.space()
    pattern = read_pattern(scanner, scanner.list_mailbox())
    return c.List(
        tag=tag,
        verb=verb,
        reference=reference,
        patterns=(pattern,),
        only_subscribed=True,
        with_matching_children=True,
        lsub=True,
    )


def status(scanner: Scanner, tag: bytes, verb: str) -> c.Status:
    name = read_mailbox(scanner)
    scanner.space()
    return c.Status(tag=tag, verb=verb, mailbox=name, items=_status_items(scanner))


def _status_items(scanner: Scanner) -> tuple[c.StatusItem, ...]:
    items: dict[c.StatusItem, None] = {}
    for _ in scanner.items():
        try:
            items[c.StatusItem(scanner.keyword())] = None
        except ValueError:
            raise BadCommand("Unknown STATUS item") from None
    if not items:
        raise BadCommand("Empty list of STATUS items")
    return tuple(items)
