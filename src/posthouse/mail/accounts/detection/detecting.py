"""From an address to the servers of its account: whom we ask, in which order, whom we believe."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from posthouse.mail.accounts.detection.documents import (
    servers_by_autoconfig,
    servers_by_autodiscover,
    servers_by_redirection,
)
from posthouse.mail.accounts.detection.exchange import ews_servers
from posthouse.mail.accounts.detection.guesses import PortMap, servers_by_guess
from posthouse.mail.accounts.detection.model import Detection, FoundServer, Provider, Way
from posthouse.mail.accounts.detection.providers import (
    provider_of_domain,
    provider_of_mail_host,
    provider_of_server,
)
from posthouse.mail.accounts.detection.services import servers_by_srv
from posthouse.mail.accounts.detection.web import Ports, Web
from posthouse.mail.accounts.driver import Outside
from posthouse.protocols.dns import MailHosts, Reach, mail_hosts
from posthouse.protocols.mailauth.dmarc import public_suffixes

_MOST_MAIL_HOSTS = 5
_MOST_SERVERS = 8  # of a protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where servers are looked for; tests have them elsewhere."""

    web: Ports = field(default_factory=Ports)
    guesses: PortMap = field(default_factory=lambda: PortMap(instead={}))


async def detect(outside: Outside, address: str, places: Places | None = None) -> Detection:
    """What can be found out about `address`, whose domain is an ASCII name in lower case.

    A provider we know is asked nothing; else the domain's MX says who it is; else its SRV records,
    its documents for Thunderbird and for Outlook; and only if nothing says anything, the usual
    names are tried. Nobody is told a password, and a third party is never asked. Takes half a
    minute at worst.
    """
    places = places or Places()
    domain = address.rpartition("@")[2]
    provider = provider_of_domain(domain)
    if provider is not None:
        return _by_provider(address, provider, "provider", domain)
    mail = mail_hosts(domain, await outside.resolver.mx(domain))
    for host in mail.hosts[:_MOST_MAIL_HOSTS]:
        provider = provider_of_mail_host(host)
        if provider is not None:
            return _by_provider(address, provider, "mx", host)
    detection = await _by_asking(outside, address, mail, places)
    if not any(detection.of("imap", "pop3", "smtp")) and mail.reach is Reach.HOSTS:
        guessed = await servers_by_guess(outside, address, _mail_host(mail), places.guesses)
        detection = replace(detection, servers=_ordered([*guessed, *detection.servers]))
    no_mail = mail.reach in (Reach.NULL_MX, Reach.NO_DOMAIN)
    return replace(
        detection,
        provider=_provider_behind(detection.servers),
        takes_no_mail=no_mail and not detection.servers,
    )


def _by_provider(address: str, provider: Provider, way: Way, detail: str) -> Detection:
    local = address.rpartition("@")[0]
    return Detection(
        address=address,
        provider=provider,
        servers=tuple(
            FoundServer(
                protocol=each.protocol,
                server=each.server,
                login=local if each.login == "local" else address,
                way=way,
                detail=detail,
                vouched=True,
            )
            for each in provider.servers
        ),
    )


async def _by_asking(outside: Outside, address: str, mail: MailHosts, places: Places) -> Detection:
    """Everybody at once: those who do not answer take their time together."""
    domain = address.rpartition("@")[2]
    web = Web(outside, places.web)
    hoster = _hoster(domain, _mail_host(mail))
    srv, own, theirs, discovered = await asyncio.gather(
        servers_by_srv(outside.resolver, address),
        servers_by_autoconfig(web, address, domain),
        servers_by_autoconfig(web, address, hoster) if hoster else _nothing(),
        servers_by_autodiscover(web, address),
    )
    found = [*srv, *own, *theirs, *discovered.servers]
    if not found and not discovered.exchange:
        discovered = await servers_by_redirection(web, outside.resolver, address)
        found = discovered.servers
    found = [*found, *await ews_servers(web, discovered, address)]
    return Detection(address=address, servers=_ordered(found), exchange=discovered.exchange)


async def _nothing() -> list[FoundServer]:
    return []


def _mail_host(mail: MailHosts) -> str:
    """The best host of MX records; "" when the domain has none but itself."""
    return mail.hosts[0] if mail.hosts and not mail.implicit else ""


def _hoster(domain: str, mail_host: str) -> str:
    """The domain of who takes the mail, if that is somebody else."""
    hoster = public_suffixes().privatesuffix(mail_host) if mail_host else None
    return hoster if hoster and hoster != domain and not domain.endswith("." + hoster) else ""


def _provider_behind(servers: Iterable[FoundServer]) -> Provider | None:
    """A domain whose mail goes another way first (a filter) may still be a provider's."""
    providers = (provider_of_server(each.server.host) for each in servers)
    return next((each for each in providers if each is not None), None)


def _ordered(found: Iterable[FoundServer]) -> tuple[FoundServer, ...]:
    """As they were found, each server once, and not too many of a protocol."""
    seen: dict[tuple[str, str, int], FoundServer] = {}
    for each in found:
        seen.setdefault((each.protocol, each.server.host, each.server.port), each)
    counts: dict[str, int] = {}
    kept = []
    for each in seen.values():
        counts[each.protocol] = counts.get(each.protocol, 0) + 1
        if counts[each.protocol] <= _MOST_SERVERS:
            kept.append(each)
    return tuple(kept)
