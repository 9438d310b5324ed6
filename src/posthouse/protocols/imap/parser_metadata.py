"""Parsers of GETMETADATA and SETMETADATA (RFC 5464 5), and of what LIST asks (RFC 9590)."""

import math
import re

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.metadata import Asked, BadEntry, entry_name
from posthouse.protocols.imap.names import read_mailbox
from posthouse.protocols.imap.scanner import Scanner

_MOST_ENTRIES = 200
_OPTION = re.compile(rb"\([A-Za-z]")  # an entry begins with a slash
_DEPTHS = {"0": 0, "1": 1, "INFINITY": math.inf}


def get_metadata(scanner: Scanner, tag: bytes, verb: str) -> c.GetMetadata:
    """Options stand before the mailbox in the grammar, and behind it in the examples (erratum)."""
    options: dict[str, float] = {}
    if scanner.at(b" ("):
        scanner.space()
        options = _options(scanner)
    mailbox = _mailbox(scanner)
    scanner.space()
    if _OPTION.match(scanner.text, scanner.position):
        options |= _options(scanner)
        scanner.space()
    return c.GetMetadata(tag=tag, verb=verb, mailbox=mailbox, asked=_asked(scanner, options))


def set_metadata(scanner: Scanner, tag: bytes, verb: str) -> c.SetMetadata:
    mailbox = _mailbox(scanner)
    scanner.space()
    values: dict[str, bytes | None] = {}
    for count in scanner.items():
        if count >= _MOST_ENTRIES:
            raise BadCommand("Too many entries")
        name = _entry(scanner)
        if name.count("/") < 2:
            raise BadCommand("An entry is below /private or /shared")
        scanner.space()
        values[name] = scanner.nstring()
    if not values:
        raise BadCommand("Empty list of entries")
    return c.SetMetadata(tag=tag, verb=verb, mailbox=mailbox, values=values)


def listed_metadata(scanner: Scanner) -> Asked:
    """`METADATA (entries)` among the return options of LIST (RFC 9590 4)."""
    scanner.space()
    return _asked(scanner, {})


def _mailbox(scanner: Scanner) -> str | None:
    """None for the empty name: the server as a whole (4.2)."""
    return None if scanner.skip(b' ""') else read_mailbox(scanner)


def _options(scanner: Scanner) -> dict[str, float]:
    """`(MAXSIZE 1024 DEPTH 1)`"""
    options: dict[str, float] = {}
    for _ in scanner.items():
        name = scanner.keyword()
        scanner.space()
        if name == "MAXSIZE":
            options["max_size"] = scanner.number()
        elif name == "DEPTH" and (depth := _DEPTHS.get(scanner.keyword())) is not None:
            options["depth"] = depth
        else:
            raise BadCommand("Unknown GETMETADATA option")
    if not options:
        raise BadCommand("Empty list of options")
    return options


def _asked(scanner: Scanner, options: dict[str, float]) -> Asked:
    names: dict[str, None] = {}
    if scanner.at(b"("):
        for count in scanner.items():
            if count >= _MOST_ENTRIES:
                raise BadCommand("Too many entries")
            names[_entry(scanner)] = None
    else:
        names[_entry(scanner)] = None
    if not names:
        raise BadCommand("Empty list of entries")
    return Asked(entries=tuple(names), **options)


def _entry(scanner: Scanner) -> str:
    try:
        return entry_name(scanner.astring().decode("utf-8"))
    except UnicodeDecodeError:
        raise BadCommand("Invalid entry name") from None
    except BadEntry as error:
        raise BadCommand(str(error)) from None
