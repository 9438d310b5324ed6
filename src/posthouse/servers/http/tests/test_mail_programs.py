"""Thunderbird and Outlook ask for their settings, as they do before anybody has signed in."""

import plistlib
from xml.etree import ElementTree

import httpx
import pytest

from posthouse.protocols.autoconfig.tests.test_autoconfig import ASKED, MOBILE, OURS
from posthouse.servers.http.tests.conftest import Town


@pytest.fixture
async def program(town: Town):
    """A program that nobody has signed in with."""
    async with httpx.AsyncClient(base_url=town.url) as client:
        yield client


async def test_thunderbird_by_address_and_by_name(program: httpx.AsyncClient):
    for path, host in (
        (
            "/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=x@ACME.example",
            "other.example",
        ),
        ("/.well-known/autoconfig/mail/config-v1.1.xml", "acme.example"),
        ("/mail/config-v1.1.xml", "autoconfig.acme.example:8443"),
        ("/mail/config-v1.1.xml?emailaddress=anna@acme.example", "autoconfig.acme.example"),
    ):
        answer = await program.get(path, headers={"Host": host})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        provider = ElementTree.fromstring(answer.content)[0]
        assert provider.get("id") == "acme.example"
        found = [(server.get("type"), server.findtext("port")) for server in provider[3:]]
        assert found == [
            ("imap", "2993"),
            ("imap", "2143"),
            ("pop3", "2995"),
            ("pop3", "2110"),
            ("smtp", "2465"),
            ("smtp", "2587"),
        ]


@pytest.mark.parametrize("asked", ["?emailaddress=x@elsewhere.example", "?emailaddress=x", ""])
async def test_thunderbird_asks_for_another_domain(program: httpx.AsyncClient, asked: str):
    answer = await program.get(
        f"/mail/config-v1.1.xml{asked}", headers={"Host": "autoconfig.elsewhere.example"}
    )
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize("path", ["/autodiscover/autodiscover", "/Autodiscover/Autodiscover"])
async def test_outlook(program: httpx.AsyncClient, path: str):
    """The same for addresses that exist and that do not."""
    for address in ("Anna@acme.example", "nobody@acme.example"):
        answer = await program.post(
            f"{path}.xml",
            content=ASKED.format(address=address, schema=OURS),
            headers={"Content-Type": "text/xml; charset=utf-8"},
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        names = [
            each.text
            for each in ElementTree.fromstring(answer.content).iter(f"{{{OURS}}}LoginName")
        ]
        assert names == [address.lower()] * 6


async def test_outlook_is_refused_in_its_own_words(program: httpx.AsyncClient):
    for body, code in (
        (ASKED.format(address="x@elsewhere.example", schema=OURS), "500"),
        (ASKED.format(address="no address", schema=OURS), "500"),
        (ASKED.format(address="anna@acme.example", schema=MOBILE), "601"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>&a;", "600"),
    ):
        answer = await program.post("/autodiscover/autodiscover.xml", content=body)
        assert answer.status_code == 200
        assert f"<ErrorCode>{code}</ErrorCode>" in answer.text


async def test_members_see_what_to_enter(anna: httpx.AsyncClient, program: httpx.AsyncClient):
    said = (await anna.get("/me/mail-programs")).json()
    assert said["address"] == "anna@acme.example"
    assert said["services"][0] == {
        "protocol": "imap",
        "host": "localhost",
        "port": 2993,
        "security": "tls",
    }
    assert len(said["services"]) == 6
    assert (await program.get("/api/v1/me/mail-programs")).status_code == 401


async def test_members_take_a_profile(anna: httpx.AsyncClient, program: httpx.AsyncClient):
    answer = await anna.get("/me/mail-profile")
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    assert answer.headers["content-disposition"] == 'attachment; filename="mail.mobileconfig"'
    assert (
        plistlib.loads(answer.content)["PayloadContent"][0]["EmailAddress"] == "anna@acme.example"
    )
    assert (await program.get("/api/v1/me/mail-profile")).status_code == 401
