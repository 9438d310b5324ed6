"""Parsers of SORT and THREAD (RFC 5256, RFC 5267)."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.esearch import parse_return
from posthouse.protocols.imap.ordering import parse_algorithm, parse_criteria
from posthouse.protocols.imap.scanner import Scanner
from posthouse.protocols.imap.search_parser import parse_with_charset


def sort(scanner: Scanner, tag: bytes, verb: str) -> c.Sort:
    scanner.space()
    returns = parse_return(scanner)
    criteria = parse_criteria(scanner)
    scanner.space()
    return c.Sort(
        tag=tag,
        verb=verb,
        by_uid=verb.startswith("UID "),
        criteria=criteria,
        key=parse_with_charset(scanner),
        returns=returns,
    )


def thread(scanner: Scanner, tag: bytes, verb: str) -> c.Thread:
    scanner.space()
    algorithm = parse_algorithm(scanner)
    scanner.space()
    return c.Thread(
        tag=tag,
        verb=verb,
        by_uid=verb.startswith("UID "),
        algorithm=algorithm,
        key=parse_with_charset(scanner),
    )
