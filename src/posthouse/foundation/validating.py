"""A resolver that tells what DNSSEC has proved: for DANE, which is worth nothing without.

The proof is the validating resolver's, told by the AD bit; whoever stands between it and us could
set that bit, so it is believed on loopback, or when the operator says so (RFC 7672 2.1.3 and 8).
"""

import asyncio
import secrets
import struct
from ipaddress import ip_address

from posthouse.foundation.resolver import parse_resolver
from posthouse.foundation.settings import Settings
from posthouse.protocols.dns import Answer, CachingResolver, RecordType, Status
from posthouse.protocols.dns.model import Record
from posthouse.protocols.dns.wire import BadMessage, Truncated, make_query, read_reply

_TRIES = (2.0, 4.0)  # seconds


def open_validating(settings: Settings) -> CachingResolver | None:
    """For POSTHOUSE_RESOLVER, when its word is to be believed; None otherwise."""
    if settings.resolver is None or settings.dane == "off":
        return None
    host, port = parse_resolver(settings.resolver)
    if settings.dane == "loopback" and not ip_address(host).is_loopback:
        return None
    return CachingResolver(ValidatingUpstream(host, port))


class ValidatingUpstream:
    """Asks over UDP from a port of its own for each question, and over TCP what does not fit."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def ask(self, name: str, kind: RecordType) -> Answer[Record]:
        for seconds in _TRIES:
            number = secrets.randbits(16)
            query = make_query(number, name, kind)
            try:
                async with asyncio.timeout(seconds):
                    try:
                        return await self._over_udp(query, number, name, kind)
                    except Truncated:
                        return await self._over_tcp(query, number, name, kind)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, BadMessage, Truncated):
                continue
        return Answer(status=Status.TEMPORARY, detail="the validating resolver does not answer")

    async def close(self) -> None:
        """Nothing stays open between questions."""

    async def _over_udp(
        self, query: bytes, number: int, name: str, kind: RecordType
    ) -> Answer[Record]:
        loop = asyncio.get_running_loop()
        transport, waiting = await loop.create_datagram_endpoint(
            lambda: _Waiting(loop), remote_addr=(self._host, self._port)
        )
        try:
            transport.sendto(query)
            while True:
                wire = await waiting.replies.get()
                try:
                    return read_reply(wire, number, name, kind)
                except BadMessage:
                    continue  # not ours: the right one may still come
        finally:
            transport.close()

    async def _over_tcp(
        self, query: bytes, number: int, name: str, kind: RecordType
    ) -> Answer[Record]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(struct.pack("!H", len(query)) + query)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            return read_reply(await reader.readexactly(length), number, name, kind)
        finally:
            writer.close()


class _Waiting(asyncio.DatagramProtocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.replies: asyncio.Queue[bytes] = asyncio.Queue(16)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        if not self.replies.full():
            self.replies.put_nowait(data)
