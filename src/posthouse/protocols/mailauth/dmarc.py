"""DMARC: does what SPF and DKIM proved belong to the author, and what does he want otherwise?

RFC 7489, with the tags `np`, `psd` and `t` of RFC 9989. The organisational domain comes from the
public suffix list: one or two questions to DNS and the same answer every time, where the tree
walk of RFC 9989 asks up to eight for each identifier, names that a stranger chooses. The two
differ only for domains that mark a boundary of their own below a public suffix by `psd=`.
"""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.dkim import DkimOutcome, DkimResult
from posthouse.protocols.mailauth.spf import SpfOutcome, SpfResult
from posthouse.protocols.mailauth.tags import TagError, parse_tags

MAX_RECORD = 4_096  # octets


class DmarcResult(StrEnum):
    """RFC 8601 2.7.5, RFC 7489 11.2."""

    NONE = "none"  # the author's domain publishes no policy
    PASS = "pass"
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"  # no single author domain, or a record that cannot be used


class Policy(StrEnum):
    """What the author wants done with mail that is not his, from mild to hard."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    def milder(self) -> "Policy":
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """A policy as published. `missing` is for names that do not exist; both others inherit."""

    policy: Policy
    subdomains: Policy
    missing: Policy
    strict_spf: bool = False
    strict_dkim: bool = False
    percent: int = 100
    testing: bool = False
    public_suffix: bool = False
    report_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcOutcome:
    """`policy` is what the domain wants in general, `disposition` what it wants for this message.

    `domain` is the author's, `record_domain` the one that publishes the policy.
    """

    result: DmarcResult
    domain: str = ""
    record_domain: str = ""
    policy: Policy = Policy.NONE
    disposition: Policy = Policy.NONE
    aligned_spf: bool = False
    aligned_dkim: bool = False
    reason: str = ""


class _Temporary(Exception):
    """DNS failed."""


class BadPolicy(ValueError):
    """There is a record that no one can follow."""


async def check_dmarc(
    resolver: Resolver,
    authors: Sequence[str],
    spf: SpfOutcome,
    dkim: Sequence[DkimOutcome],
    *,
    chance: Callable[[], float] = random.random,
) -> DmarcOutcome:
    """Judges a message by its author domains (`author_domains`) and what was verified of it.

    `chance` gives 0 ≤ x < 1 and decides who is spared by `pct=`. Never raises for what DNS says.
    """
    if len(authors) != 1:
        reason = "more than one author domain" if authors else "no author domain"
        return DmarcOutcome(result=DmarcResult.PERMERROR, reason=reason)
    (domain,) = authors
    try:
        found = await find_record(resolver, domain)
        if found is None:
            return DmarcOutcome(result=DmarcResult.NONE, domain=domain)
        record_domain, record = found
        policy = await _policy_for(resolver, domain, record_domain, record)
    except _Temporary:
        return DmarcOutcome(result=DmarcResult.TEMPERROR, domain=domain, reason="DNS failed")
    except BadPolicy as error:
        return DmarcOutcome(result=DmarcResult.PERMERROR, domain=domain, reason=str(error))
    by_spf = _spf_standing(spf, domain, record)
    by_dkim = _dkim_standing(dkim, domain, record)
    result = _result(by_spf, by_dkim)
    return DmarcOutcome(
        result=result,
        domain=domain,
        record_domain=record_domain,
        policy=policy,
        disposition=_disposition(result, policy, record, chance),
        aligned_spf=by_spf is DmarcResult.PASS,
        aligned_dkim=by_dkim is DmarcResult.PASS,
    )


@cache
def public_suffixes() -> PublicSuffixList:
    """30 ms when it is asked for first."""
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def organisational_domain(domain: str) -> str:
    """The registered domain above or at `domain`; a public suffix stands for itself."""
    return public_suffixes().privatesuffix(domain) or domain


async def find_record(resolver: Resolver, domain: str) -> tuple[str, DmarcRecord] | None:
    """The record of the domain, else of its organisation, else of its registry (RFC 9091)."""
    for candidate in _candidates(domain):
        answer = await resolver.txt(f"_dmarc.{candidate}")
        if answer.temporary:
            raise _Temporary
        texts = [octets for octets in answer.records if is_dmarc(octets)]
        if len(texts) != 1:  # none; or several, which are all discarded (RFC 7489 6.6.3)
            continue
        record = parse_record(texts[0])
        is_suffix = public_suffixes().privatesuffix(candidate) is None
        if is_suffix and candidate != domain and not record.public_suffix:
            continue
        return candidate, record
    return None


def parse_record(octets: bytes) -> DmarcRecord:
    """Reads a record. Raises BadPolicy when it neither names a policy nor asks for reports."""
    if len(octets) > MAX_RECORD:
        raise BadPolicy("record too long")
    try:
        tags = parse_tags(octets.decode("utf-8", "replace"))
    except TagError as error:
        raise BadPolicy(f"record has a syntax error: {error}") from error
    policy = _policy(tags.get("p"))
    report_to = tags.get("rua", "")
    if policy is None:
        if not report_to:
            raise BadPolicy("record without policy")
        policy = Policy.NONE  # RFC 7489 6.6.3: who wants reports is at least watching
    subdomains = _policy(tags.get("sp")) or policy
    return DmarcRecord(
        policy=policy,
        subdomains=subdomains,
        missing=_policy(tags.get("np")) or subdomains,
        strict_spf=tags.get("aspf", "r").lower() == "s",
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        percent=_percent(tags.get("pct", "100")),
        testing=tags.get("t", "n").lower() == "y",
        public_suffix=tags.get("psd", "u").lower() == "y",
        report_to=report_to,
    )


def is_dmarc(octets: bytes) -> bool:
    """Whether `v=DMARC1` stands first, in this very case (RFC 7489 6.3)."""
    version, _, _ = octets.partition(b";")
    name, _, value = version.partition(b"=")
    return name.strip() == b"v" and value.strip() == b"DMARC1"


@lru_cache(maxsize=4096)
def _candidates(domain: str) -> tuple[str, ...]:
    organisation = organisational_domain(domain)
    suffix = public_suffixes().publicsuffix(domain) or domain
    return tuple(dict.fromkeys((domain, organisation, suffix)))


async def _policy_for(
    resolver: Resolver, domain: str, record_domain: str, record: DmarcRecord
) -> Policy:
    if record_domain == domain:
        return record.policy
    if record.missing is not record.subdomains and await _is_missing(resolver, domain):
        return record.missing
    return record.subdomains


async def _is_missing(resolver: Resolver, domain: str) -> bool:
    """No address and no MX (RFC 9989: a non-existent domain)."""
    answers = await asyncio.gather(resolver.a(domain), resolver.aaaa(domain), resolver.mx(domain))
    return all(answer.void for answer in answers)


def _spf_standing(spf: SpfOutcome, domain: str, record: DmarcRecord) -> DmarcResult:
    if not _aligned(spf.domain, domain, record.strict_spf):
        return DmarcResult.FAIL
    if spf.result is SpfResult.PASS:
        return DmarcResult.PASS
    return DmarcResult.TEMPERROR if spf.result is SpfResult.TEMPERROR else DmarcResult.FAIL


def _dkim_standing(
    outcomes: Sequence[DkimOutcome], domain: str, record: DmarcRecord
) -> DmarcResult:
    """The best of the aligned signatures."""
    results = {
        outcome.result
        for outcome in outcomes
        if _aligned(outcome.domain or outcome.claim.domain, domain, record.strict_dkim)
    }
    if DkimResult.PASS in results:
        return DmarcResult.PASS
    return DmarcResult.TEMPERROR if DkimResult.TEMPERROR in results else DmarcResult.FAIL


def _aligned(proved: str, author: str, strict: bool) -> bool:
    if proved == author:
        return True
    return not strict and organisational_domain(proved) == organisational_domain(author)


def _result(by_spf: DmarcResult, by_dkim: DmarcResult) -> DmarcResult:
    """One proof is enough; a proof that DNS kept from us leaves it open."""
    for result in (DmarcResult.PASS, DmarcResult.TEMPERROR):
        if result in (by_spf, by_dkim):
            return result
    return DmarcResult.FAIL


def _disposition(
    result: DmarcResult, policy: Policy, record: DmarcRecord, chance: Callable[[], float]
) -> Policy:
    if result is not DmarcResult.FAIL:
        return Policy.NONE
    if record.testing or chance() * 100 >= record.percent:
        return policy.milder()  # RFC 7489 6.6.4
    return policy


def _policy(text: str | None) -> Policy | None:
    try:
        return Policy((text or "").lower())
    except ValueError:
        return None


def _percent(text: str) -> int:
    return min(int(text), 100) if re.fullmatch(r"[0-9]{1,3}", text) else 100
