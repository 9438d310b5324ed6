"""What SORT and THREAD can order by (RFC 5256, RFC 5957), and the parser of it."""

from dataclasses import dataclass
from enum import Enum

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.scanner import Scanner

MAX_CRITERIA = 32


class SortKey(Enum):
    """RFC 5256 BASE.6.4.SORT and RFC 5957 3."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    DISPLAYFROM = "DISPLAYFROM"
    DISPLAYTO = "DISPLAYTO"
    FROM = "FROM"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"


@dataclass(frozen=True, slots=True)
class Criterion:
    key: SortKey
    reverse: bool = False


class Algorithm(Enum):
    """RFC 5256 3."""

    ORDEREDSUBJECT = "ORDEREDSUBJECT"
    REFERENCES = "REFERENCES"


def parse_criteria(scanner: Scanner) -> tuple[Criterion, ...]:
    """`(REVERSE DATE SUBJECT)`; REVERSE is of the key behind it alone."""
    criteria = []
    for count in scanner.items():
        if count >= MAX_CRITERIA:
            raise BadCommand("Too many sort criteria")
        word = scanner.keyword()
        reverse = word == "REVERSE"
        if reverse:
            scanner.space()
            word = scanner.keyword()
        try:
            criteria.append(Criterion(SortKey(word), reverse))
        except ValueError:
            raise BadCommand("Unknown sort criterion") from None
    if not criteria:
        raise BadCommand("Empty list of sort criteria")
    return tuple(criteria)


def parse_algorithm(scanner: Scanner) -> Algorithm:
    try:
        return Algorithm(scanner.keyword())
    except ValueError:
        raise BadCommand("Unknown threading algorithm") from None
