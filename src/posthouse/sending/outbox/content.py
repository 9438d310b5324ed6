"""What leaves, made of what was written: complete, without Bcc, signed for its domain."""

import asyncio
import os
import re
from dataclasses import dataclass
from datetime import datetime

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.protocols import mime
from posthouse.protocols.mailauth.sign import Signer, SigningKey, Unsignable
from posthouse.protocols.mime.build import format_date, make_message_id
from posthouse.security.members import signing_keys

_PRIVATE_FIELDS = (b"bcc", b"resent-bcc")
# Above this, hashing would hold the event loop for milliseconds.
_LARGE = 256 * 1024
_HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message, ready. `author` is the canonical first From address.

    `header` and `body` together leave the house; `copy` is the same with Bcc, for the sender.
    `scan` is of the header as it was written.
    """

    author: str
    header: bytes
    body: bytes
    copy: bytes
    smtputf8: bool
    scan: mime.Scan


async def make_outgoing(tx: Tx, raw: bytes) -> Outgoing:
    """Trace fields stay on top, then our DKIM signatures (if the domain is hosted here), then it.

    A missing Date or Message-ID is added (RFC 6409 8.2, 8.3). Raises Invalid when there is not
    exactly one From.
    """
    author = _author_of(raw)
    domain = author.rpartition("@")[2]
    if not domain:
        raise Invalid("The message needs a From address.", field="from")
    signer = await _signer_of(tx, domain)
    if len(raw) > _LARGE:
        return await asyncio.to_thread(_make, raw, author, signer, clock.now())
    return _make(raw, author, signer, clock.now())


def pass_on(raw: bytes) -> Outgoing:
    """Mail of others as it is: what its author signed stays signed, and we sign nothing for him.

    Raises Invalid when it has no author.
    """
    author = _author_of(raw)
    if not author:
        raise Invalid("The message needs a From address.", field="from")
    message = mime.to_crlf(raw)
    header, body = _halves(message)
    scan = mime.scan(header)
    return Outgoing(
        author=author,
        header=header,
        body=body,
        copy=message,
        smtputf8=_needs_smtputf8(scan),
        scan=scan,
    )


def _make(raw: bytes, author: str, signer: Signer | None, now: datetime) -> Outgoing:
    trace, rest = mime.split_trace(mime.to_crlf(raw))
    header, body = _halves(rest)
    scan = mime.scan(header)
    header = _completed(scan, author.rpartition("@")[2], now) + header
    public = _without_private_fields(header)
    try:
        signature = signer.sign(public + body, now=now.timestamp()) if signer else b""
    except Unsignable as error:
        raise Invalid(f"The message cannot be signed: {error}.") from error
    return Outgoing(
        author=author,
        header=trace + signature + public,
        body=body,
        copy=trace + signature + header + body,
        smtputf8=_needs_smtputf8(scan),
        scan=scan,
    )


def _author_of(raw: bytes) -> str:
    end = _HEADER_END.search(raw)
    authors = mime.addresses(mime.scan(raw[: end.end()] if end else raw), b"from")
    return mime.canonical(authors[0].address) if authors else ""


def _halves(rest: bytes) -> tuple[bytes, bytes]:
    end = rest.find(b"\r\n\r\n")
    if rest.startswith(b"\r\n"):
        return b"", rest
    return (rest, b"") if end < 0 else (rest[: end + 4], rest[end + 4 :])


def _completed(scan: mime.Scan, domain: str, now: datetime) -> bytes:
    added = b""
    if scan.header(b"date") is None:
        added += b"Date: %b\r\n" % format_date(now).encode()
    if scan.header(b"message-id") is None:
        added += b"Message-ID: <%b>\r\n" % make_message_id(os.urandom(20), domain).encode()
    return added


def _without_private_fields(header: bytes) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for name, start, end in mime.field_spans(header, mime.scan(header).root):
        if name.lower() in _PRIVATE_FIELDS:
            pieces.append(header[position:start])
            position = end
    return b"".join([*pieces, header[position:]])


async def _signer_of(tx: Tx, domain: str) -> Signer | None:
    """For the domain's own keys; loaded keys are kept by mailauth for the whole process."""
    keys = [
        SigningKey(domain=key.domain, selector=key.selector, encoded=key.private_key)
        for key in await signing_keys(tx, domain)
    ]
    return Signer(keys) if keys else None


def _needs_smtputf8(scan: mime.Scan) -> bool:
    """Whether its own addresses cannot be said in ASCII (RFC 6531); names are no obstacle."""
    return any(
        not person.local.isascii()
        for name in (b"from", b"sender", b"reply-to", b"to", b"cc")
        for person in mime.addresses(scan, name)
    )
