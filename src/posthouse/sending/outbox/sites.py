"""Where mail for a domain goes: mailboxes of this house, a relay, or the hosts DNS names.

The nearest relay counts: of the sender's mailbox, of the recipient's domain (a route), of the
sender's domain, of the workspace, of the house (the route '*').
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass, replace
from uuid import UUID

from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.guarded import is_outside
from posthouse.foundation.settings import Settings
from posthouse.protocols.dns import (
    Answer,
    CachingResolver,
    IPAddress,
    MailHosts,
    Reach,
    host_addresses,
    mail_hosts,
)
from posthouse.protocols.smtp.reply import Reply
from posthouse.sending.outbox import store
from posthouse.sending.outbox.connection import Credentials, Target, TlsPolicy
from posthouse.sending.outbox.handover import Handover, Kind, SignIn
from posthouse.sending.outbox.ourselves import is_ours, public_addresses
from posthouse.sending.outbox.relays import Relay, relay_of
from posthouse.sending.outbox.routes import EVERYTHING, sign_in_of
from posthouse.sending.outbox.tls_rules import TlsRules

_MOST_HOSTS = 6
# One host with a hundred addresses must not keep us from the next one.
_MOST_ADDRESSES = 4
_MOST_TARGETS = 8

_REFUSALS = {
    Reach.NULL_MX: Reply(556, "The domain takes no mail", "5.1.10"),  # RFC 7505 4.2
    Reach.NO_DOMAIN: Reply(550, "There is no such domain", "5.1.2"),
    Reach.LOOP: Reply(554, "The domain points at us, but its mail is not kept here", "5.4.6"),
    Reach.RETRY: Reply(451, "DNS does not answer for the domain", "4.4.3"),
}
_NO_ADDRESS = Reply(550, "The domain's mail hosts have no address", "5.4.4")
_NO_ANSWER = Reply(451, "DNS does not answer for the domain's mail hosts", "4.4.3")
_NO_PROMISED_HOST = Reply(451, "None of the domain's hosts keeps what it says of TLS", "4.7.5")
_NO_RELAY = Reply(451, "The relay's name cannot be resolved", "4.4.3")
_INSIDE = Reply(451, "The relay is in a network that only the operator may lead mail to", "4.4.4")


@dataclass(frozen=True, slots=True)
class Hosted:
    """Kept here, by this workspace."""

    workspace_id: UUID


@dataclass(frozen=True, slots=True)
class Remote:
    """Servers to try, in this order. `site` names them as one: what they bear, they bear together.

    Domains with the same mail hosts are one site, and so is a relay for all that goes there.
    `whole`: a message goes to all its recipients in one transaction.
    """

    site: str
    targets: tuple[Target, ...]
    is_relay: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider that takes mail over HTTP."""

    site: str
    host: str
    sign_in: SignIn


@dataclass(frozen=True, slots=True)
class Service:
    """The service of a linked account, that takes its mail itself."""

    site: str
    host: str
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nobody to ask; `reply` says whether that may change."""

    reply: Reply
    is_relay: bool = False


Way = Hosted | Remote | Provider | Service | Nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The relay that counts. `name` tells those of senders apart, `inside` who may stand there."""

    handover: Handover
    sign_in: SignIn | None
    name: str = ""
    inside: bool = True


async def find_way(
    database: Database, domain: str, rules: TlsRules | None = None, relay_id: UUID | None = None
) -> Way:
    """The way to `domain` (A-labels or an address literal), with the TLS that `rules` ask for.

    `relay_id` is the relay of the sender.
    """
    settings = database.service(Settings)
    async with database.system() as tx:
        row = await store.domain_of(tx, domain)
        chosen = _nearest(tx, row, await relay_of(tx, relay_id) if relay_id else None)
    if row["workspace_id"] is not None:
        return Hosted(row["workspace_id"])
    if chosen is not None:
        return await _by_relay(settings, chosen)
    resolver = database.service(CachingResolver)
    if domain.startswith("["):
        address = ipaddress.ip_address(domain.strip("[]").removeprefix("IPv6:"))
        return await _literal(settings, resolver, domain, address)
    way = await _by_mx(settings, resolver, domain)
    if rules is None or not isinstance(way, Remote):
        return way
    targets = await rules.apply(domain, way.targets)
    return replace(way, targets=tuple(targets)) if targets else Nowhere(_NO_PROMISED_HOST)


