"""Servers found by DNS, by documents and by knocking: with a real name server and a real web."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.detection import Detection, FoundServer, Places, detect
from posthouse.mail.accounts.detection.guesses import PortMap
from posthouse.mail.accounts.detection.web import Ports
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.model import Server
from posthouse.protocols.autoconfig import Service, outlook_settings, thunderbird_config
from tests.support.dns_server import DnsServer
from tests.support.ews_server.autodiscover import document
from tests.support.ports import free_port
from tests.support.scripted_web import Reply, ScriptedWeb, scripted_web

ANNA = "anna@kunde.example"
HERE = {"A": ["127.0.0.1"]}
OWN = "https://autoconfig.kunde.example/mail/config-v1.1.xml"
WELL_KNOWN = "https://kunde.example/.well-known/autoconfig/mail/config-v1.1.xml"
DISCOVER = "https://autodiscover.kunde.example/autodiscover/autodiscover.xml"
SERVICES = [
    Service(protocol="imap", host="imap.kunde.example", port=993, implicit_tls=True),
    Service(protocol="smtp", host="smtp.kunde.example", port=587, implicit_tls=False),
]
CONFIG = Reply(body=thunderbird_config("kunde.example", "Kunde", SERVICES))


@dataclass
class World:
    """What there is outside, and the way there."""

    dns: DnsServer
    web: ScriptedWeb
    outside: Outside
    places: Places

    async def detect(self, address: str = ANNA) -> Detection:
        return await detect(self.outside, address, self.places)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(scripted_web(tmp_path))
        dns = stack.enter_context(DnsServer({"kunde.example": {"MX": [(10, "mx.kunde.example")]}}))
        resolver = open_resolver(dns.address, first_try=0.5, tries=1)
        stack.push_async_callback(resolver.close)
        closed = {port: free_port() for port in (993, 143, 995, 465, 587)}
        yield World(
            dns=dns,
            web=web,
            outside=Outside(resolver=resolver, tls=web.trusting(), private_hosts=True),
            places=Places(
                web=Ports(http=web.http, https=web.https), guesses=PortMap(instead=closed)
            ),
        )


def found(detection: Detection, *protocols: str) -> list[FoundServer]:
    return [each for each in detection.servers if each.protocol in protocols]


async def test_a_provider_that_is_known_is_not_asked(world: World):
    detection = await world.detect("li.lei@163.com")
    assert detection.provider is not None
    assert detection.provider.key == "netease163"
    (imap,) = found(detection, "imap")
    assert imap.server == Server(host="imap.163.com", port=993, security="tls")
    assert (imap.login, imap.way, imap.vouched) == ("li.lei@163.com", "provider", True)
    assert world.dns.questions == []
    assert world.web.asked == []


async def test_where_only_the_local_part_signs_in(world: World):
    detection = await world.detect("anna@icloud.com")
    assert [each.login for each in found(detection, "imap", "smtp")] == ["anna", "anna@icloud.com"]


async def test_a_company_at_a_provider_is_known_by_its_mail_host(world: World):
    mx = [(20, "mx.spare.example"), (10, "mxbiz1.qq.com")]
    world.dns.put("firma.example", {"MX": mx})
    detection = await world.detect("wang@firma.example")
    assert detection.provider is not None
    assert detection.provider.key == "exmail"
    (imap,) = found(detection, "imap")
    assert (imap.server.host, imap.way, imap.detail) == (
        "imap.exmail.qq.com",
        "mx",
        "mxbiz1.qq.com",
    )
    assert world.web.asked == []


async def test_srv_records_in_their_order(world: World):
    records = {
        "_imap._tcp": ["10 0 143 imap.kunde.example"],
        "_imaps._tcp": ["10 0 993 slow.kunde.example", "10 9 993 imap.kunde.example"],
        "_submission._tcp": ["1 0 587 smtp.hoster.example"],
        "_submissions._tcp": ["5 0 465 smtp.kunde.example"],
        "_pop3._tcp": ["0 0 0 ."],
        "_pop3s._tcp": ["0 0 995 not\\000a.host"],
    }
    for name, values in records.items():
        world.dns.put(f"{name}.kunde.example", {"SRV": values})
    detection = await world.detect()
    assert [(each.server.host, each.server.port) for each in found(detection, "imap")] == [
        ("imap.kunde.example", 993),
        ("slow.kunde.example", 993),
        ("imap.kunde.example", 143),
    ]
    # Anybody on the way could have said that the mail goes to a hoster: a person is to look.
    assert [(each.server.host, each.vouched) for each in found(detection, "smtp")] == [
        ("smtp.hoster.example", False),
        ("smtp.kunde.example", True),
    ]
    assert found(detection, "pop3") == []
    assert {each.way for each in detection.servers} == {"srv"}


@pytest.mark.parametrize("where", [OWN, WELL_KNOWN])
async def test_the_documents_of_a_domain(world: World, where: str):
    world.dns.put("autoconfig.kunde.example", HERE)
    world.dns.put("kunde.example", HERE | {"MX": [(10, "mx.kunde.example")]})
    world.web.pages[where] = CONFIG
    detection = await world.detect()
    assert [(each.server, each.login) for each in detection.servers] == [
        (Server(host="imap.kunde.example", port=993, security="tls"), ANNA),
        (Server(host="smtp.kunde.example", port=587, security="starttls"), ANNA),
    ]
    assert {(each.way, each.vouched) for each in detection.servers} == {("autoconfig", True)}
    assert not any(address.startswith("GET http:") for address in world.web.asked)


async def test_over_http_nobody_vouches(world: World):
    world.dns.put("autoconfig.kunde.example", HERE)
    world.web.pages[OWN.replace("https:", "http:")] = CONFIG
    detection = await world.detect()
    assert {each.vouched for each in detection.servers} == {False}
    assert len(detection.servers) == 2


async def test_who_takes_the_mail_may_know(world: World):
    world.dns.put("kunde.example", {"MX": [(10, "mx7.hoster.example")]})
    world.dns.put("autoconfig.hoster.example", HERE)
    world.web.pages["https://autoconfig.hoster.example/mail/config-v1.1.xml"] = CONFIG
    detection = await world.detect()
    assert {each.detail for each in detection.servers} == {"autoconfig.hoster.example"}
    assert {each.vouched for each in detection.servers} == {False}


REDIRECT = "Location: {}"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=302, headers=(REDIRECT.format("http://autoconfig.kunde.example/x"),)),
        Reply(status=302, headers=(REDIRECT.format("file:///etc/passwd"),)),
        Reply(status=302, headers=(REDIRECT.format(OWN),)),  # in circles
        Reply(status=500, body=CONFIG.body),
        Reply(body=CONFIG.body + b" " * 200_000),
        Reply(body=b"<html>Sign in</html>"),
        Reply(body=CONFIG.body.replace(b"password-cleartext", b"OAuth2")),
        Reply(body=CONFIG.body.replace(b"SSL", b"plain").replace(b"STARTTLS", b"plain")),
    ],
)
async def test_what_is_not_taken_from_the_web(world: World, reply: Reply):
    world.dns.put("autoconfig.kunde.example", HERE)
    world.web.pages[OWN] = reply
    world.web.pages["http://autoconfig.kunde.example/x"] = CONFIG
    detection = await world.detect()
    assert detection.servers == ()
    assert len(world.web.asked) <= 6


async def test_a_redirect_is_followed(world: World):
    world.dns.put("autoconfig.kunde.example", HERE)
    world.dns.put("elsewhere.example", HERE)
    there = "https://elsewhere.example/config.xml"
    world.web.pages[OWN] = Reply(status=301, headers=(REDIRECT.format(there),))
    world.web.pages[there] = CONFIG
    detection = await world.detect()
    assert {each.detail for each in detection.servers} == {"elsewhere.example"}


async def test_a_web_server_that_is_not_who_it_says(world: World):
    world.dns.put("autoconfig.kunde.example", HERE)
    world.web.strangers.add("autoconfig.kunde.example")
    world.web.pages[OWN] = CONFIG
    assert (await world.detect()).servers == ()


async def test_autodiscover(world: World):
    world.dns.put("autodiscover.kunde.example", HERE)
    world.web.pages[DISCOVER] = Reply(body=outlook_settings(ANNA, SERVICES))
    detection = await world.detect()
    assert [each.server.port for each in detection.servers] == [993, 587]
    assert {each.way for each in detection.servers} == {"autodiscover"}
    assert any(ANNA.encode() in body for body in world.web.bodies)


@pytest.mark.parametrize(("scheme", "servers"), [("https", 2), ("http", 0)])
async def test_autodiscover_elsewhere(world: World, scheme: str, servers: int):
    there = f"{scheme}://hosted.example/autodiscover/autodiscover.xml"
    world.dns.put("autodiscover.kunde.example", HERE)
    world.dns.put("hosted.example", HERE)
    world.web.pages[DISCOVER] = Reply(
        body=(
            b"<Autodiscover><Response><Account><Action>redirectUrl</Action><RedirectUrl>"
            + there.encode()
            + b"</RedirectUrl></Account></Response></Autodiscover>"
        )
    )
    world.web.pages[there] = Reply(body=outlook_settings(ANNA, SERVICES))
    assert len((await world.detect()).servers) == servers


async def test_an_exchange_server_is_named(world: World):
    world.dns.put("autodiscover.kunde.example", HERE)
    world.web.pages[DISCOVER] = Reply(status=401)
    detection = await world.detect()
    assert detection.exchange == "autodiscover.kunde.example"
    assert detection.servers == ()


EWS = "https://mail.kunde.example/EWS/Exchange.asmx"


async def test_web_services_that_autodiscover_names(world: World):
    """Of what it names only that counts which can be reached from here."""
    world.dns.put("autodiscover.kunde.example", HERE)
    world.dns.put("mail.kunde.example", HERE)
    world.web.pages[DISCOVER] = Reply(body=document(EWS).encode())
    world.web.pages[EWS] = Reply(status=401)
    detection = await world.detect()
    (ews,) = detection.servers
    assert ews.server == Server(host="mail.kunde.example", port=443, path="/EWS/Exchange.asmx")
    assert (ews.protocol, ews.login, ews.way, ews.vouched) == ("ews", ANNA, "autodiscover", True)
    assert ews.detail == "autodiscover.kunde.example"


async def test_web_services_beside_an_autodiscover_that_wants_a_password(world: World):
    world.dns.put("autodiscover.kunde.example", HERE)
    world.web.pages[DISCOVER] = Reply(status=401)
    world.web.pages["https://autodiscover.kunde.example/EWS/Exchange.asmx"] = Reply(status=401)
    (ews,) = (await world.detect()).servers
    assert ews.server.host == "autodiscover.kunde.example"


async def test_imap_is_looked_for_beside_web_services(world: World):
    world.dns.put("_imaps._tcp.kunde.example", {"SRV": ["0 0 993 imap.kunde.example"]})
    world.dns.put("autodiscover.kunde.example", HERE)
    world.web.pages[DISCOVER] = Reply(status=401)
    world.web.pages["https://autodiscover.kunde.example/EWS/Exchange.asmx"] = Reply(status=401)
    assert [each.protocol for each in (await world.detect()).servers] == ["imap", "ews"]


@pytest.mark.parametrize("way", ["http", "srv"])
async def test_an_autodiscover_that_lies_elsewhere(world: World, way: str):
    """Anybody on the way could have said so: a person is to look at the name."""
    there = "https://exchange.hoster.example/autodiscover/autodiscover.xml"
    world.dns.put("exchange.hoster.example", HERE)
    world.web.pages[there] = Reply(status=401)
    world.web.pages["https://exchange.hoster.example/EWS/Exchange.asmx"] = Reply(status=401)
    if way == "http":
        world.dns.put("autodiscover.kunde.example", HERE)
        world.web.pages["http://autodiscover.kunde.example/autodiscover/autodiscover.xml"] = Reply(
            status=302, headers=(f"Location: {there}",)
        )
    else:
        record = {"SRV": ["0 0 443 exchange.hoster.example"]}
        world.dns.put("_autodiscover._tcp.kunde.example", record)
    (ews,) = (await world.detect()).servers
    assert (ews.server.host, ews.vouched) == ("exchange.hoster.example", False)


async def test_whoever_is_believed_first_comes_first(world: World):
    world.dns.put("_imaps._tcp.kunde.example", {"SRV": ["0 0 993 srv.kunde.example"]})
    world.dns.put("autoconfig.kunde.example", HERE)
    world.web.pages[OWN] = CONFIG
    detection = await world.detect()
    assert [each.way for each in found(detection, "imap")] == ["srv", "autoconfig"]
    assert [each.way for each in found(detection, "smtp")] == ["autoconfig"]


async def test_a_provider_behind_a_filter(world: World):
    gmail = Service(protocol="imap", host="imap.gmail.com", port=993, implicit_tls=True)
    world.dns.put("autoconfig.kunde.example", HERE)
    world.web.pages[OWN] = Reply(body=thunderbird_config("kunde.example", "Kunde", [gmail]))
    detection = await world.detect()
    assert detection.provider is not None
    assert detection.provider.key == "gmail"


async def test_our_own_network_is_not_looked_at(world: World):
    for name in ("autoconfig", "autodiscover", "imap", "mail"):
        world.dns.put(f"{name}.kunde.example", HERE)
    world.web.pages[OWN] = CONFIG
    world.outside = replace(world.outside, private_hosts=False)
    assert (await world.detect()).servers == ()
    assert world.web.asked == []


@pytest.mark.parametrize("records", [{"MX": [(0, "")]}, None])
async def test_a_domain_that_takes_no_mail(world: World, records: dict[str, list[object]] | None):
    if records is not None:
        world.dns.put("nomail.example", records)
    detection = await world.detect("x@nomail.example")
    assert detection == Detection(address="x@nomail.example", takes_no_mail=True)


async def test_dns_that_fails_says_nothing_of_the_domain(world: World):
    world.dns.put("broken.example", {"FAIL": ["SERVFAIL"]})
    assert await world.detect("x@broken.example") == Detection(address="x@broken.example")


# ---------------------------------------------------------------- knocking


async def greeting(world: World, port: int, *lines: bytes, tls: bool) -> asyncio.Server:
    """A server that says `lines`, one before and one after each line it hears; then TLS."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines[:1] if tls else lines:
            writer.write(line)
            await reader.readline()
        writer.close()

    async def starttls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(lines[0])
        for line in lines[1:]:
            await reader.readline()
            writer.write(line)
        await writer.start_tls(world.web.server_side())
        await reader.read()
        writer.close()

    context = world.web.server_side() if tls else None
    return await asyncio.start_server(
        answer if tls or len(lines) == 1 else starttls, "127.0.0.1", port, ssl=context
    )


