"""How the machine stands: its name, where it listens, which ports answer."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.protocols.dns import IPAddress, host_addresses

# What mail programs and other servers expect (RFC 5321, 6186, 8314; 80 and 443 for the page).
USUAL_PORTS = {
    "smtp": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "managesieve": 4190,
    "https": 443,
    "challenges": 80,
}
# A web server beside us may have these; what stands there is asked all the same.
_OF_THE_WEB = ("https", "challenges")
_KNOCK_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """One listener; `host` and `port` are None when it is off. `reach`: off, machine or network."""

    name: str
    host: str | None
    port: int | None
    usual_port: int
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine before the first mail. `named`: its name can be one in the world's DNS."""

    hostname: str
    named: bool
    public_url: str | None
    listeners: tuple[Listening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """Whether a port answers at a public address, as seen from here: open, closed or silent."""

    listener: str
    port: int
    address: str
    answer: str


def look_around(settings: Settings) -> Machine:
    """As the settings have it."""
    return Machine(
        hostname=settings.hostname,
        named="." in settings.hostname.strip("."),
        public_url=settings.public_url,
        listeners=tuple(_listening(settings, name) for name in USUAL_PORTS),
    )


async def knock(database: Database, ports: Mapping[str, int] = USUAL_PORTS) -> list[Knock]:
    """Every usual port at every address that DNS has for our name; none when it has none.

    From here it shows that something listens there and what stands between; whether strangers get
    through the provider's own walls shows only with the first mail from outside.
    """
    settings = database.service(Settings)
    resolver = open_resolver(settings.resolver)
    try:
        found = await host_addresses(resolver, settings.hostname)
    finally:
        await resolver.close()
    wanted = [
        (name, port, address)
        for address in _outside(found.records)
        for name, port in ports.items()
        if name in _OF_THE_WEB or settings.listener(name) is not None
    ]
    answers = await asyncio.gather(*(_answer(address, port) for _, port, address in wanted))
    return [
        Knock(listener=name, port=port, address=str(address), answer=answer)
        for (name, port, address), answer in zip(wanted, answers, strict=True)
    ]


def _outside(addresses: Iterable[IPAddress]) -> list[IPAddress]:
    """At most one of each kind is asked: of several machines this is one."""
    first: dict[int, IPAddress] = {}
    for address in addresses:
        first.setdefault(address.version, address)
    return list(first.values())


async def _answer(address: IPAddress, port: int) -> str:
    try:
        async with asyncio.timeout(_KNOCK_SECONDS):
            _, writer = await asyncio.open_connection(str(address), port)
    except TimeoutError:
        return "silent"
    except OSError:
        return "closed"
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return "open"


def _listening(settings: Settings, name: str) -> Listening:
    assert name in DEFAULT_LISTENERS
    address = settings.listener(name)
    host, port = address or (None, None)
    return Listening(
        name=name,
        host=host,
        port=port,
        usual_port=USUAL_PORTS[name],
        reach="off" if host is None else "machine" if _only_here(host) else "network",
    )


def _only_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
