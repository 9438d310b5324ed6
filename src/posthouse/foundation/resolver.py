"""The one resolver of a process: aiodns (c-ares) behind the cache of `protocols/dns`."""

import asyncio
from collections.abc import Awaitable
from ipaddress import IPv4Address, IPv6Address

import aiodns
import pycares
from aiodns.error import ARES_EBADNAME, ARES_ENODATA, ARES_ENOTFOUND

from posthouse.protocols.dns import (
    Answer,
    CachingResolver,
    MailExchanger,
    RecordType,
    ServiceHost,
    Status,
)
from posthouse.protocols.dns.model import Record

FIRST_TRY = 2.0  # seconds; c-ares doubles it with each further try
TRIES = 3

# c-ares keeps answers by itself, up to an hour, without a bound on their number, and pycares has
# no switch for it. A fresh channel forgets them and costs 0.1 ms, so we take one this often.
QUERIES_PER_CHANNEL = 2_000


def open_resolver(
    address: str | None = None, *, first_try: float = FIRST_TRY, tries: int = TRIES
) -> CachingResolver:
    """A resolver for the running event loop; close it with `await resolver.close()`.

    `address` is POSTHOUSE_RESOLVER as `HOST:PORT`, `[V6]:PORT` or `HOST` (an IP address);
    None means the name servers of the system. Raises ValueError when it is not such an address.
    """
    server = None if address is None else parse_resolver(address)
    return CachingResolver(AresUpstream(server, first_try=first_try, tries=tries))


class AresUpstream:
    """Asks through c-ares over UDP, and over TCP when the answer is truncated."""

    def __init__(
        self, server: tuple[str, int] | None, *, first_try: float = FIRST_TRY, tries: int = TRIES
    ) -> None:
        self._server = server
        self._first_try = first_try
        self._tries = tries
        self._asked = 0
        self._channel: aiodns.DNSResolver | None = None

    async def ask(self, name: str, kind: RecordType) -> Answer[Record]:
        try:
            result = await self._query(name, kind)
        except aiodns.error.DNSError as error:
            return _failure(*error.args)
        return _answer(result, kind)

    async def close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    def _query(self, name: str, kind: RecordType) -> Awaitable[pycares.DNSResult]:
        if self._channel is None or self._asked >= QUERIES_PER_CHANNEL:
            # The old one lives on in the futures that still wait for it.
            self._channel, self._asked = self._open(), 0
        self._asked += 1
        return _holding(self._channel, self._channel.query_dns(name, kind.value))

    def _open(self) -> aiodns.DNSResolver:
        loop = asyncio.get_running_loop()
        if self._server is None:
            return aiodns.DNSResolver(loop=loop, timeout=self._first_try, tries=self._tries)
        host, port = self._server
        return aiodns.DNSResolver(
            [host],
            loop=loop,
            timeout=self._first_try,
            tries=self._tries,
            udp_port=port,
            tcp_port=port,
        )


async def _holding(
    channel: aiodns.DNSResolver, future: asyncio.Future[pycares.DNSResult]
) -> pycares.DNSResult:
    """Awaits `future`; the frame keeps `channel` alive, which would drop its queries otherwise."""
    try:
        return await future
    finally:
        del channel


def _failure(code: int, text: str) -> Answer[Record]:
    if code == ARES_ENODATA:
        return Answer(status=Status.NO_DATA, detail=text)
    # EBADNAME: c-ares asks host names only, so `a:foo/bar.example` of SPF cannot exist for us.
    if code in (ARES_ENOTFOUND, ARES_EBADNAME):
        return Answer(status=Status.NXDOMAIN, detail=text)
    return Answer(status=Status.TEMPORARY, detail=text)


def _answer(result: pycares.DNSResult, kind: RecordType) -> Answer[Record]:
    """Keeps the records of the kind asked for, whatever alias (CNAME) they stand behind."""
    ttl = min((record.ttl for record in result.answer), default=0)
    records = [
        value for record in result.answer if (value := _value(record.data, kind)) is not None
    ]
    if not records:
        return Answer(status=Status.NO_DATA, ttl=ttl, detail="only aliases in the answer")
    if kind is RecordType.MX:
        records.sort()
    return Answer(status=Status.FOUND, records=tuple(records), ttl=ttl)


def _value(data: object, kind: RecordType) -> Record | None:
    match data:
        case pycares.ARecordData() if kind is RecordType.A:
            return IPv4Address(data.addr)
        case pycares.AAAARecordData() if kind is RecordType.AAAA:
            return IPv6Address(data.addr)
        case pycares.MXRecordData() if kind is RecordType.MX:
            return MailExchanger(data.priority, data.exchange.lower().removesuffix("."))
        case pycares.SRVRecordData() if kind is RecordType.SRV:
            host = data.target.lower().removesuffix(".")
            return ServiceHost(data.priority, data.weight, data.port, host)
        case pycares.TXTRecordData() if kind is RecordType.TXT:
            return data.data
        case pycares.PTRRecordData() if kind is RecordType.PTR:
            return data.dname.lower().removesuffix(".")
        case _:
            return None


def parse_resolver(address: str) -> tuple[str, int]:
    """`HOST:PORT` as two parts; the host must be an address, there is nobody yet to ask a name.

    Raises ValueError.
    """
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = address, "53"
    host = host.removeprefix("[").removesuffix("]")
    try:
        (IPv6Address if ":" in host else IPv4Address)(host)
        number = int(port)
    except ValueError as error:
        raise ValueError(f"not an address and port: {address!r}") from error
    if not 0 < number < 65_536:
        raise ValueError(f"not a port: {address!r}")
    return host, number
