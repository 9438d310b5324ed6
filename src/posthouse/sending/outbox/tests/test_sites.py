"""The way to a domain, from DNS as it is and as it should not be (RFC 5321 5.1)."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.protocols.dns import CachingResolver
from posthouse.sending.outbox import ourselves
from posthouse.sending.outbox.routes import set_route
from posthouse.sending.outbox.sites import Hosted, Nowhere, Remote, find_way
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace

FAR = {"A": ["198.51.100.7"]}


@pytest.fixture
async def at_port_25(sending: Database) -> Database:
    """A house as it is in the world."""
    sending.provide(replace(sending.service(Settings), mx_port=25))
    return sending


async def way_to(house: Database, domain: str) -> Remote:
    way = await find_way(house, domain)
    assert isinstance(way, Remote), way
    return way


async def status_of(house: Database, domain: str) -> str:
    way = await find_way(house, domain)
    assert isinstance(way, Nowhere), way
    return way.reply.enhanced


def addresses(way: Remote) -> list[str]:
    return [target.address for target in way.targets]


async def test_hosts_by_preference_and_both_families(at_port_25: Database, dns: DnsServer):
    dns.put("far.example", {"MX": [(20, "b.far.example"), (10, "a.far.example")]})
    dns.put("a.far.example", {"A": ["198.51.100.1"], "AAAA": ["2001:db8:1::1", "2001:db8:1::2"]})
    dns.put("b.far.example", FAR)
    way = await way_to(at_port_25, "far.example")
    families = [":" in address for address in addresses(way)]
    assert families == [True, False, True, False]
    assert [target.host for target in way.targets] == [*["a.far.example"] * 3, "b.far.example"]


async def test_equals_are_tried_in_a_random_order(at_port_25: Database, dns: DnsServer):
    dns.put("far.example", {"MX": [(10, f"{name}.far.example") for name in "abc"]})
    for name in "abc":
        dns.put(f"{name}.far.example", FAR)
    firsts = {(await way_to(at_port_25, "far.example")).targets[0].host for _ in range(60)}
    assert len(firsts) == 3


async def test_a_domain_without_mx_is_its_own_host(at_port_25: Database, dns: DnsServer):
    dns.put("far.example", {"A": ["198.51.100.7"]})
    way = await way_to(at_port_25, "far.example")
    assert (way.site, addresses(way)) == ("far.example", ["198.51.100.7"])


async def test_a_null_mx_is_final(at_port_25: Database, dns: DnsServer):
    dns.put("far.example", {"MX": [(0, ".")], "A": ["198.51.100.7"]})  # RFC 7505 3
    assert await status_of(at_port_25, "far.example") == "5.1.10"


async def test_aliases_are_followed(at_port_25: Database, dns: DnsServer):
    dns.put("far.example", {"CNAME": ["real.example"]})
    dns.put("real.example", {"MX": [(10, "mx.real.example")]})
    dns.put("mx.real.example", {"CNAME": ["host.real.example"]})  # RFC 2181 10.3 forbids it
    dns.put("host.real.example", FAR)
    assert addresses(await way_to(at_port_25, "far.example")) == ["198.51.100.7"]


async def test_domains_with_the_same_hosts_are_one_site(at_port_25: Database, dns: DnsServer):
    for domain, order in (("one.example", (10, 20)), ("two.example", (20, 10))):
        hosts = ["a.big.example", "b.big.example"]
        dns.put(domain, {"MX": list(zip(order, hosts, strict=True))})
    dns.put("a.big.example", FAR)
    dns.put("b.big.example", FAR)
    dns.put("three.example", {"MX": [(10, "a.big.example")]})
    found = [(await way_to(at_port_25, f"{name}.example")).site for name in ("one", "two", "three")]
    assert found == ["a.big.example b.big.example"] * 2 + ["a.big.example"]


async def test_dns_that_fails_is_asked_again_later(at_port_25: Database, dns: DnsServer):
    dns.put("sick.example", {"FAIL": ["SERVFAIL"]})
    dns.put("far.example", {"MX": [(10, "mx.sick.example")]})
    dns.put("mx.sick.example", {"FAIL": ["SERVFAIL"]})
    dns.put("half.example", {"MX": [(10, "mx.sick.example"), (20, "mx.well.example")]})
    dns.put("mx.well.example", FAR)
    assert await status_of(at_port_25, "sick.example") == "4.4.3"
    assert await status_of(at_port_25, "far.example") == "4.4.3"
    assert addresses(await way_to(at_port_25, "half.example")) == ["198.51.100.7"]


async def test_hosts_without_an_address_are_nowhere(at_port_25: Database, dns: DnsServer):
    dns.put("far.example", {"MX": [(10, "gone.far.example")]})
    assert await status_of(at_port_25, "far.example") == "5.4.4"
    assert await status_of(at_port_25, "never.example") == "5.1.2"


# -- ourselves


@pytest.fixture
def public(dns: DnsServer) -> str:
    """Where the world finds us, which is no address of this machine."""
    dns.put("mail.acme.example", {"A": ["203.0.113.5"]})
    return "203.0.113.5"


async def test_only_hosts_before_us_are_tried(at_port_25: Database, dns: DnsServer, public: str):
    ranks = [(10, "first"), (20, "we"), (20, "equal"), (30, "last")]
    dns.put("far.example", {"MX": [(rank, f"{name}.far.example") for rank, name in ranks]})
    for _, name in ranks:
        dns.put(f"{name}.far.example", FAR)
    dns.put("we.far.example", {"A": ["198.51.100.9", public]})  # by a name that is not ours
    way = await way_to(at_port_25, "far.example")
    assert (way.site, addresses(way)) == ("first.far.example", ["198.51.100.7"])


async def test_our_address_under_any_name_is_a_loop(
    at_port_25: Database, dns: DnsServer, public: str
):
    dns.put("mx.far.example", {"MX": [(10, "other.far.example")]})
    dns.put("other.far.example", {"A": [public]})
    dns.put("bare.far.example", {"A": [public]})
    dns.put("name.far.example", {"MX": [(10, "MAIL.acme.example")]})
    dns.put("loopback.far.example", {"A": ["127.0.0.2"]})
    for domain in ("mx", "bare", "name", "loopback"):
        assert await status_of(at_port_25, f"{domain}.far.example") == "5.4.6", domain
    for literal in (f"[{public}]", "[127.0.0.1]", "[IPv6:::1]", "[0.0.0.0]"):
        assert await status_of(at_port_25, literal) == "5.4.6", literal


async def test_addresses_of_this_machine_are_ours(
    at_port_25: Database, dns: DnsServer, monkeypatch: pytest.MonkeyPatch
):
    dns.put("far.example", {"MX": [(10, "mx.far.example")]})
    dns.put("mx.far.example", FAR)
    monkeypatch.setattr(ourselves, "_may_bind", lambda address: str(address) == "198.51.100.7")
    ourselves._binds_anything.cache_clear()
    assert await status_of(at_port_25, "far.example") == "5.4.6"
    monkeypatch.setattr(ourselves, "_may_bind", lambda address: True)
    ourselves._binds_anything.cache_clear()
    assert addresses(await way_to(at_port_25, "far.example")) == ["198.51.100.7"]
    monkeypatch.undo()
    ourselves._binds_anything.cache_clear()
    assert ourselves._may_bind(ip_address("127.0.0.1"))
    assert not ourselves._may_bind(ip_address("198.51.100.7"))


# -- other ways


async def test_domains_of_this_house_and_relays_come_before_dns(
    sending: Database, workspace: Workspace
):
    assert await find_way(sending, workspace.domain) == Hosted(workspace.id)
    async with sending.system() as tx:
        await set_route(tx, "*", "127.0.0.1:2599")
    first = await way_to(sending, "one.example")
    assert first == await way_to(sending, "two.example")
    assert first.site == "relay 127.0.0.1:2599"


async def test_names_outside_ascii(at_port_25: Database, dns: DnsServer):
    dns.put("xn--bcher-kva.example", {"MX": [(10, "xn--mx-hia.example")]})
    dns.put("xn--mx-hia.example", FAR)
    resolver = at_port_25.service(CachingResolver)
    assert (await resolver.mx("bücher.example")).found
    way = await way_to(at_port_25, "xn--bcher-kva.example")
    assert way.targets[0].host == "xn--mx-hia.example"
