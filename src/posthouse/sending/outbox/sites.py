"""Where mail for a domain goes: mailboxes of this house, a relay, or the hosts DNS names."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.protocols.dns import (
    CachingResolver,
    IPAddress,
    MailHosts,
    Reach,
    find_mail_hosts,
    host_addresses,
)
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox import store
from posthouse.sending.outbox.connection import Target, TlsPolicy

_MOST_TARGETS = 6
_SMTP_PORT = 25

_REFUSALS = {
    Reach.NULL_MX: Reply(556, "The domain takes no mail", "5.1.10"),  # RFC 7505 4.2
    Reach.NO_DOMAIN: Reply(550, "There is no such domain", "5.1.2"),
    Reach.LOOP: Reply(554, "The domain points at us, but its mail is not kept here", "5.4.6"),
    Reach.RETRY: Reply(451, "DNS does not answer for the domain", "4.4.3"),
}
_NO_ADDRESS = Reply(550, "The domain's mail hosts have no address", "5.4.4")
_NO_ANSWER = Reply(451, "DNS does not answer for the domain's mail hosts", "4.4.3")
_NO_RELAY = Reply(451, "The relay's name cannot be resolved", "4.4.3")


@dataclass(frozen=True, slots=True)
class Hosted:
    """Kept here, by this workspace."""

    workspace_id: UUID


@dataclass(frozen=True, slots=True)
class Remote:
    """Servers to try, in this order."""

    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nobody to ask; `reply` says whether that may change."""

    reply: Reply


Way = Hosted | Remote | Nowhere


async def find_way(database: Database, domain: str) -> Way:
    """The way to `domain` (A-labels or an address literal)."""
    settings = database.service(Settings)
    async with database.system() as tx:
        row = await store.domain_of(tx, domain)
    if row["workspace_id"] is not None:
        return Hosted(row["workspace_id"])
    if row["host"] is not None:
        return await _relay(settings, row["host"], row["port"], row["tls"])
    resolver = database.service(CachingResolver)
    if domain.startswith("["):
        address = ipaddress.ip_address(domain.strip("[]").removeprefix("IPv6:"))
        return _targets(settings, [(domain, address)], _NO_ADDRESS)
    hosts = await find_mail_hosts(resolver, domain, (settings.hostname,))
    return await _by_mx(settings, resolver, hosts)


async def _relay(settings: Settings, host: str, port: int, tls: str) -> Way:
    # The operator's own machines may be known to this one alone (hosts file, containers).
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return Nowhere(_NO_RELAY)
    implicit = tls == "implicit"
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return Remote(
        tuple(
            Target(
                host=host,
                address=address,
                hello=settings.hostname,
                port=port,
                tls=TlsPolicy.VERIFIED if implicit else TlsPolicy(tls),
                implicit_tls=implicit,
            )
            for address in addresses[:_MOST_TARGETS]
        )
    )


async def _by_mx(settings: Settings, resolver: CachingResolver, hosts: MailHosts) -> Way:
    if hosts.reach is not Reach.HOSTS:
        return Nowhere(_REFUSALS[hosts.reach])
    answers = await asyncio.gather(
        *(host_addresses(resolver, host) for host in hosts.hosts[:_MOST_TARGETS])
    )
    pairs = [
        (host, address)
        for host, answer in zip(hosts.hosts, answers, strict=False)
        for address in answer.records
    ]
    failing = any(answer.temporary for answer in answers)
    return _targets(settings, pairs, _NO_ANSWER if failing else _NO_ADDRESS)


def _targets(
    settings: Settings, pairs: list[tuple[str, IPAddress]], otherwise: Reply
) -> Remote | Nowhere:
    usable = [(host, a) for host, a in pairs if not _is_ourselves(settings, a)]
    if pairs and not usable:
        return Nowhere(_REFUSALS[Reach.LOOP])
    targets = tuple(
        Target(
            host=host.strip("[]"),
            address=str(address),
            hello=settings.hostname,
            port=settings.mx_port,
        )
        for host, address in usable[:_MOST_TARGETS]
    )
    return Remote(targets) if targets else Nowhere(otherwise)


def _is_ourselves(settings: Settings, address: IPAddress) -> bool:
    """Mail sent there would come back to us and go out again, for ever.

    On the real port an MX at a loopback address is a mistake or an attack on what listens here.
    """
    if address.is_unspecified or address.is_multicast:
        return True
    if not address.is_loopback:
        return False
    own = settings.listener("smtp")
    return settings.mx_port == _SMTP_PORT or (own is not None and own[1] == settings.mx_port)
