"""A real Postfix in front of us, by the profile of docs/operating/behind-postfix.md, and behind us.

What the one in front takes is filed; what we hand to the one behind leaves, or comes back.
"""

import re
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dns_server import DnsServer
from tests.support.ports import free_ports
from tests.support.postfix import Postfix, running_postfix
from tests.support.running import (
    ANNA,
    BEN,
    PASSWORD,
    RunningPosthouse,
    all_messages,
    new_house,
    wait_for,
)
from tests.support.scripted_mx import ScriptedMx, serving_in_thread

pytestmark = pytest.mark.interop

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "behind-postfix.md"
LETTER = b"From: Li <li@kunde.example>\r\nTo: both\r\nSubject: %b\r\n\r\n.dot\r\n\xe4\xb8\xad\r\n"
ZONES = {
    "kunde.example": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "_dmarc.kunde.example": {"TXT": ["v=DMARC1; p=reject"]},
}


def profile(port: int) -> str:
    """The lines for main.cf as the page has them, with another port."""
    block = re.search(r"`main.cf`:\n\n```\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    return block[1].replace("127.0.0.1:2424", f"127.0.0.1:{port}")


@pytest.fixture(scope="module")
def house() -> Iterator[RunningPosthouse]:
    with DnsServer(ZONES) as dns, new_house(resolver=dns.address) as opened:
        opened.start()
        yield opened


@pytest.fixture(scope="module")
def gate(house: RunningPosthouse) -> Iterator[Postfix]:
    with running_postfix(profile(house.ports["lmtp"])) as postfix:
        yield postfix


def send(gate: Postfix, subject: str, address: str, *recipients: str) -> None:
    """As a client of that address, by Postfix's XCLIENT."""
    with smtplib.SMTP("127.0.0.1", gate.port, timeout=30) as client:
        client.ehlo("mail.kunde.example")
        assert client.docmd("XCLIENT", f"ADDR={address} NAME=mail.kunde.example")[0] == 220
        client.ehlo("mail.kunde.example")
        refused = client.sendmail("li@kunde.example", recipients, LETTER % subject.encode())
        assert refused == {}


def found(house: RunningPosthouse, member: str, subject: str, folder: str = "INBOX") -> list[bytes]:
    mails = [raw for _, raw in all_messages(house.imap(member), folder)]
    return [raw for raw in mails if f"Subject: {subject}\r\n".encode() in raw]


def test_one_mail_for_two_members(house: RunningPosthouse, gate: Postfix):
    send(gate, "for both", "192.0.2.1", ANNA, BEN)
    for member in (ANNA, BEN):
        wait_for(
            lambda member=member: found(house, member, "for both"), 30, "Postfix hands nothing over"
        )
        [raw] = found(house, member, "for both")
        assert raw.endswith(b"\r\n\r\n.dot\r\n\xe4\xb8\xad\r\n")
        assert b"Return-Path: <li@kunde.example>\r\n" in raw
        assert b" with LMTP\r\n" in raw
        # SPF is about who came to Postfix, not about Postfix.
        assert b"spf=pass" in raw
        assert b"dmarc=pass" in raw


def test_who_is_not_allowed_goes_to_junk(house: RunningPosthouse, gate: Postfix):
    send(gate, "forged", "198.51.100.7", ANNA)
    wait_for(lambda: found(house, ANNA, "forged", "Junk"), 30, "it is not in Junk")
    assert b"spf=fail" in found(house, ANNA, "forged", "Junk")[0]


def test_unknown_recipients_are_refused_at_the_gate(house: RunningPosthouse, gate: Postfix):
    with smtplib.SMTP("127.0.0.1", gate.port, timeout=30) as client:
        client.ehlo("mail.kunde.example")
        client.mail("li@kunde.example")
        code, text = client.rcpt("nobody@acme.example")
        for _ in range(20):  # 450 while the question is under way
            if code != 450:
                break
            code, text = client.rcpt("nobody@acme.example")
        assert (code, text[:5]) == (550, b"5.1.1"), text


@pytest.fixture
def world() -> Iterator[tuple[ScriptedMx, int]]:
    """Where mail for far.example ends up, and its port."""
    [port] = free_ports(1)
    with serving_in_thread(port) as mx:
        yield mx, port


@pytest.fixture
def way_out(house: RunningPosthouse, world: tuple[ScriptedMx, int]) -> Iterator[Postfix]:
    """The relay that our mail for far.example leaves by. Its bounces come to our port 25."""
    settings = (
        "mynetworks = 127.0.0.0/8\n"
        f"transport_maps = inline:{{far.example=smtp:[127.0.0.1]:{world[1]}}}\n"
        f"relayhost = [127.0.0.1]:{house.ports['smtp']}\n"
    )
    with running_postfix(settings) as postfix:
        relay = f"127.0.0.1:{postfix.port}"
        house.must("route", "add", "--domain", "far.example", "--relay", relay)
        yield postfix
        house.must("route", "remove", "--domain", "far.example")


def test_what_leaves_by_a_postfix_arrives_or_comes_back(
    house: RunningPosthouse, way_out: Postfix, world: tuple[ScriptedMx, int]
):
    mx, _ = world

    def write(address: str) -> None:
        with house.smtp("submission") as client:
            client.login(ANNA, PASSWORD)
            raw = f"From: {ANNA}\r\nTo: {address}\r\nSubject: to {address}\r\n\r\nHello\r\n"
            client.sendmail(ANNA, [address], raw.encode())

    write("li@far.example")
    wait_for(lambda: mx.taken == ["li@far.example"], 30, "it does not arrive")
    mx.says["rcpt"] = "550 5.1.1 There is no such person"
    write("nobody@far.example")
    wait_for(lambda: _bounced(house, "nobody@far.example"), 30, "the bounce does not come back")
    assert not _bounced(house, "li@far.example")


def _bounced(house: RunningPosthouse, address: str) -> bool:
    """Whether Anna was told that it failed for good."""
    told = (raw for _, raw in all_messages(house.imap(ANNA)) if b"Action: failed" in raw)
    return any(address.encode() in raw and b"5.1.1" in raw for raw in told)
