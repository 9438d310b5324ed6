"""SPF against the openspf test suite (of the corpora), and the cases that it leaves out."""

import time
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.resolver import open_resolver
from posthouse.protocols.dns import Resolver
from posthouse.protocols.mailauth.spf import SpfOutcome, SpfResult, check_spf
from posthouse.protocols.mailauth.spf.record import BadRecord, is_spf, parse_record
from tests.support.dns_server import DnsServer
from tests.support.dns_zones import ZoneResolver, Zones

# c-ares asks for host names only; a name with other signs in it does not exist for us.
UNASKABLE = {
    "a-colon-domain",
    "a-colon-domain-ip4mapped",
    "mx-colon-domain",
    "mx-colon-domain-ip4mapped",
    "macro-mania-in-domain",
}


def suite(corpora: Path) -> Iterator[tuple[str, dict[str, Any], Zones]]:
    path = corpora / "pyspf/test/rfc7208-tests.yml"
    for scenario in yaml.safe_load_all(path.read_text("utf-8")):
        zones = {name: records_of(items) for name, items in scenario["zonedata"].items()}
        for name, case in scenario["tests"].items():
            yield name, case, zones


def records_of(items: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
    """The suite's notation: type SPF stands for TXT unless TXT is given, too."""
    records: dict[str, list[Any]] = {}
    for item in items:
        if item == "TIMEOUT":
            records["FAIL"] = ["TIMEOUT"]
        else:
            ((kind, value),) = item.items()
            records.setdefault(kind, []).append(value)
    spf = records.pop("SPF", None)
    if records.get("TXT") == ["NONE"]:
        del records["TXT"]
    elif spf is not None:
        records.setdefault("TXT", spf)
    return records


async def run(case: Mapping[str, Any], resolver: Resolver) -> SpfOutcome:
    return await check_spf(
        resolver, ip_address(case["host"]), case["mailfrom"], case["helo"], explain=True
    )


def complaint(name: str, case: Mapping[str, Any], outcome: SpfOutcome) -> str:
    expected = case["result"] if isinstance(case["result"], list) else [case["result"]]
    if outcome.result not in expected:
        return f"{name}: {outcome} instead of {expected}"
    explanation = case.get("explanation", outcome.explanation).replace("DEFAULT", "")
    if outcome.explanation.casefold() != explanation.casefold():
        return f"{name}: explained {outcome.explanation!r} instead of {explanation!r}"
    return ""


@pytest.mark.corpora
async def test_the_suite_of_rfc_7208(corpora: Path):
    cases = list(suite(corpora))
    wrong = [
        complaint(name, case, await run(case, ZoneResolver(zones))) for name, case, zones in cases
    ]
    assert [line for line in wrong if line] == []
    assert len(cases) == 203


@pytest.mark.corpora
async def test_the_suite_through_a_real_name_server(
    corpora: Path,
):
    wrong = []
    for name, case, zones in suite(corpora):
        with DnsServer(zones) as server:
            resolver = open_resolver(server.address, first_try=0.1, tries=1)
            line = complaint(name, case, await run(case, resolver))
            await resolver.close()
        if line and name not in UNASKABLE:
            wrong.append(line)
    assert wrong == []


async def spf(record: str, zones: Zones | None = None, ip: str = "192.0.2.1") -> SpfOutcome:
    resolver = ZoneResolver({"example.org": {"TXT": [record]}} | dict(zones or {}))
    return await check_spf(resolver, ip_address(ip), "anna@example.org", "mx.example.org")


async def test_the_deciding_directive_is_the_reason():
    outcome = await spf("v=spf1 ip4:192.0.2.0/24 -all")
    assert (outcome.result, outcome.reason) == (SpfResult.PASS, "ip4:192.0.2.0/24")
    outcome = await spf("v=spf1 ip4:192.0.2.0/24 ~all", ip="2001:db8::1")
    assert (outcome.result, outcome.reason) == (SpfResult.SOFTFAIL, "~all")


async def test_an_empty_sender_is_judged_by_its_helo():
    resolver = ZoneResolver({"mx.example.org": {"TXT": ["v=spf1 a -all"], "A": ["192.0.2.1"]}})
    outcome = await check_spf(resolver, ip_address("192.0.2.1"), "", "MX.example.org")
    assert (outcome.result, outcome.domain, outcome.from_helo) == (
        SpfResult.PASS,
        "mx.example.org",
        True,
    )
    outcome = await check_spf(resolver, ip_address("192.0.2.1"), "", "[192.0.2.1]")
    assert outcome.result is SpfResult.NONE


async def test_a_sender_in_unicode_is_asked_in_a_labels():
    resolver = ZoneResolver({"xn--bcher-kva.example": {"TXT": ["v=spf1 +all"]}})
    outcome = await check_spf(resolver, ip_address("192.0.2.1"), "ä@bücher.example", "x")
    assert (outcome.result, outcome.domain) == (SpfResult.PASS, "xn--bcher-kva.example")


async def test_a_tree_of_includes_asks_no_more_than_ten_times():
    zones: dict[str, Any] = {
        f"n{n}.example": {"TXT": ["v=spf1 " + " ".join(f"include:n{m}.example" for m in range(9))]}
        for n in range(9)
    }
    resolver = ZoneResolver(zones)
    outcome = await check_spf(resolver, ip_address("192.0.2.1"), "x@n0.example", "x")
    assert (outcome.result, outcome.reason) == (SpfResult.PERMERROR, "more than 10 lookups")
    assert len(resolver.questions) <= 11


async def test_a_ptr_record_may_not_cost_more_than_ten_addresses():
    reverse = {"PTR": [f"h{n}.example.com" for n in range(50)]}
    resolver = ZoneResolver(
        {"example.org": {"TXT": ["v=spf1 ptr -all"]}, "1.2.0.192.in-addr.arpa": reverse}
    )
    outcome = await check_spf(resolver, ip_address("192.0.2.1"), "a@example.org", "x")
    assert outcome.result is SpfResult.FAIL
    assert len(resolver.questions) == 12


async def test_a_record_that_unfolds_without_end_costs_little():
    record = ["v=spf1 a:", *["%{l}%{s}.%{l}"] * 500, ".com -all"]
    resolver = ZoneResolver({"example.org": {"TXT": [record]}})
    sender = ".".join("a" * 500) + "@example.org"
    start = time.process_time()
    outcome = await check_spf(resolver, ip_address("192.0.2.1"), sender, "x")
    assert outcome.result is SpfResult.FAIL
    assert time.process_time() - start < 0.5
    name, kind = resolver.questions[-1]
    assert (len(name), kind) == (253, "A")


async def test_a_huge_record_is_refused():
    outcome = await spf("v=spf1 " + "ip4:192.0.2.1 " * 1_000)
    assert (outcome.result, outcome.reason) == (
        SpfResult.PERMERROR,
        "example.org: record too long",
    )


@given(st.text(alphabet="v=spf1 aimxptr%{}:/.-~?+0123456789lsdrex_") | st.text())
def test_any_text_is_a_record_or_refused(text: str):
    octets = b"v=spf1 " + text.encode("utf-8", "surrogatepass")
    assert is_spf(octets)
    try:
        parse_record(octets)
    except BadRecord:
        return


@given(
    st.text(alphabet="%{}slodiphvrSLDR0123456789.-+,/_=ab"),
    st.emails() | st.text(),
    st.text(),
    st.ip_addresses(),
)
async def test_any_sender_and_macro_get_an_outcome(macro: str, sender: str, helo: str, ip: Any):
    domain = sender.rpartition("@")[2]
    resolver = ZoneResolver({"*.com": {"TXT": [f"v=spf1 exists:{macro}.com exp={macro}.com -all"]}})
    outcome = await check_spf(resolver, ip, sender, helo, explain=True)
    assert outcome.result in SpfResult
    assert outcome.domain or domain == "" or not sender
