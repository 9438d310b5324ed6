"""RETURN options of SEARCH and SORT, and the ESEARCH response (RFC 4731, 5182, 5267)."""

from enum import Enum

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.responses import quoted
from posthouse.protocols.imap.scanner import Scanner


class Result(Enum):
    """What of the result is wanted; SAVE keeps it for `$`."""

    MIN = "MIN"
    MAX = "MAX"
    ALL = "ALL"
    COUNT = "COUNT"
    SAVE = "SAVE"


def parse_return(scanner: Scanner) -> frozenset[Result] | None:
    """`RETURN (...) ` when it is next, with the space after it; None when it is not."""
    if scanner.text[scanner.position : scanner.position + 8].upper() != b"RETURN (":
        return None
    scanner.position += 7
    options = set()
    for _ in scanner.items():
        try:
            options.add(Result(scanner.keyword()))
        except ValueError:
            raise BadCommand("Unknown RETURN option") from None
    scanner.space()
    return frozenset(options) or frozenset({Result.ALL})  # RFC 4731 3.1: () is (ALL)


def response(tag: bytes, items: list[bytes], *, by_uid: bool) -> bytes:
    """`ESEARCH (TAG "a") UID COUNT 3`"""
    words = [b"ESEARCH (TAG %b)" % quoted(tag)]
    if by_uid:
        words.append(b"UID")
    return b" ".join(words + items)
