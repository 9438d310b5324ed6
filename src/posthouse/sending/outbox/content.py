"""What leaves, made of what was written: complete, without Bcc, signed for its domain."""

import asyncio
import os
from dataclasses import dataclass

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.protocols import mime
from posthouse.protocols.mailauth import Signer, SigningKey, Unsignable
from posthouse.protocols.mime.build import format_date, make_message_id
from posthouse.security.members import signing_keys

_PRIVATE_FIELDS = (b"bcc", b"resent-bcc")
# Above this, hashing would hold the event loop for milliseconds.
_LARGE = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message, ready. `author` is the canonical first From address.

    `header` and `body` together leave the house; `copy` is the same with Bcc, for the sender.
    """

    author: str
    header: bytes
    body: bytes
    copy: bytes
    smtputf8: bool


async def make_outgoing(tx: Tx, raw: bytes) -> Outgoing:
    """Trace fields stay on top, then our DKIM signatures (if the domain is hosted here), then it.

    A missing Date or Message-ID is added (RFC 6409 8.2, 8.3). Raises Invalid when there is not
    exactly one From.
    """
    trace, rest = mime.split_trace(mime.to_crlf(raw))
    header, body = _halves(rest)
    scan = mime.scan(header)
    authors = mime.addresses(scan, b"from")
    author = mime.canonical(authors[0].address) if authors else ""
    domain = author.rpartition("@")[2]
    if not domain:
        raise Invalid("The message needs a From address.", field="from")
    header = _completed(scan, domain) + header
    public = _without_private_fields(header)
    signature = await _signature(tx, domain, public + body)
    return Outgoing(
        author=author,
        header=trace + signature + public,
        body=body,
        copy=trace + signature + header + body,
        smtputf8=_needs_smtputf8(scan),
    )


def _halves(rest: bytes) -> tuple[bytes, bytes]:
    end = rest.find(b"\r\n\r\n")
    if rest.startswith(b"\r\n"):
        return b"", rest
    return (rest, b"") if end < 0 else (rest[: end + 4], rest[end + 4 :])


def _completed(scan: mime.Scan, domain: str) -> bytes:
    added = b""
    if scan.header(b"date") is None:
        added += b"Date: %b\r\n" % format_date(clock.now()).encode()
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


async def _signature(tx: Tx, domain: str, message: bytes) -> bytes:
    keys = await signing_keys(tx, domain)
    if not keys:
        return b""
    # Loading a key is what costs, and loaded keys are kept by mailauth for the whole process.
    signer = Signer(
        [
            SigningKey(domain=key.domain, selector=key.selector, encoded=key.private_key)
            for key in keys
        ]
    )
    now = clock.now().timestamp()
    try:
        if len(message) > _LARGE:
            return await asyncio.to_thread(signer.sign, message, now=now)
        return signer.sign(message, now=now)
    except Unsignable as error:
        raise Invalid(f"The message cannot be signed: {error}.") from error


def _needs_smtputf8(scan: mime.Scan) -> bool:
    """Whether its own addresses cannot be said in ASCII (RFC 6531); names are no obstacle."""
    return any(
        not person.local.isascii()
        for name in (b"from", b"sender", b"reply-to", b"to", b"cc")
        for person in mime.addresses(scan, name)
    )
