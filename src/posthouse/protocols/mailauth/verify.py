"""All that intake asks about a message's origin, in one call with one deadline."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from posthouse.protocols.dns import IPAddress, Resolver
from posthouse.protocols.mailauth.arc import NO_CHAIN, ArcOutcome, ArcResult, has_chain, verify_arc
from posthouse.protocols.mailauth.author import author_domains
from posthouse.protocols.mailauth.dkim import DkimOutcome, unverified, verify_split
from posthouse.protocols.mailauth.dmarc import DmarcOutcome, DmarcResult, Policy, check_dmarc
from posthouse.protocols.mailauth.message import SplitMessage, is_heavy, split_message
from posthouse.protocols.mailauth.results import (
    AuthenticationResults,
    MethodResult,
    Property,
    forged_spans,
    write_results,
)
from posthouse.protocols.mailauth.spf import SpfOutcome, SpfResult, check_spf

DEADLINE = 20.0  # seconds; RFC 7208 4.6.4 wants at least this much for SPF
_LATE = "no answer in time"
_NO_ARC = ArcOutcome(result=ArcResult.TEMPERROR, reason=_LATE)
_LONGEST_COMMENT = 300
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResults:
    """What was found out.

    `vouched_by` is a trusted sealer who saw DMARC pass where it fails here. `field` is our
    Authentication-Results, CRLF included, for the top of the message; `forged` are (start, end) of
    fields in it that speak in our name, to be cut out first.
    """

    spf: SpfOutcome
    dkim: tuple[DkimOutcome, ...]
    dmarc: DmarcOutcome
    arc: ArcOutcome
    vouched_by: str
    field: bytes
    forged: tuple[tuple[int, int], ...]

    @property
    def disposition(self) -> Policy:
        """What is to be done by DMARC, a trusted sealer's word considered (RFC 7489 6.7)."""
        return Policy.NONE if self.vouched_by else self.dmarc.disposition

    @property
    def trusted_domain(self) -> str:
        """The author's domain when DMARC proved it, else empty."""
        return self.dmarc.domain if self.dmarc.result is DmarcResult.PASS else ""


async def verify(
    message_raw: bytes,
    peer_ip: str | IPAddress,
    helo: str,
    mail_from: str,
    resolver: Resolver,
    authserv_id: str,
    *,
    trusted_sealers: Collection[str] = (),
    deadline: float = DEADLINE,
    now: float | None = None,
) -> AuthResults:
    """SPF, DKIM and ARC side by side, then DMARC; done within `deadline` seconds.

    Of a chain that passes the word of `trusted_sealers` (domains) on DMARC counts. `mail_from` is
    the reverse path without brackets, empty for bounces. What DNS does not tell in time is a
    temperror. Never raises for what senders write or DNS says.
    """
    end = asyncio.get_running_loop().time() + deadline
    heavy = is_heavy(message_raw)
    if heavy:
        read = await asyncio.to_thread(_read, message_raw, authserv_id)
    else:
        read = _read(message_raw, authserv_id)
    message, authors, forged = read
    address = ipaddress.ip_address(peer_ip) if isinstance(peer_ip, str) else peer_ip
    spf_work = check_spf(resolver, address, mail_from, helo, receiver=authserv_id)
    dkim_work = verify_split(message, resolver, now=now, heavy=heavy)
    # A task costs more than reading a signature does: most mail has one beside this.
    async with asyncio.TaskGroup() as beside:
        dkim_task = beside.create_task(_until(end, dkim_work, lambda: unverified(message, _LATE)))
        arc_task = None
        if has_chain(message):
            arc_work = verify_arc(message, resolver, heavy=heavy)
            arc_task = beside.create_task(_until(end, arc_work, lambda: _NO_ARC))
        spf = await _until(end, spf_work, lambda: _no_spf(mail_from, helo))
    dkim, arc = dkim_task.result(), arc_task.result() if arc_task else NO_CHAIN
    dmarc = await _until(end, check_dmarc(resolver, authors, spf, dkim), lambda: _no_dmarc(authors))
    fails = dmarc.disposition is not Policy.NONE
    vouched_by = arc.vouches_for_dmarc(trusted_sealers) if fails else ""
    results = (
        *_dkim_results(dkim),
        _spf_result(spf, mail_from),
        *_arc_results(arc),
        _dmarc_result(dmarc, vouched_by),
    )
    return AuthResults(
        spf=spf,
        dkim=dkim,
        dmarc=dmarc,
        arc=arc,
        vouched_by=vouched_by,
        field=write_results(AuthenticationResults(authserv_id, results)),
        forged=forged,
    )


