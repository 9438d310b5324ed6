"""Which hosts take mail for a domain, and in which order (RFC 5321 5.1, RFC 7505)."""

import asyncio
import itertools
import random
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from posthouse.protocols.dns.model import Answer, IPAddress, MailExchanger, Resolver, Status
from posthouse.protocols.dns.names import BadName, ascii_name


class Reach(StrEnum):
    """What a sender should do about a domain."""

    HOSTS = "hosts"  # try `hosts` in this order
    NULL_MX = "null mx"  # takes no mail: 556 5.1.10 (RFC 7505 4)
    NO_DOMAIN = "no domain"  # no such name: 550 5.1.2
    LOOP = "loop"  # we are its best host, and yet it is not ours: 554 5.4.6
    RETRY = "retry"  # DNS failed: 451 4.4.3


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHosts:
    """`hosts` is empty unless `reach` is HOSTS; `implicit`: no MX, so the domain is the host."""

    reach: Reach
    hosts: tuple[str, ...] = ()
    implicit: bool = False
    ttl: int = 0


def mail_hosts(
    domain: str,
    answer: Answer[MailExchanger],
    *,
    own_names: Collection[str] = (),
    chance: random.Random | None = None,
) -> MailHosts:
    """Orders an MX answer: by preference, equals shuffled, the domain itself when there is none.

    Hosts at or behind our own preference are left out, or mail would circle (RFC 5321 5.1).
    """
    if answer.status is Status.TEMPORARY:
        return MailHosts(reach=Reach.RETRY)
    if answer.status is Status.NXDOMAIN:
        return MailHosts(reach=Reach.NO_DOMAIN, ttl=answer.ttl)
    if answer.status is Status.NO_DATA:
        return _implicit(domain, answer.ttl, own_names)
    if [record.host for record in answer.records] == [""]:  # RFC 7505 3: one MX, the root
        return MailHosts(reach=Reach.NULL_MX, ttl=answer.ttl)
    usable = _before_us(
        [record for record in answer.records if _is_askable(record.host)], own_names
    )
    if not usable:
        ours = any(record.host in own_names for record in answer.records)
        return MailHosts(reach=Reach.LOOP if ours else Reach.NO_DOMAIN, ttl=answer.ttl)
    return MailHosts(reach=Reach.HOSTS, hosts=_ordered(usable, chance), ttl=answer.ttl)


async def host_addresses(resolver: Resolver, host: str) -> Answer[IPAddress]:
    """Both families at once, alternating, IPv6 first (RFC 8305 4).

    One family that fails is no failure when the other one answers.
    """
    six, four = await asyncio.gather(resolver.aaaa(host), resolver.a(host))
    answers: tuple[Answer[IPAddress], ...] = (six, four)
    found = [answer for answer in answers if answer.found]
    if found:
        pairs = itertools.zip_longest(*(answer.records for answer in found))
        return Answer(
            status=Status.FOUND,
            records=tuple(address for pair in pairs for address in pair if address is not None),
            ttl=min(answer.ttl for answer in found),
        )
    return next((answer for answer in answers if answer.temporary), answers[0])


def _implicit(domain: str, ttl: int, own_names: Collection[str]) -> MailHosts:
    try:
        host = ascii_name(domain)
    except BadName:
        return MailHosts(reach=Reach.NO_DOMAIN, ttl=ttl)
    if host in own_names:
        return MailHosts(reach=Reach.LOOP, ttl=ttl)
    return MailHosts(reach=Reach.HOSTS, hosts=(host,), implicit=True, ttl=ttl)


def _before_us(records: list[MailExchanger], own_names: Collection[str]) -> list[MailExchanger]:
    ours = min((r.preference for r in records if r.host in own_names), default=None)
    if ours is None:
        return records
    return [record for record in records if record.preference < ours]


def _ordered(records: list[MailExchanger], chance: random.Random | None) -> tuple[str, ...]:
    shuffled = sorted(records)
    (chance or random).shuffle(shuffled)
    shuffled.sort(key=lambda record: record.preference)  # stable: equals stay shuffled
    return tuple(dict.fromkeys(record.host for record in shuffled))


def _is_askable(host: str) -> bool:
    try:
        ascii_name(host)
    except BadName:
        return False
    return True
