"""Our signatures, judged by dkimpy and by our own verifier."""

import re
from collections.abc import Callable

import dkim
import pytest

from posthouse.protocols.mailauth.dkim import DkimResult, verify_dkim
from posthouse.protocols.mailauth.keys import KeyKind, dns_name, dns_value, generate_key, to_pem
from posthouse.protocols.mailauth.sign import Signer, SigningKey, Unsignable
from tests.support.dns_zones import ZoneResolver

RSA = generate_key(KeyKind.RSA)
ED25519 = generate_key(KeyKind.ED25519)
ZONES = {
    dns_name("example.org", "r1"): {"TXT": [dns_value(RSA)]},
    dns_name("example.org", "e1"): {"TXT": [dns_value(ED25519)]},
}
KEYS = [
    SigningKey(domain="example.org", selector="r1", encoded=RSA),
    SigningKey(domain="Example.org.", selector="e1", encoded=to_pem(ED25519)),
]
HEADER = (
    b"From: Anna <anna@example.org>\r\nTo: b@example.com,\r\n\tc@example.com\r\n"
    b"Subject: =?utf-8?B?5L2g5aW9?=\r\nDate: Sun, 22 Nov 2026 10:00:00 +0800\r\n"
    b"Message-ID: <1@example.org>\r\nReceived: by us\r\n"
)
BODIES = {
    "plain": b"Hello,\r\n\r\n  two  spaces \t\r\n\r\n\r\n",
    "empty": b"",
    "line ends": b"\r\n\r\n",
    "no line end": b"hello",
    "chinese": "你好，\r\n报价见附件。\r\n".encode("gb18030"),
    "long": b"x" * 200_000,
}


def ask_zone(name: bytes, timeout: int = 5) -> bytes | None:
    zone = ZONES.get(name.decode().rstrip("."))
    return zone["TXT"][0].encode() if zone else None


def dkimpy_accepts(message: bytes) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(0, dnsfunc=ask_zone))
    except dkim.DKIMException:
        return False


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(KEYS)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_dkimpy_and_we_accept_both_signatures(signer: Signer, body: bytes):
    message = HEADER + b"\r\n" + body
    signed = signer.sign(message) + message
    judge = dkim.DKIM(signed)
    assert judge.verify(0, dnsfunc=ask_zone)
    assert judge.verify(1, dnsfunc=ask_zone)
    outcomes = await verify_dkim(signed, ZoneResolver(ZONES))
    assert [outcome.result for outcome in outcomes] == [DkimResult.PASS, DkimResult.PASS]
    assert [outcome.claim.algorithm for outcome in outcomes] == ["rsa-sha256", "ed25519-sha256"]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda m: m.replace(b"two", b"ten"),
        lambda m: m + b"more\r\n",
        lambda m: m.replace(b"Anna", b"Anne", 1),
        lambda m: m.replace(b"5L2g", b"5L2h"),
        lambda m: b"Subject: mine\r\n" + m,
        lambda m: b"From: eve@example.com\r\n" + m,
        lambda m: b"Cc: eve@example.com\r\n" + m,
        lambda m: b"Reply-To: eve@example.com\r\n" + m,
        lambda m: b"Content-Type: text/html\r\n" + m,
        lambda m: re.sub(rb"; s=e1;", b"; s=r1;", m),
    ],
)
async def test_a_tampered_copy_fails(signer: Signer, tamper: Callable[[bytes], bytes]):
    message = HEADER + b"\r\n" + BODIES["plain"]
    forged = tamper(signer.sign(message) + message)
    outcomes = await verify_dkim(forged, ZoneResolver(ZONES))
    assert DkimResult.PASS not in [outcome.result for outcome in outcomes[1:]]
    if b"s=e1;" in forged:
        assert outcomes[0].result is DkimResult.FAIL
        assert not dkimpy_accepts(forged)


async def test_transport_may_refold_and_trace(signer: Signer):
    message = HEADER + b"\r\n" + BODIES["plain"]
    moved = signer.sign(message) + message.replace(b",\r\n\tc@", b", \r\n   c@")
    moved = b"Received: from here\r\n" + moved.replace(b"spaces \t\r\n", b"spaces\r\n")
    outcomes = await verify_dkim(moved, ZoneResolver(ZONES))
    assert [outcome.result for outcome in outcomes] == [DkimResult.PASS, DkimResult.PASS]


async def test_of_equal_fields_each_is_signed(signer: Signer):
    twice = b"List-Help: <x>\r\nReferences: <a@b>\r\nList-Help: <y>\r\n" + HEADER
    message = twice + b"\r\nhi\r\n"
    signed = signer.sign(message) + message
    assert b"list-help:list-help" in signed.replace(b"\r\n\t ", b"")
    assert dkim.DKIM(signed).verify(0, dnsfunc=ask_zone)
    assert (await verify_dkim(signed, ZoneResolver(ZONES)))[0].result is DkimResult.PASS


def test_lines_stay_short_and_the_time_is_given(signer: Signer):
    header = signer.sign(HEADER + b"\r\n" + BODIES["plain"], now=1_700_000_000)
    assert max(map(len, header.split(b"\r\n"))) <= 78
    assert header.count(b"t=1700000000;") == 2
    assert header.endswith(b"\r\n")


@pytest.mark.parametrize(
    "message",
    [
        HEADER + b"\r\na\nb",
        HEADER + b"\r\na\rb",
        b"From: a@b\n\nx",
        b"Subject: nobody\r\n\r\nx",
        HEADER + b"From: second@example.org\r\n\r\nx",
    ],
)
def test_what_would_break_on_the_way_is_refused(signer: Signer, message: bytes):
    with pytest.raises(Unsignable):
        signer.sign(message)
