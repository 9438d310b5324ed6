from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.dkim import DkimOutcome, DkimResult
from posthouse.protocols.mailauth.dmarc import (
    BadPolicy,
    DmarcOutcome,
    DmarcResult,
    Policy,
    check_dmarc,
    organisational_domain,
    parse_record,
)
from posthouse.protocols.mailauth.signature import Claim
from posthouse.protocols.mailauth.spf import SpfOutcome, SpfResult
from tests.support.dns_zones import ZoneResolver

FAILED_SPF = SpfOutcome(result=SpfResult.FAIL, domain="elsewhere.example")


def spf(domain: str, result: SpfResult = SpfResult.PASS) -> SpfOutcome:
    return SpfOutcome(result=result, domain=domain)


def dkim(domain: str, result: DkimResult = DkimResult.PASS) -> DkimOutcome:
    return DkimOutcome(result=result, claim=Claim(domain=domain), domain=domain)


async def judge(
    record: str,
    *,
    author: str = "example.org",
    by_spf: SpfOutcome = FAILED_SPF,
    by_dkim: tuple[DkimOutcome, ...] = (),
    at: str = "_dmarc.example.org",
    chance: float = 0.0,
) -> DmarcOutcome:
    zones: dict[str, Any] = {at: {"TXT": [record]}, "sub.example.org": {"A": ["192.0.2.1"]}}
    resolver = ZoneResolver(zones)
    return await check_dmarc(resolver, [author], by_spf, by_dkim, chance=lambda: chance)


REJECT = "v=DMARC1; p=reject"
PASS, FAIL, UNCLEAR = DmarcResult.PASS, DmarcResult.FAIL, DmarcResult.TEMPERROR


@pytest.mark.parametrize(
    ("record", "author", "by_spf", "by_dkim", "result"),
    [
        (REJECT, "example.org", spf("example.org"), (), PASS),
        (REJECT, "example.org", spf("bounce.example.org"), (), PASS),
        (REJECT, "sub.example.org", spf("example.org"), (), PASS),
        (REJECT, "example.org", spf("example.com"), (), FAIL),
        (REJECT, "example.org", spf("badexample.org"), (), FAIL),
        (REJECT, "example.org", spf("example.org", SpfResult.SOFTFAIL), (), FAIL),
        (REJECT, "example.org", spf("example.org", SpfResult.TEMPERROR), (), UNCLEAR),
        (REJECT, "example.org", spf("x.example", SpfResult.TEMPERROR), (), FAIL),
        (REJECT, "example.org", FAILED_SPF, (dkim("mail.example.org"),), PASS),
        (REJECT, "example.org", FAILED_SPF, (dkim("x.example"), dkim("example.org")), PASS),
        (REJECT, "example.org", FAILED_SPF, (dkim("example.org", DkimResult.POLICY),), FAIL),
        (REJECT, "example.org", FAILED_SPF, (dkim("example.org", DkimResult.TEMPERROR),), UNCLEAR),
        (REJECT + "; aspf=s", "example.org", spf("b.example.org"), (), FAIL),
        (REJECT + "; adkim=s", "example.org", FAILED_SPF, (dkim("b.example.org"),), FAIL),
        (REJECT + "; adkim=s", "example.org", FAILED_SPF, (dkim("example.org"),), PASS),
    ],
)
async def test_alignment(
    record: str,
    author: str,
    by_spf: SpfOutcome,
    by_dkim: tuple[DkimOutcome, ...],
    result: DmarcResult,
):
    assert (await judge(record, author=author, by_spf=by_spf, by_dkim=by_dkim)).result is result


