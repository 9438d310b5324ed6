"""Which certificate each listener shows: asked as a mail program asks, from this machine."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

from posthouse.foundation.settings import Settings
from posthouse.security.certificates.model import Shown, read_certificate

_SECONDS = 3.0
_LONGEST_LINE = 4096
_FROM_THE_FIRST_OCTET = ("submissions", "imaps", "pop3s", "https")


@dataclass(frozen=True, slots=True)
class _Words:
    """How a protocol begins TLS: what greets us, what we say, how a line of consent begins."""

    greeting: bytes
    says: tuple[tuple[bytes, bytes], ...]


_SMTP = _Words(b"220 ", ((b"EHLO doctor.invalid", b"250 "), (b"STARTTLS", b"220")))
# RFC 9051 6.2.1, RFC 2595 4, RFC 5804 2.2.
_STARTTLS = {
    "smtp": _SMTP,
    "submission": _SMTP,
    "imap": _Words(b"* OK", ((b"d STARTTLS", b"d OK"),)),
    "pop3": _Words(b"+OK", ((b"STLS", b"+OK"),)),
    "managesieve": _Words(b"OK", ((b"STARTTLS", b"OK"),)),
}


async def shown_at(settings: Settings) -> dict[str, Shown | None]:
    """Listeners with TLS that are not off → what they show; None: nobody answers there."""
    names = [
        name for name in (*_STARTTLS, *_FROM_THE_FIRST_OCTET) if settings.listener(name) is not None
    ]
    found = await asyncio.gather(*[_ask(settings, name) for name in names])
    return dict(zip(names, found, strict=True))


async def _ask(settings: Settings, name: str) -> Shown | None:
    address = settings.listener(name)
    assert address is not None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0])
    try:
        async with asyncio.timeout(_SECONDS):
            return await _converse(host, address[1], _STARTTLS.get(name))
    except (OSError, TimeoutError, EOFError, ValueError):  # ssl.SSLError is an OSError
        return None


async def _converse(host: str, port: int, words: _Words | None) -> Shown | None:
    reader, writer = await asyncio.open_connection(
        host, port, ssl=None if words else _curious(), limit=_LONGEST_LINE
    )
    try:
        if words is not None:
            await _until(reader, words.greeting)
            for line, consent in words.says:
                writer.write(line + b"\r\n")
                await _until(reader, consent)
            await writer.start_tls(_curious())
        return _certificate(writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _until(reader: asyncio.StreamReader, consent: bytes) -> None:
    while not (line := await reader.readline()).startswith(consent):
        if not line:
            raise EOFError


def _certificate(writer: asyncio.StreamWriter) -> Shown | None:
    tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True) if tls is not None else None
    return read_certificate(ssl.DER_cert_to_PEM_cert(der).encode()) if der else None


def _curious() -> ssl.SSLContext:
    """Looks at whatever is shown: to judge it is the caller's business."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
