"""Servers as DNS names them: SRV records of RFC 6186 and RFC 8314 5.1."""

import asyncio
from dataclasses import dataclass

from posthouse.mail.accounts.detection.model import FoundServer
from posthouse.mail.accounts.model import Security, Server
from posthouse.protocols.autoconfig import Protocol
from posthouse.protocols.autoconfig.model import host_of
from posthouse.protocols.dns import CachingResolver, ServiceHost

_MOST_RECORDS = 8


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    protocol: Protocol
    security: Security


_SERVICES = (
    _Service("_imaps._tcp", "imap", "tls"),
    _Service("_imap._tcp", "imap", "starttls"),
    _Service("_pop3s._tcp", "pop3", "tls"),
    _Service("_pop3._tcp", "pop3", "starttls"),
    _Service("_submissions._tcp", "smtp", "tls"),
    _Service("_submission._tcp", "smtp", "starttls"),
)


async def servers_by_srv(resolver: CachingResolver, address: str) -> list[FoundServer]:
    """In the order of their priorities, also between TLS and STARTTLS (RFC 6186 3.4); equals with
    TLS from the start first (RFC 8314 5.1).
    """
    domain = address.rpartition("@")[2]
    answers = await asyncio.gather(
        *(resolver.srv(f"{service.name}.{domain}") for service in _SERVICES)
    )
    told = [
        (service, record)
        for service, answer in zip(_SERVICES, answers, strict=True)
        for record in sorted(answer.records, key=_rank)[:_MOST_RECORDS]
    ]
    told.sort(key=lambda pair: _rank(pair[1])[0])  # stable: equals stay as the services stand
    return [
        FoundServer(
            protocol=service.protocol,
            server=Server(host=record.host, port=record.port, security=service.security),
            login=address,
            way="srv",
            detail=f"{service.name}.{domain}",
            vouched=is_under(record.host, domain),
        )
        for service, record in told
        if _is_offered(record)
    ]


def is_under(host: str, domain: str) -> bool:
    """Whether a certificate for `host` proves that it belongs to who has `domain`."""
    return host == domain or host.endswith("." + domain)


def _is_offered(record: ServiceHost) -> bool:
    """RFC 6186 3.4: the root says that a service is not offered."""
    return record.port > 0 and host_of(record.host) is not None


def _rank(record: ServiceHost) -> tuple[int, int]:
    """A lower priority first, then more weight: whoever sets up needs no chance (RFC 2782)."""
    return record.priority, -record.weight