@pytest.mark.parametrize(
    ("record", "author", "policy", "disposition"),
    [
        ("v=DMARC1; p=none", "example.org", Policy.NONE, Policy.NONE),
        ("v=DMARC1;p=QUARANTINE;", "example.org", Policy.QUARANTINE, Policy.QUARANTINE),
        (REJECT, "sub.example.org", Policy.REJECT, Policy.REJECT),
        (REJECT + "; sp=none", "sub.example.org", Policy.NONE, Policy.NONE),
        (REJECT + "; sp=none", "example.org", Policy.REJECT, Policy.REJECT),
        ("v=DMARC1; p=none; np=reject", "sub.example.org", Policy.NONE, Policy.NONE),
        ("v=DMARC1; p=none; np=reject", "ghost.example.org", Policy.REJECT, Policy.REJECT),
        (REJECT + "; t=y", "example.org", Policy.REJECT, Policy.QUARANTINE),
        ("v=DMARC1; p=quarantine; t=y", "example.org", Policy.QUARANTINE, Policy.NONE),
        (REJECT + "; pct=0", "example.org", Policy.REJECT, Policy.QUARANTINE),
        (REJECT + "; pct=x", "example.org", Policy.REJECT, Policy.REJECT),
        ("v=DMARC1; p=odd; rua=mailto:x@example.org", "example.org", Policy.NONE, Policy.NONE),
    ],
)
async def test_policies(record: str, author: str, policy: Policy, disposition: Policy):
    outcome = await judge(record, author=author)
    assert (outcome.policy, outcome.disposition) == (policy, disposition)
    assert outcome.record_domain == "example.org"


async def test_a_share_of_failures_is_spared():
    dispositions = [
        (await judge(REJECT + "; pct=25", chance=share / 100)).disposition for share in range(100)
    ]
    assert dispositions == [Policy.REJECT] * 25 + [Policy.QUARANTINE] * 75


async def test_mail_that_passes_has_no_disposition():
    outcome = await judge(REJECT, by_spf=spf("example.org"))
    assert (outcome.disposition, outcome.aligned_spf, outcome.aligned_dkim) == (
        Policy.NONE,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 -all", DmarcResult.NONE),
        ("v=DMARC2; p=reject", DmarcResult.NONE),
        ("p=reject; v=DMARC1", DmarcResult.NONE),
        ("v=DMARC1", DmarcResult.PERMERROR),
        ("v=DMARC1; p=reject; p=none", DmarcResult.PERMERROR),
        (" v = DMARC1 ; p = reject", DmarcResult.FAIL),
    ],
)
async def test_what_counts_as_a_record(record: str, result: DmarcResult):
    assert (await judge(record)).result is result


async def test_two_records_are_none():
    resolver = ZoneResolver({"_dmarc.example.org": {"TXT": [REJECT, "v=DMARC1; p=none"]}})
    outcome = await check_dmarc(resolver, ["example.org"], FAILED_SPF, ())
    assert outcome.result is DmarcResult.NONE


async def test_dns_that_fails_leaves_it_open():
    resolver = ZoneResolver({"_dmarc.example.org": {"FAIL": ["SERVFAIL"]}})
    outcome = await check_dmarc(resolver, ["example.org"], FAILED_SPF, ())
    assert (outcome.result, outcome.disposition) == (DmarcResult.TEMPERROR, Policy.NONE)


@pytest.mark.parametrize("authors", [(), ("a.example", "b.example")])
async def test_one_author_domain_is_needed(authors: tuple[str, ...]):
    outcome = await check_dmarc(ZoneResolver({}), authors, FAILED_SPF, ())
    assert outcome.result is DmarcResult.PERMERROR


async def test_a_registry_speaks_only_when_it_says_so():
    plain = await judge(REJECT, author="a.example.co.uk", at="_dmarc.co.uk")
    assert plain.result is DmarcResult.NONE
    registry = await judge(REJECT + "; psd=y", author="a.example.co.uk", at="_dmarc.co.uk")
    assert (registry.result, registry.record_domain) == (DmarcResult.FAIL, "co.uk")


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("mail.example.com.cn", "example.com.cn"),
        ("anna.github.io", "anna.github.io"),
        ("co.uk", "co.uk"),
        ("a.b.xn--fiqs8s", "b.xn--fiqs8s"),
        ("", ""),
    ],
)
def test_organisational_domains(domain: str, organisation: str):
    assert organisational_domain(domain) == organisation


@given(st.binary() | st.text(alphabet="vpstnrq=;:DMARC1 0123456789").map(str.encode))
def test_any_octets_are_a_record_or_refused(octets: bytes):
    try:
        parse_record(b"v=DMARC1; " + octets)
    except BadPolicy:
        return