def _nearest(tx: Tx, row: Row, relay: Relay | None) -> _Chosen | None:
    routed = row["route"] not in (None, EVERYTHING)
    if relay is not None and (relay.of_mailbox or not routed):
        return _Chosen(
            handover=relay.handover,
            sign_in=relay.sign_in,
            # Whose password is wrong must not keep the mail of others waiting.
            name=f" {relay.id.hex[-8:]}",
            inside=relay.inside,
        )
    if row["host"] is None:
        return None
    handover = Handover(kind=Kind(row["kind"]), host=row["host"], port=row["port"], tls=row["tls"])
    return _Chosen(handover=handover, sign_in=sign_in_of(tx, row["route"], row["sign_in"]))


async def _by_relay(settings: Settings, chosen: _Chosen) -> Way:
    host, port, tls = chosen.handover.host, chosen.handover.port, chosen.handover.tls
    sign_in = chosen.sign_in
    if chosen.handover.kind is Kind.SES:
        assert sign_in is not None
        return Provider(f"ses {host}{chosen.name}", host, sign_in)
    # The operator's own machines may be known to this one alone (hosts file, containers).
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return Nowhere(_NO_RELAY, is_relay=True)
    implicit = tls == "implicit"
    known = Credentials(identity=sign_in.user, password=sign_in.password) if sign_in else None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not chosen.inside:
        addresses = [
            each for each in addresses if is_outside(ipaddress.ip_address(each.partition("%")[0]))
        ]
        if not addresses:
            return Nowhere(_INSIDE, is_relay=True)
    targets = tuple(
        Target(
            host=host,
            address=address,
            hello=settings.hostname,
            port=port,
            tls=TlsPolicy.VERIFIED if implicit else TlsPolicy(tls),
            implicit_tls=implicit,
            credentials=known,
        )
        for address in addresses[:_MOST_TARGETS]
    )
    return Remote(f"relay {host}:{port}{chosen.name}", targets, is_relay=True)


async def _literal(
    settings: Settings, resolver: CachingResolver, domain: str, address: IPAddress
) -> Way:
    if is_ours(settings, address, await public_addresses(settings, resolver)):
        return Nowhere(_REFUSALS[Reach.LOOP])
    return Remote(domain, (_target(settings, domain.strip("[]"), address),))


async def _by_mx(settings: Settings, resolver: CachingResolver, domain: str) -> Way:
    """RFC 5321 5.1: hosts by preference, as far as we are not reached among them."""
    own = {settings.hostname.lower().removesuffix(".")}
    answer = await resolver.mx(domain)
    hosts = mail_hosts(domain, answer, own_names=own)
    found = await _addresses(resolver, hosts)
    public = await public_addresses(settings, resolver)
    ours = {
        host
        for host, addresses in found.items()
        if any(is_ours(settings, address, public) for address in addresses.records)
    }
    if ours:
        # By whatever name: a host with an address of ours is we, and those behind it send to us.
        hosts = mail_hosts(domain, answer, own_names=own | ours)
    if hosts.reach is not Reach.HOSTS:
        return Nowhere(_REFUSALS[hosts.reach])
    targets = [
        _target(settings, host, address)
        for host in hosts.hosts
        if host in found
        for address in found[host].records[:_MOST_ADDRESSES]
    ]
    if not targets:
        failing = any(each.temporary for each in found.values())
        return Nowhere(_NO_ANSWER if failing else _NO_ADDRESS)
    return Remote(" ".join(sorted(hosts.hosts)), tuple(targets[:_MOST_TARGETS]))


async def _addresses(resolver: CachingResolver, hosts: MailHosts) -> dict[str, Answer[IPAddress]]:
    names = hosts.hosts[:_MOST_HOSTS]
    answers = await asyncio.gather(*(host_addresses(resolver, name) for name in names))
    return dict(zip(names, answers, strict=True))


def _target(settings: Settings, host: str, address: IPAddress) -> Target:
    return Target(host=host, address=str(address), hello=settings.hostname, port=settings.mx_port)