async def test_usual_names_are_tried_when_nobody_says_anything(world: World):
    ports = world.places.guesses.instead
    for name in ("imap.kunde.example", "mx.kunde.example", "smtp.kunde.example"):
        world.dns.put(name, HERE)
    world.web.strangers.add("mx.kunde.example")
    async with AsyncExitStack() as stack:
        for server in (
            await greeting(world, ports[993], b"* OK ready\r\n", tls=True),
            await greeting(world, ports[143], b"* OK ready\r\n", b"a OK now\r\n", tls=False),
            await greeting(world, ports[995], b"-ERR busy\r\n", tls=True),
            await greeting(
                world,
                ports[587],
                b"220-kunde\r\n220 ready\r\n",
                b"250-kunde\r\n250 STARTTLS\r\n",
                b"220 go\r\n",
                tls=False,
            ),
        ):
            await stack.enter_async_context(server)
        detection = await world.detect()
    assert [(each.protocol, each.server.host, each.server.port) for each in detection.servers] == [
        ("imap", "imap.kunde.example", ports[993]),
        ("imap", "imap.kunde.example", ports[143]),
        ("smtp", "smtp.kunde.example", ports[587]),
    ]
    assert {(each.way, each.vouched) for each in detection.servers} == {("guess", True)}


async def test_a_mail_host_elsewhere_is_tried_but_not_vouched_for(world: World):
    world.dns.put("kunde.example", {"MX": [(10, "mx.hoster.example")]})
    world.dns.put("mx.hoster.example", HERE)
    port = world.places.guesses.instead[993]
    async with await greeting(world, port, b"* OK ready\r\n", tls=True):
        detection = await world.detect()
    assert [(each.server.host, each.vouched) for each in detection.servers] == [
        ("mx.hoster.example", False)
    ]
