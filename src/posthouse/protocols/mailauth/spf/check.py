"""The check_host() function of RFC 7208 4, over a Resolver."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeVar

from posthouse.protocols.dns import Answer, BadName, IPAddress, Resolver, ascii_name
from posthouse.protocols.mailauth.spf.macro import BadMacro, Template, parse_explanation
from posthouse.protocols.mailauth.spf.record import (
    BadRecord,
    Kind,
    Mechanism,
    SpfRecord,
    is_spf,
    parse_record,
)

MAX_LOOKUPS = 10  # terms that ask DNS, in the record and all it includes (RFC 7208 4.6.4)
MAX_VOID = 2  # of their questions without an answer
MAX_NAMES = 10  # hosts of one mx; more are an error; names of one ptr; more are left out
MAX_EXPLANATION = 512  # octets before and after macros are expanded
MAX_REASON = 255

T = TypeVar("T")


class SpfResult(StrEnum):
    """RFC 7208 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_RESULTS = {
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "?": SpfResult.NEUTRAL,
    "~": SpfResult.SOFTFAIL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfOutcome:
    """`domain` is the one that was asked: of MAIL FROM, or of HELO when that is empty.

    `reason` is the directive that decided, or what went wrong. `explanation` is the domain's own
    text for a fail: ASCII, at most 512 characters, and not to be trusted.
    """

    result: SpfResult
    domain: str = ""
    from_helo: bool = False
    reason: str = ""
    explanation: str = ""
    lookups: int = 0


class _Temporary(Exception):
    """DNS failed: the result is temperror."""


class _Permanent(Exception):
    """The record cannot be used: the result is permerror."""


async def check_spf(
    resolver: Resolver,
    address: IPAddress,
    mail_from: str,
    helo: str,
    *,
    receiver: str = "unknown",
    explain: bool = False,
) -> SpfOutcome:
    """Checks MAIL FROM, or `postmaster@HELO` when it is empty (RFC 7208 2.4).

    Never raises for what sender or DNS say. `explain` also fetches the text for a fail.
    """
    local, _, domain = mail_from.rpartition("@")
    from_helo = not mail_from
    if from_helo:
        domain = helo
    try:
        name = _start_name(domain)
    except BadName as error:
        return SpfOutcome(
            result=SpfResult.NONE, domain=domain, from_helo=from_helo, reason=str(error)
        )
    check = _Check(resolver, _real(address), local or "postmaster", name, helo, receiver)
    reason = explanation = ""
    try:
        result, reason, record, at = await check.host(name)
        if explain and result is SpfResult.FAIL and record is not None:
            explanation = await check.explain(record, at)
    except _Temporary as error:
        result, reason = SpfResult.TEMPERROR, str(error)
    except _Permanent as error:
        result, reason = SpfResult.PERMERROR, str(error)
    return SpfOutcome(
        result=result,
        domain=name,
        from_helo=from_helo,
        reason=reason,
        explanation=explanation,
        lookups=check.lookups,
    )


class _Check:
    """One evaluation: who sends, and how many lookups are left."""

    def __init__(
        self,
        resolver: Resolver,
        address: IPAddress,
        local: str,
        domain: str,
        helo: str,
        receiver: str,
    ) -> None:
        self._resolver = resolver
        self._address = address
        self._local = local
        self._sender_domain = domain
        self._helo = helo
        self._receiver = receiver
        self.lookups = 0
        self._void = 0
        self._ptr: list[str] | None = None

    async def host(self, domain: str) -> tuple[SpfResult, str, SpfRecord | None, str]:
        """The result, what decided it, and the record (with its domain) that did."""
        while True:
            record = await self._record(domain)
            if record is None:
                return SpfResult.NONE, "no SPF record", None, domain
            for mechanism in record.mechanisms:
                if await self._matches(mechanism, domain):
                    reason = mechanism.text[:MAX_REASON]
                    return _RESULTS[mechanism.qualifier], reason, record, domain
            if record.redirect is None:
                return SpfResult.NEUTRAL, "nothing matched", record, domain
            self._count_lookup()
            domain = await self._expand(record.redirect, domain)
            if await self._record(domain) is None:
                raise _Permanent(f"redirect to {domain}, which has no SPF record")

    async def explain(self, record: SpfRecord, domain: str) -> str:
        """The text of `exp=`; empty when anything is wrong with it (RFC 7208 6.2)."""
        if record.explanation is None:
            return ""
        try:
            answer = await self._resolver.txt(await self._expand(record.explanation, domain))
            if len(answer.records) != 1 or len(answer.records[0]) > MAX_EXPLANATION:
                return ""
            template = parse_explanation(answer.records[0].decode("ascii"))
            return template.expand(await self._values(template, domain))[:MAX_EXPLANATION]
        except (_Temporary, _Permanent, BadMacro, UnicodeDecodeError):
            return ""

    async def _record(self, domain: str) -> SpfRecord | None:
        answer = await self._resolver.txt(domain)
        if answer.temporary:
            raise _Temporary(f"no answer for {domain}")
        records = [octets for octets in answer.records if is_spf(octets)]
        if not records:
            return None
        if len(records) > 1:
            raise _Permanent(f"{domain} has more than one SPF record")
        try:
            return parse_record(records[0])
        except BadRecord as error:
            raise _Permanent(f"{domain}: {error}") from error

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        if mechanism.kind is Kind.ALL:
            return True
        if mechanism.network is not None:
            return self._address in mechanism.network
        self._count_lookup()
        target = domain
        if mechanism.target is not None:
            target = await self._expand(mechanism.target, domain)
        match mechanism.kind:
            case Kind.INCLUDE:
                return await self._included(target)
            case Kind.A:
                return self._within(mechanism, await self._addresses(target))
            case Kind.MX:
                return await self._is_exchanger(mechanism, target)
            case Kind.PTR:
                return any(_is_below(name, target) for name in await self._ptr_names(target))
            case _:  # exists: the question is for A whatever the family (RFC 7208 5.7)
                return self._usable(await self._resolver.a(target)).found

    async def _included(self, target: str) -> bool:
        result, *_ = await self.host(target)
        if result is SpfResult.NONE:
            raise _Permanent(f"include of {target}, which has no SPF record")
        return result is SpfResult.PASS

    async def _is_exchanger(self, mechanism: Mechanism, target: str) -> bool:
        hosts = self._usable(await self._resolver.mx(target)).records
        if len(hosts) > MAX_NAMES:
            raise _Permanent(f"{target} has more than {MAX_NAMES} MX")
        for host in hosts:
            if host.host and self._within(mechanism, await self._addresses(host.host)):
                return True
        return False

    async def _addresses(self, name: str) -> Iterable[IPAddress]:
        return self._usable(await self._same_family(name)).records

    async def _same_family(self, name: str) -> Answer[IPAddress]:
        if isinstance(self._address, IPv4Address):
            return await self._resolver.a(name)
        return await self._resolver.aaaa(name)

    def _within(self, mechanism: Mechanism, addresses: Iterable[IPAddress]) -> bool:
        return any(
            self._address in _network(address, mechanism.prefix4, mechanism.prefix6)
            for address in addresses
        )

    def _usable(self, answer: Answer[T]) -> Answer[T]:
        """The answer, once it is counted; raises when the void lookups are used up."""
        if answer.temporary:
            raise _Temporary("DNS failed")
        if answer.void:
            self._void += 1
            if self._void > MAX_VOID:
                raise _Permanent(f"more than {MAX_VOID} lookups without an answer")
        return answer

    def _count_lookup(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _Permanent(f"more than {MAX_LOOKUPS} lookups")

    async def _ptr_names(self, target: str) -> list[str]:
        """Names of the client that lead back to its address; failures are passed over (5.5)."""
        if self._ptr is None:
            self._ptr = []
            answer = await self._resolver.ptr(self._address)
            for name in answer.records[:MAX_NAMES]:
                if self._address in (await self._same_family(name)).records:
                    self._ptr.append(name)
        return self._ptr

    async def _expand(self, template: Template, domain: str) -> str:
        return template.expand_name(await self._values(template, domain))

    async def _values(self, template: Template, domain: str) -> dict[str, str]:
        values = {
            "s": f"{self._local}@{self._sender_domain}",
            "l": self._local,
            "o": self._sender_domain,
            "d": domain,
            "i": _dotted(self._address),
            "h": self._helo,
            "v": "in-addr" if isinstance(self._address, IPv4Address) else "ip6",
            "c": str(self._address),
            "r": self._receiver,
            "t": str(int(time.time())),
        }
        if "p" in template.letters():
            values["p"] = _best(await self._ptr_names(domain), domain)
        return values


def _start_name(domain: str) -> str:
    """A domain that can be asked: of two labels at least, no address literal (4.3)."""
    name = ascii_name(domain)
    if "." not in name or name.endswith("]"):
        raise BadName("not a full domain name")
    return name


def _real(address: IPAddress) -> IPAddress:
    """An IPv4-mapped IPv6 address is IPv4 (RFC 7208 5)."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _network(address: IPAddress, prefix4: int, prefix6: int) -> IPv4Network | IPv6Network:
    if isinstance(address, IPv4Address):
        return IPv4Network((address, prefix4), strict=False)
    return IPv6Network((address, prefix6), strict=False)


def _dotted(address: IPAddress) -> str:
    """Macro `i`: IPv6 as 32 nibbles with dots between (7.3)."""
    if isinstance(address, IPv4Address):
        return str(address)
    return ".".join(address.packed.hex().upper())


def _is_below(name: str, target: str) -> bool:
    target = target.lower()
    return name == target or name.endswith("." + target)


def _best(names: list[str], domain: str) -> str:
    """Macro `p`: the domain itself, then a name below it, then any; `unknown` for none (7.3)."""
    below = [name for name in names if _is_below(name, domain)]
    if domain in below:
        return domain
    return (below or names or ["unknown"])[0]
