"""An alias whose mail goes on to a real Postfix, and what Postfix reports finds its sender."""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.dns_server import DnsServer
from tests.support.postfix import Postfix, running_postfix
from tests.support.running import RunningPosthouse, new_house, wait_for

pytestmark = pytest.mark.interop

LETTER = b"From: Li <li@sender.example>\r\nTo: hello@acme.example\r\nSubject: %b\r\n\r\nHi.\r\n"
ZONES: dict[str, dict[str, list[Any]]] = {
    "partner.example": {"MX": [(10, "mx.partner.example")]},
    "sender.example": {"MX": [(10, "mx.partner.example")]},
    "mx.partner.example": {"A": ["127.0.0.1"]},
}
# It takes mail for everybody. Wang has left, and that is found out behind the door only.
POSTFIX = """
mydestination = partner.example sender.example
smtpd_reject_unlisted_recipient = no
local_recipient_maps =
local_transport = discard
transport_maps = inline:{{ {{wang@partner.example = error:5.1.1 He has left us}} }}
relayhost = [127.0.0.1]:{port}
"""


@dataclass(frozen=True, slots=True)
class Town:
    """The house, and the Postfix of everybody else."""

    house: RunningPosthouse
    postfix: Postfix

    def log(self) -> str:
        return self.postfix.log.read_text()


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with (
        DnsServer(ZONES) as dns,
        new_house(resolver=dns.address) as house,
        running_postfix(POSTFIX.format(port=house.ports["smtp"])) as postfix,
    ):
        house.environment["POSTHOUSE_MX_PORT"] = str(postfix.port)
        house.start()
        for name, partner in (("hello", "eva"), ("gone", "wang")):
            onward = "--forward-to", f"{partner}@partner.example"
            house.must("address", "set", f"{name}@acme.example", *onward)
        yield Town(house, postfix)


def send(town: Town, to: str, subject: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", town.house.ports["smtp"], timeout=30) as client:
        client.sendmail("li@sender.example", [to], LETTER % subject)


def test_postfix_takes_what_is_sent_on(town: Town):
    send(town, "hello@acme.example", b"to Eva")
    sent = re.compile(r"to=<eva@partner.example>.*status=sent")
    wait_for(lambda: sent.search(town.log()) is not None, 30, "Postfix got nothing")
    [path] = set(re.findall(r"from=<([^>]*=li@acme.example)>", town.log()))
    assert path.startswith("SRS0=")
    assert "=sender.example=" in path


def test_what_postfix_reports_reaches_the_sender(town: Town):
    send(town, "gone@acme.example", b"to Wang")
    bounced = re.compile(r"to=<wang@partner.example>.*status=bounced")
    wait_for(lambda: bounced.search(town.log()) is not None, 30, "Postfix did not bounce it")
    # Postfix brings its report to the return path here, and we bring it to who wrote the mail.
    home = re.compile(r"to=<li@sender.example>.*status=sent")
    wait_for(lambda: home.search(town.log()) is not None, 30, "the report came to nobody")
    assert re.search(r"to=<SRS0=[^>]*=li@acme.example>.*status=sent \(250", town.log())


def test_postfix_cannot_use_a_forged_return_path(town: Town):
    forged = "SRS0=AAAAAAAA=AA=sender.example=li@acme.example"
    with smtplib.SMTP("127.0.0.1", town.house.ports["smtp"], timeout=30) as client:
        client.ehlo("mx.partner.example")
        client.mail("")
        code, text = client.rcpt(forged)
    assert (code, text[:5]) == (550, b"5.1.1")
