"""Servers where they usually are: those that answer there, with a certificate of that name."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from posthouse.mail.accounts.detection.model import FoundServer
from posthouse.mail.accounts.detection.services import is_under
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.wire import Wire, connect
from posthouse.protocols.autoconfig import Protocol

_SECONDS = 5.0
_AT_ONCE = 8
_LONGEST_REPLY = 4_096


@dataclass(frozen=True, slots=True)
class _Dialect:
    """As much of a protocol as it takes to know it, and to begin TLS in it."""

    greeting: bytes
    hello: bytes
    begin: bytes
    begun: bytes


_DIALECTS: dict[Protocol, _Dialect] = {
    "imap": _Dialect(b"* OK", b"", b"a STARTTLS\r\n", b"a OK"),  # RFC 3501 6.2.1
    "pop3": _Dialect(b"+OK", b"", b"STLS\r\n", b"+OK"),  # RFC 2595 4
    "smtp": _Dialect(b"220", b"EHLO [127.0.0.1]\r\n", b"STARTTLS\r\n", b"220"),  # RFC 3207 4
}
_TRIES: tuple[tuple[Protocol, tuple[str, ...], Server], ...] = (
    ("imap", ("imap", "mail", ""), Server(host="", port=993, security="tls")),
    ("imap", ("imap", "mail", ""), Server(host="", port=143, security="starttls")),
    ("pop3", ("pop", "pop3", "mail"), Server(host="", port=995, security="tls")),
    ("smtp", ("smtp", "mail", ""), Server(host="", port=465, security="tls")),
    ("smtp", ("smtp", "mail", ""), Server(host="", port=587, security="starttls")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMap:
    """Which port to knock at in place of the usual one: in tests."""

    instead: dict[int, int]

    def of(self, port: int) -> int:
        return self.instead.get(port, port)


async def servers_by_guess(
    outside: Outside, address: str, mail_host: str, ports: PortMap
) -> list[FoundServer]:
    """At the names most domains use, and at the host that takes their mail, if there is one."""
    domain = address.rpartition("@")[2]
    guesses = list(_guesses(domain, mail_host, ports))
    few = asyncio.Semaphore(_AT_ONCE)

    async def answers(protocol: Protocol, server: Server) -> bool:
        async with few:
            return await _answers(outside, protocol, server)

    good = await asyncio.gather(*(answers(*guess) for guess in guesses))
    return [
        FoundServer(
            protocol=protocol,
            server=server,
            login=address,
            way="guess",
            detail=server.host,
            vouched=is_under(server.host, domain),
        )
        for (protocol, server), answered in zip(guesses, good, strict=True)
        if answered
    ]


def _guesses(domain: str, mail_host: str, ports: PortMap) -> Iterator[tuple[Protocol, Server]]:
    for protocol, prefixes, usual in _TRIES:
        hosts = [f"{prefix}.{domain}" if prefix else domain for prefix in prefixes]
        for host in dict.fromkeys([*hosts, *([mail_host] if mail_host else [])]):
            yield protocol, Server(host=host, port=ports.of(usual.port), security=usual.security)


async def _answers(outside: Outside, protocol: Protocol, server: Server) -> bool:
    """Whether such a server is there, behind TLS that holds."""
    with suppress(AccountError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            return await _knock(outside, protocol, server)
    return False


async def _knock(outside: Outside, protocol: Protocol, server: Server) -> bool:
    dialect = _DIALECTS[protocol]
    wire = await connect(outside, server)
    try:
        if not (await _reply(wire)).startswith(dialect.greeting):
            return False
        if wire.secure:
            return True
        if dialect.hello:
            await wire.write(dialect.hello)
            await _reply(wire)
        await wire.write(dialect.begin)
        if not (await _reply(wire)).startswith(dialect.begun):
            return False
        await wire.start_tls(outside.tls)
        return True
    finally:
        wire.abort()


async def _reply(wire: Wire) -> bytes:
    """The last line of an answer: SMTP continues with a hyphen (RFC 5321 4.2.1)."""
    said = b""
    while not said.endswith(b"\n") or _goes_on(said):
        said += await wire.read()
        if len(said) > _LONGEST_REPLY:
            return b""
    return said.splitlines()[-1]


def _goes_on(said: bytes) -> bool:
    last = said.splitlines()[-1]
    return last[:3].isdigit() and last[3:4] == b"-"
