"""The resolver against a real name server on the loopback interface."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address

import pytest

from posthouse.foundation import resolver as room
from posthouse.foundation.resolver import open_resolver
from posthouse.protocols.dns import CachingResolver, MailExchanger, ServiceHost, Status
from tests.support.dns_server import DnsServer
from tests.support.dns_zones import Zones

ZONES: Zones = {
    "example.org": {
        "MX": [(20, "Backup.example.org"), (10, "mx.example.org")],
        "TXT": ["v=spf1 -all", ["two ", b"parts \x80"]],
        "A": ["192.0.2.1"],
    },
    "mx.example.org": {"A": ["192.0.2.25"], "AAAA": ["2001:db8::25"]},
    "null.example.org": {"MX": [(0, "")]},
    "alias.example.org": {"CNAME": ["mx.example.org"]},
    "broken.example.org": {"FAIL": ["SERVFAIL"]},
    "silent.example.org": {"FAIL": ["TIMEOUT"]},
    "long.example.org": {"TXT": ["k" * 4_000]},
    "25.2.0.192.in-addr.arpa": {"PTR": ["MX.example.org"]},
    "_imaps._tcp.example.org": {"SRV": ["0 1 993 IMAP.example.org."]},
    "_pop3s._tcp.example.org": {"SRV": ["0 0 0 ."]},
    "xn--bcher-kva.example": {"A": ["192.0.2.7"]},
    "*.wild.example": {"A": ["192.0.2.9"]},
}


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer(ZONES) as dns:
        yield dns


@pytest.fixture
async def resolver(server: DnsServer) -> AsyncIterator[CachingResolver]:
    opened = open_resolver(server.address, first_try=0.1, tries=2)
    yield opened
    await opened.close()


async def test_every_type_is_found_and_typed(resolver: CachingResolver):
    mx = await resolver.mx("Example.ORG")
    assert mx.records == (
        MailExchanger(10, "mx.example.org"),
        MailExchanger(20, "backup.example.org"),
    )
    assert mx.ttl == 300
    assert set((await resolver.txt("example.org")).records) == {b"v=spf1 -all", b"two parts \x80"}
    assert (await resolver.a("mx.example.org")).records == (ip_address("192.0.2.25"),)
    assert (await resolver.aaaa("mx.example.org")).records == (ip_address("2001:db8::25"),)
    assert (await resolver.ptr(ip_address("192.0.2.25"))).records == ("mx.example.org",)
    assert (await resolver.mx("null.example.org")).records == (MailExchanger(0, ""),)
    imaps = await resolver.srv("_imaps._tcp.example.org")
    assert imaps.records == (ServiceHost(0, 1, 993, "imap.example.org"),)
    not_offered = await resolver.srv("_pop3s._tcp.example.org")
    assert not_offered.records == (ServiceHost(0, 0, 0, ""),)
    assert (await resolver.a("bücher.example")).records == (ip_address("192.0.2.7"),)
    assert (await resolver.a("anything.wild.example")).records == (ip_address("192.0.2.9"),)


async def test_an_alias_is_followed(resolver: CachingResolver):
    assert (await resolver.a("alias.example.org")).records == (ip_address("192.0.2.25"),)
    assert (await resolver.mx("alias.example.org")).status is Status.NO_DATA


async def test_failures_are_told_apart(resolver: CachingResolver):
    assert (await resolver.a("nowhere.example.org")).status is Status.NXDOMAIN
    assert (await resolver.aaaa("example.org")).status is Status.NO_DATA
    assert (await resolver.a("broken.example.org")).status is Status.TEMPORARY
    assert (await resolver.a("silent.example.org")).status is Status.TEMPORARY
    assert (await resolver.a("foo:bar/baz.example.org")).status is Status.NXDOMAIN


async def test_a_long_answer_comes_over_tcp(server: DnsServer, resolver: CachingResolver):
    assert (await resolver.txt("long.example.org")).records == (b"k" * 4_000,)
    assert len(server.questions) == 2


async def test_equal_questions_reach_the_server_once(server: DnsServer, resolver: CachingResolver):
    await asyncio.gather(*(resolver.a("mx.example.org") for _ in range(50)))
    await resolver.a("mx.example.org")
    assert server.questions == [("mx.example.org", "A")]


async def test_a_new_channel_loses_no_question(
    resolver: CachingResolver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(room, "QUERIES_PER_CHANNEL", 3)
    answers = await asyncio.gather(*(resolver.a(f"h{n}.wild.example") for n in range(40)))
    assert all(answer.found for answer in answers)


async def test_nobody_at_the_port_is_a_temporary_failure():
    with DnsServer({}) as gone:
        address = gone.address
    resolver = open_resolver(address, first_try=0.1, tries=1)
    assert (await resolver.a("example.org")).status is Status.TEMPORARY
    await resolver.close()


@pytest.mark.parametrize(
    "address", ["", "localhost:53", "127.0.0.1:0", "127.0.0.1:x", "1.2.3.4:70000"]
)
async def test_an_address_that_is_none_is_refused(address: str):
    with pytest.raises(ValueError, match="not a"):
        open_resolver(address)


@pytest.mark.parametrize(
    ("address", "parsed"),
    [
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("127.0.0.1", ("127.0.0.1", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("::1", ("::1", 53)),
    ],
)
def test_addresses_are_read(address: str, parsed: tuple[str, int]):
    assert room.parse_resolver(address) == parsed
