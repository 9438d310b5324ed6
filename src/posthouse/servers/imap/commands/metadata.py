"""GETMETADATA and SETMETADATA (RFC 5464)."""

from posthouse.mail.mailboxes.annotations import (
    LONGEST_VALUE,
    TooManyAnnotations,
    ValueTooLong,
)
from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap.errors import Refusal
from posthouse.protocols.imap.responses import astring, binary, parenthesised, string
from posthouse.servers.imap.annotations import Found, annotate, find, longest_left_out
from posthouse.servers.imap.session import Done, Session


async def get_metadata(session: Session, command: c.GetMetadata) -> Done:
    """4.2: an entry that is asked for and not there is NIL."""
    async with session.store.at(command.mailbox) as (tx, place):
        [found] = (await find(tx, session.store.actor, [place], command.asked)).values()
    if found.values:
        session.untagged(metadata_line(_name(session, command.mailbox), found))
    longest = longest_left_out(found, command.asked)
    return Done("Told", code=f"METADATA LONGENTRIES {longest}" if longest else None)


async def set_metadata(session: Session, command: c.SetMetadata) -> Done:
    """4.3: all of it is done, or nothing."""
    try:
        async with session.store.at(command.mailbox) as (tx, place):
            await annotate(tx, session.store.actor, place, command.values)
    except ValueTooLong as error:
        raise Refusal(error.reason, code=f"METADATA MAXSIZE {LONGEST_VALUE}") from None
    except TooManyAnnotations as error:
        raise Refusal(error.reason, code="METADATA TOOMANY") from None
    return Done("Noted")


def metadata_line(name: bytes, found: Found) -> bytes:
    """`METADATA "INBOX" (/shared/comment "For orders")`"""
    items = (
        astring(entry.encode("ascii")) + b" " + _value(value)
        for entry, value in found.values.items()
    )
    return b"METADATA %b %b" % (name, parenthesised(items))


def _value(value: bytes | None) -> bytes:
    if value is None:
        return b"NIL"
    return binary(value) if b"\x00" in value else string(value)


def _name(session: Session, path: str | None) -> bytes:
    return b'""' if path is None else session.mailbox(path)
