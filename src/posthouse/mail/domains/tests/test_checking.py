"""What DNS may say about a domain, and what we make of it. A real name server answers."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.domains.checking import check_records
from posthouse.mail.domains.model import Check, Finding, State, Subject
from posthouse.protocols.dns import reverse_name
from posthouse.protocols.mailauth.keys import KeyKind, dns_value, generate_key
from posthouse.security.members import SigningKey, dns_records
from tests.support.dns_server import DnsServer
from tests.support.dns_zones import Zones

HOST, ADDRESS = "mail.acme.example", "203.0.113.5"
KEY, OTHER_KEY = (dns_value(generate_key(KeyKind.ED25519)) for _ in range(2))
WANTED = dns_records(
    "acme.example",
    HOST,
    [
        SigningKey(
            domain="acme.example", selector="s1", algorithm="ed25519", txt=KEY, private_key=b""
        )
    ],
)
REVERSE = "5.113.0.203.in-addr.arpa"
RIGHT: dict[str, dict[str, Any]] = {
    "acme.example": {"MX": [(10, HOST)], "TXT": ["v=spf1 mx -all", "some-verification=1"]},
    HOST: {"A": [ADDRESS]},
    REVERSE: {"PTR": [HOST]},
    "s1._domainkey.acme.example": {"TXT": [KEY]},
    "_dmarc.acme.example": {"TXT": ["v=DMARC1; p=reject; rua=mailto:postmaster@acme.example"]},
}


async def checks(changes: Mapping[str, Mapping[str, Any]] | None = None) -> list[Check]:
    zones: Zones = {**RIGHT, **(changes or {})}
    with DnsServer(zones) as server:
        resolver = open_resolver(server.address, first_try=0.1, tries=1)
        try:
            return await check_records(resolver, "acme.example", HOST, WANTED)
        finally:
            await resolver.close()


async def findings(
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[Subject, Finding]:
    """What is not right."""
    found = await checks(changes)
    return {check.subject: check.finding for check in found if check.finding is not Finding.RIGHT}


async def test_all_is_right_and_every_record_is_there_once():
    found = await checks()
    assert [check.subject for check in found] == list(Subject)
    assert {check.state for check in found} == {State.GOOD}
    spf = next(check for check in found if check.subject is Subject.SPF)
    assert spf.found == ("v=spf1 mx -all",)  # what else the domain says is not shown
    reverse = next(check for check in found if check.subject is Subject.REVERSE)
    assert reverse.name.rstrip(".") == REVERSE
    assert reverse.name == reverse_name(IPv4Address(ADDRESS))


def txt(*records: str) -> dict[str, Any]:
    """The domain with its MX and these."""
    return {"acme.example": {"MX": [(10, HOST)], "TXT": list(records)}}


@pytest.mark.parametrize(
    ("changes", "subject", "finding"),
    [
        ({"acme.example": {"TXT": ["v=spf1 ip4:203.0.113.5 -all"]}}, Subject.MX, Finding.MISSING),
        (
            {
                "acme.example": {
                    "MX": [(5, "mx.filter.example")],
                    "TXT": ["v=spf1 a:mail.acme.example"],
                }
            },
            Subject.MX,
            Finding.ELSEWHERE,
        ),
        ({REVERSE: {}}, Subject.REVERSE, Finding.MISSING),
        ({REVERSE: {"PTR": ["host5.provider.example"]}}, Subject.REVERSE, Finding.ELSEWHERE),
        (txt("other=1"), Subject.SPF, Finding.MISSING),
        (txt("v=spf1 mx -all", "v=spf1 -all"), Subject.SPF, Finding.SEVERAL),
        (txt("v=spf1 mxx -all"), Subject.SPF, Finding.BROKEN),
        (txt("v=spf1 include:_spf.filter.example -all"), Subject.SPF, Finding.BROKEN),
        (txt("v=spf1 ip4:198.51.100.0/24 ~all"), Subject.SPF, Finding.NOT_COVERED),
        (txt("v=spf1 mx +all"), Subject.SPF, Finding.OPEN),
        ({"s1._domainkey.acme.example": {}}, Subject.DKIM, Finding.MISSING),
        ({"s1._domainkey.acme.example": {"TXT": [OTHER_KEY]}}, Subject.DKIM, Finding.OTHER_KEY),
        ({"s1._domainkey.acme.example": {"TXT": [KEY[:-9]]}}, Subject.DKIM, Finding.BROKEN),
        ({"s1._domainkey.acme.example": {"TXT": [KEY, OTHER_KEY]}}, Subject.DKIM, Finding.SEVERAL),
        ({"_dmarc.acme.example": {}}, Subject.DMARC, Finding.MISSING),
        ({"_dmarc.acme.example": {"TXT": ["v=DMARC1"]}}, Subject.DMARC, Finding.BROKEN),
        (
            {"_dmarc.acme.example": {"TXT": ["v=DMARC1; p=none; rua=mailto:a@acme.example"]}},
            Subject.DMARC,
            Finding.WATCHING,
        ),
        ({"_dmarc.acme.example": {"TXT": ["v=DMARC1; p=reject"]}}, Subject.DMARC, Finding.SILENT),
        (
            {"_dmarc.acme.example": {"TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}},
            Subject.DMARC,
            Finding.SEVERAL,
        ),
    ],
)
async def test_one_thing_is_wrong(
    changes: dict[str, dict[str, Any]], subject: Subject, finding: Finding
):
    assert await findings(changes) == {subject: finding}


async def test_a_machine_without_an_address():
    found = await findings({HOST: {}, REVERSE: {}})
    assert found[Subject.HOST] is Finding.MISSING
    assert Subject.REVERSE not in found


async def test_dns_that_does_not_answer_is_no_verdict():
    with DnsServer({}) as server:
        silent = server.address
    resolver = open_resolver(silent, first_try=0.05, tries=1)
    found = await check_records(resolver, "acme.example", HOST, WANTED)
    await resolver.close()
    assert {check.finding for check in found} == {Finding.UNKNOWN}
    assert {check.state for check in found} == {State.UNKNOWN}
