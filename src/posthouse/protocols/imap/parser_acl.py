"""Parsers of the commands about rights (RFC 4314 3)."""

import re

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.names import read_mailbox
from posthouse.protocols.imap.scanner import Scanner

MAX_IDENTIFIER = 320  # an address, and a sign before it
_RIGHTS = re.compile(rb"[+-]?[a-z0-9]{0,40}")


def my_rights(scanner: Scanner, tag: bytes, verb: str) -> c.MyRights:
    return c.MyRights(tag=tag, verb=verb, mailbox=read_mailbox(scanner))


def get_acl(scanner: Scanner, tag: bytes, verb: str) -> c.GetAcl:
    return c.GetAcl(tag=tag, verb=verb, mailbox=read_mailbox(scanner))


def list_rights(scanner: Scanner, tag: bytes, verb: str) -> c.ListRights:
    mailbox = read_mailbox(scanner)
    return c.ListRights(tag=tag, verb=verb, mailbox=mailbox, identifier=_identifier(scanner))


def set_acl(scanner: Scanner, tag: bytes, verb: str) -> c.SetAcl:
    mailbox, identifier = read_mailbox(scanner), _identifier(scanner)
    if verb == "SETACL":
        scanner.space()
        if not _RIGHTS.fullmatch(scanner.astring()):  # 3.1: upper case is not allowed
            raise BadCommand("Rights are lower-case letters and digits")
    return c.SetAcl(tag=tag, verb=verb, mailbox=mailbox, identifier=identifier)


def _identifier(scanner: Scanner) -> str:
    scanner.space()
    written = scanner.astring()
    try:
        identifier = written.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadCommand("Not UTF-8") from error
    if not identifier or len(identifier) > MAX_IDENTIFIER:
        raise BadCommand("Invalid identifier")
    return identifier
