"""Parsers of the commands about quotas (RFC 9208 4.1)."""

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.names import read_mailbox
from posthouse.protocols.imap.scanner import Scanner

MAX_ROOT = 1_000
_MOST_LIMITS = 20


def get_quota(scanner: Scanner, tag: bytes, verb: str) -> c.GetQuota:
    return c.GetQuota(tag=tag, verb=verb, root=_root(scanner))


def get_quota_root(scanner: Scanner, tag: bytes, verb: str) -> c.GetQuotaRoot:
    return c.GetQuotaRoot(tag=tag, verb=verb, mailbox=read_mailbox(scanner))


def set_quota(scanner: Scanner, tag: bytes, verb: str) -> c.SetQuota:
    root = _root(scanner)
    scanner.space()
    limits = []
    for _ in scanner.items():
        name = scanner.keyword()
        scanner.space()
        limits.append((name, scanner.number()))
        if len(limits) > _MOST_LIMITS:
            raise BadCommand("Too many resources")
    return c.SetQuota(tag=tag, verb=verb, root=root, limits=tuple(limits))


def _root(scanner: Scanner) -> str:
    """An astring, which may be empty (RFC 9208 7)."""
    scanner.space()
    try:
        root = scanner.astring().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadCommand("Not UTF-8") from error
    if len(root) > MAX_ROOT:
        raise BadCommand("Invalid quota root")
    return root
