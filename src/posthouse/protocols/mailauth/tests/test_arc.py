"""Chains that we seal and validate, beside another implementation."""

import asyncio
from typing import Any

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.arc import ArcResult, verify_arc
from posthouse.protocols.mailauth.keys import KeyKind, dns_value, generate_key
from posthouse.protocols.mailauth.message import split_message
from posthouse.protocols.mailauth.seal import seal
from posthouse.protocols.mailauth.sign import SigningKey
from posthouse.protocols.mailauth.verify import verify
from tests.support.dns_zones import ZoneResolver

LETTER = (
    b"From: anna@author.example\r\nTo: list@list.example\r\nSubject: Offer\r\n"
    b"Date: Mon, 23 Nov 2026 06:00:00 +0000\r\nMessage-ID: <1@author.example>\r\n\r\nHello\r\n"
)
DER = generate_key(KeyKind.RSA)
HOUSES = ("list.example", "relay.example", "last.example")
ZONES: dict[str, dict[str, list[Any]]] = {
    f"s._domainkey.{house}": {"TXT": [dns_value(DER).encode()]} for house in HOUSES
} | {
    "_dmarc.author.example": {"TXT": [b"v=DMARC1; p=reject"]},
    "silent._domainkey.list.example": {"FAIL": ["TIMEOUT"]},
}


def sealed(raw: bytes, house: str, said: str, selector: str = "s") -> bytes:
    """What a house sends on: its results and its set on top."""
    raw = f"Authentication-Results: {house}; {said}\r\n".encode() + raw
    return seal(raw, house, SigningKey(domain=house, selector=selector, encoded=DER)) + raw


def chain(length: int = 2) -> bytes:
    raw = sealed(LETTER, HOUSES[0], "dmarc=pass header.from=author.example")
    for house in HOUSES[1:length]:
        raw = sealed(raw, house, "dmarc=fail; arc=pass")
    return raw


async def state(raw: bytes) -> tuple[ArcResult, str]:
    outcome = await verify_arc(split_message(raw), ZoneResolver(ZONES))
    return outcome.result, outcome.reason


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_what_we_seal_passes_with_us_and_with_others(length: int):
    raw = chain(length)
    outcome = await verify_arc(split_message(raw), ZoneResolver(ZONES))
    assert (outcome.result, outcome.sealers) == (ArcResult.PASS, HOUSES[:length])

    def asked(name: bytes, timeout: int = 5) -> bytes:
        return bytes(ZONES[name.decode().rstrip(".")]["TXT"][0])

    assert dkim.ARC(raw).verify(dnsfunc=asked)[0] == dkim.CV_Pass


async def test_no_chain():
    assert await state(LETTER) == (ArcResult.NONE, "")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Hello", b"Hullo", "body has changed"),
        (b"Subject: Offer", b"Subject: Other", "message signature does not match"),
        (b"i=1; a=rsa-sha256; t=", b"i=1; a=rsa-sha256; t=9", "seal 2 does not match"),
        (b"ARC-Seal: i=1", b"X-Seal: i=1", "set 1 is not whole"),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=1", "two arc-seal of one instance"),
        (b"cv=pass", b"cv=none", "cv=none in set 2"),
        (b"cv=none", b"cv=pass", "cv=pass in set 1"),
        (b"cv=pass", b"cv=fail", "the chain had failed before"),
        (b"ARC-Seal: i=2", b"ARC-Seal: i=51", "an instance is no number from 1 to 50"),
        (b"d=relay.example", b"d=nobody.example", "no key"),
    ],
)
async def test_whatever_is_changed_breaks_it(old: bytes, new: bytes, reason: str):
    raw = chain()
    assert old in raw
    assert await state(raw.replace(old, new)) == (ArcResult.FAIL, reason)


async def test_a_silent_resolver_condemns_nobody():
    raw = sealed(LETTER, "list.example", "dmarc=pass", selector="silent")
    assert await state(raw) == (ArcResult.TEMPERROR, "no key for now")


async def test_a_chain_that_broke_is_marked_and_then_left_alone():  # RFC 8617 5.1.2
    broken = chain().replace(b"Hello", b"Hullo")
    marked = sealed(broken, "last.example", "arc=fail; dmarc=fail")
    assert b"ARC-Seal: i=3" in marked
    assert b"cv=fail" in marked
    assert await state(marked) == (ArcResult.FAIL, "the chain had failed before")
    key = SigningKey(domain="list.example", selector="s", encoded=DER)
    again = b"Authentication-Results: list.example; arc=fail\r\n" + marked
    assert seal(again, "list.example", key) == b""


def test_without_our_own_results_there_is_nothing_to_seal():
    key = SigningKey(domain="list.example", selector="s", encoded=DER)
    assert seal(LETTER, "list.example", key) == b""
    assert (
        seal(b"Authentication-Results: other.example; dmarc=pass\r\n" + LETTER, "list.example", key)
        == b""
    )
    late = b"Authentication-Results: list.example; arc=temperror\r\n" + LETTER
    assert seal(late, "list.example", key) == b""


@pytest.mark.parametrize(
    ("trusted", "voucher", "disposition"),
    [
        ({"list.example", "relay.example"}, "list.example", "none"),
        ({"list.example"}, "", "reject"),  # who came after may have written anything
        ({"relay.example"}, "", "reject"),  # he saw it fail
        (set(), "", "reject"),
    ],
)
async def test_dmarc_and_the_word_of_trusted_sealers(trusted, voucher, disposition):
    found = await verify(
        chain(),
        "192.0.2.1",
        "relay.example",
        "x@relay.example",
        ZoneResolver(ZONES),
        "mx.example",
        trusted_sealers=trusted,
    )
    assert (found.vouched_by, found.disposition) == (voucher, disposition)
    assert b"arc=pass (i=2 list.example relay.example)" in found.field.replace(b"\r\n\t ", b" ")


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=3000))
def test_nothing_makes_it_fail(noise: bytes, place: int):
    raw = chain()
    place %= len(raw)
    damaged = raw[:place] + noise + raw[place:]
    outcome = asyncio.run(verify_arc(split_message(damaged), ZoneResolver(ZONES)))
    assert outcome.result in ArcResult


async def test_fifty_sets_take_no_time():
    hostile = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=%b; d=x.example; s=s; b=AAAA\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; bh=AAAA; h=from; d=x.example; s=s; b=AA==\r\n"
        b"ARC-Authentication-Results: i=%d; x.example; dmarc=pass %b\r\n"
        % (i, b"none" if i == 1 else b"pass", i, i, b"x" * 20_000)
        for i in range(1, 51)
    )
    result, _ = await state(hostile + LETTER)
    assert result is ArcResult.FAIL