def _read(
    raw: bytes, authserv_id: str
) -> tuple[SplitMessage, tuple[str, ...], tuple[tuple[int, int], ...]]:
    """The parts that take time with the size of the header."""
    message = split_message(raw)
    forged = tuple(forged_spans(raw, [authserv_id]))
    return message, author_domains(message.fields), forged


async def _until(end: float, work: Awaitable[T], otherwise: Callable[[], T]) -> T:
    try:
        async with asyncio.timeout_at(end):
            return await work
    except TimeoutError:
        return otherwise()


def _no_spf(mail_from: str, helo: str) -> SpfOutcome:
    return SpfOutcome(
        result=SpfResult.TEMPERROR,
        domain=mail_from.rpartition("@")[2] or helo,
        from_helo=not mail_from,
        reason=_LATE,
    )


def _no_dmarc(authors: Sequence[str]) -> DmarcOutcome:
    domain = authors[0] if len(authors) == 1 else ""
    return DmarcOutcome(result=DmarcResult.TEMPERROR, domain=domain, reason=_LATE)


def _dkim_results(outcomes: Sequence[DkimOutcome]) -> Iterator[MethodResult]:
    if not outcomes:
        yield MethodResult(method="dkim", result="none")
    for outcome in outcomes:
        claim = outcome.claim
        claimed = (
            ("d", outcome.domain or claim.domain),
            ("i", claim.identity),
            ("s", claim.selector),
            ("a", claim.algorithm),
            ("b", claim.value[:8]),  # RFC 6008: enough to tell one signature from another
        )
        yield MethodResult(
            method="dkim",
            result=outcome.result,
            reason=outcome.reason,
            comment="test mode" if outcome.testing else "",
            properties=tuple(Property("header", name, text) for name, text in claimed if text),
        )


def _spf_result(outcome: SpfOutcome, mail_from: str) -> MethodResult:
    name, value = ("helo", outcome.domain) if outcome.from_helo else ("mailfrom", mail_from)
    failed = outcome.result in (SpfResult.TEMPERROR, SpfResult.PERMERROR)
    return MethodResult(
        method="spf",
        result=outcome.result,
        reason=outcome.reason if failed else "",
        properties=(Property("smtp", name, value),),
    )


def _arc_results(outcome: ArcOutcome) -> Iterator[MethodResult]:
    """Of a chain; mail without one has no line (RFC 8617 10.1)."""
    if outcome.result is not ArcResult.NONE:
        chain = f"i={len(outcome.sealers)} {' '.join(outcome.sealers)}"[:_LONGEST_COMMENT]
        yield MethodResult(
            method="arc",
            result=outcome.result,
            reason=outcome.reason,
            comment=chain if outcome.sealers else "",
        )


def _dmarc_result(outcome: DmarcOutcome, vouched_by: str) -> MethodResult:
    comment = ""
    if outcome.record_domain:
        comment = f"p={outcome.policy} dis={outcome.disposition}"
    if vouched_by:
        comment = f"p={outcome.policy} dis=none by arc of {vouched_by}"
    properties = (Property("header", "from", outcome.domain),) if outcome.domain else ()
    return MethodResult(
        method="dmarc",
        result=outcome.result,
        reason=outcome.reason,
        comment=comment,
        properties=properties,
    )
