"""How the machine stands: its name, where it listens, its certificate, which ports answer."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from posthouse.foundation.db import Database
from posthouse.foundation.resolver import open_resolver
from posthouse.foundation.settings import DEFAULT_LISTENERS, Settings
from posthouse.foundation.tls import certificate_in_use
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
    "http": 443,
}
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
class Certificate:
    """What is shown to who connects."""

    names: tuple[str, ...]
    issuer: str
    not_after: datetime
    self_signed: bool
    covers_hostname: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine before the first mail. `named`: its name can be one in the world's DNS."""

    hostname: str
    named: bool
    public_url: str | None
    listeners: tuple[Listening, ...]
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """Whether a port answers at a public address, as seen from here: open, closed or silent."""

    listener: str
    port: int
    address: str
    answer: str


def look_around(settings: Settings) -> Machine:
    """Reads a file; not for an event loop."""
    return Machine(
        hostname=settings.hostname,
        named="." in settings.hostname.strip("."),
        public_url=settings.public_url,
        listeners=tuple(_listening(settings, name) for name in USUAL_PORTS),
        certificate=_certificate(settings),
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
        if settings.listener(name) is not None
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


def _certificate(settings: Settings) -> Certificate:
    shown = certificate_in_use(settings)
    names = _names(shown)
    return Certificate(
        names=tuple(names),
        issuer=shown.issuer.rfc4514_string(),
        not_after=shown.not_valid_after_utc,
        self_signed=shown.issuer == shown.subject,
        covers_hostname=any(_covers(name, settings.hostname) for name in names),
    )


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)


def _covers(pattern: str, hostname: str) -> bool:
    """RFC 9525 6.3: a star stands for one whole label, the first."""
    pattern, hostname = pattern.lower(), hostname.lower()
    if pattern.startswith("*."):
        return hostname.partition(".")[2] == pattern[2:]
    return pattern == hostname
