"""The verifier: messages that dkimpy signed, messages of the RFCs, and hostile ones."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.dkim import DkimOutcome, DkimResult, verify_dkim
from posthouse.protocols.mailauth.keys import KeyKind, dns_value, generate_key, load_private_key
from posthouse.protocols.mailauth.message import Field
from posthouse.protocols.mailauth.signature import read_claim
from tests.support.dns_zones import ZoneResolver

RSA = generate_key(KeyKind.RSA)
PKCS1 = load_private_key(RSA).private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
)
KEY = dns_value(RSA)
NAME = "sel._domainkey.example.org"
MESSAGE = (
    b"From: anna@example.org\r\nTo: bob@example.com\r\nSubject:  Two  spaces\r\n\tfolded\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0800\r\n\r\nHello  there \r\n\r\nBye\t\r\n\r\n"
)

# RFC 8463 A.3, with the empty local part of i= as published
RFC_8463 = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""


def signed(message: bytes = MESSAGE, **choices: Any) -> bytes:
    """Signs with dkimpy."""
    choices = {"canonicalize": (b"relaxed", b"relaxed")} | choices
    return bytes(dkim.sign(message, b"sel", b"example.org", PKCS1, **choices)) + message


async def judge(
    raw: bytes, records: Mapping[str, Sequence[Any]] | None = None, now: float | None = None
) -> DkimOutcome:
    resolver = ZoneResolver({NAME: records if records is not None else {"TXT": [KEY]}})
    (outcome,) = await verify_dkim(raw, resolver, now=now)
    return outcome


@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("text", [b"", b"\r\n", b" \r\n\r\n", b"x", b"x \r\n\r\n", b"\tx  y\r\n"])
async def test_dkimpy_signs_and_we_accept(header: bytes, body: bytes, text: bytes):
    message = MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + text
    raw = signed(message, canonicalize=(header, body))
    outcome = await judge(raw)
    assert (outcome.result, outcome.domain) == (DkimResult.PASS, "example.org")
    assert (await judge(raw + b"z\r\n")).reason == "body has changed"
    changed = await judge(raw.replace(b"To: bob", b"To: rob"))
    assert (changed.result, changed.reason) == (DkimResult.FAIL, "signature does not match")


async def test_the_example_of_rfc_8463():
    key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    resolver = ZoneResolver({"brisbane._domainkey.football.example.com": {"TXT": [key]}})
    (outcome,) = await verify_dkim(RFC_8463, resolver)
    assert outcome.result is DkimResult.PASS
    (outcome,) = await verify_dkim(RFC_8463.replace(b"hungry", b"angry"), resolver)
    assert outcome.result is DkimResult.FAIL


async def test_simple_sees_what_relaxed_does_not():
    raw = signed(canonicalize=(b"simple", b"simple"))
    assert (await judge(raw)).result is DkimResult.PASS
    assert (await judge(raw.replace(b"Hello  there", b"Hello there"))).result is DkimResult.FAIL
    assert (await judge(raw.replace(b"Subject:  Two", b"Subject: Two"))).result is DkimResult.FAIL


async def test_a_signed_part_of_a_body_is_not_a_pass():
    raw = signed(length=True)
    assert (await judge(raw)).result is DkimResult.PASS
    outcome = await judge(raw + b"<p>and a word from us</p>\r\n")
    assert (outcome.result, outcome.reason) == (
        DkimResult.POLICY,
        "only 20 of 49 octets of the body are signed",
    )
    short = await judge(raw.replace(b"Bye\t\r\n", b""))
    assert short.reason == "l= is longer than the body"


@pytest.mark.parametrize(
    ("pattern", "instead", "reason"),
    [
        (rb"v=1;", b"v=2;", "unknown version"),
        (rb"v=1;", b"", "v= missing"),
        (rb"a=rsa-sha256", b"a=rsa-sha1", "sha1 is not accepted"),
        (rb"a=rsa-sha256", b"a=dsa-sha256", "unknown algorithm"),
        (rb"a=rsa-sha256", b"a=ed25519-sha256", "key is of another kind"),
        (rb"c=relaxed/relaxed", b"c=nofws", "unknown canonicalisation"),
        (rb"d=example.org", b"d=a..b", "d= is no name"),
        (rb"d=example.org", b"d=example.org; d=example.com", "syntax error"),
        (rb"i=@example.org", b"i=@example.com", "i= is not of d="),
        (rb"i=@example.org", b"i=@badexample.org", "i= is not of d="),
        (rb"q=dns/txt", b"q=ldap", "unknown query method"),
        (rb"h=[^;]*", b"h=to : x-from", "From not signed"),
        (rb"bh=", b"bh=!", "bh= is not base64"),
        (rb" b=", b" b=!", "b= is not base64"),
        (rb"t=\d+", b"t=10; x=9", "expires before it was signed"),
        (rb"t=\d+", b"t=-1; x=9", "t= is no number"),
        (rb"t=\d+", b"t=1; x=1000", "expired"),
        (rb"t=\d+", b"l=1e9", "l= is no number"),
    ],
)
async def test_broken_signatures_have_a_reason(pattern: bytes, instead: bytes, reason: str):
    outcome = await judge(re.sub(pattern, instead, signed(), count=1))
    assert (outcome.result, outcome.reason) == (DkimResult.PERMERROR, reason)


@pytest.mark.parametrize(
    ("records", "result", "reason"),
    [
        ({}, DkimResult.PERMERROR, "no key"),
        ({"TXT": []}, DkimResult.PERMERROR, "no key"),
        ({"TXT": ["v=spf1 -all"]}, DkimResult.PERMERROR, "key record is not DKIM1"),
        ({"TXT": ["v=DKIM1; p="]}, DkimResult.PERMERROR, "key revoked"),
        ({"FAIL": ["SERVFAIL"]}, DkimResult.TEMPERROR, "no key for now"),
        (
            {"TXT": [dns_value(generate_key(KeyKind.RSA))]},
            DkimResult.FAIL,
            "signature does not match",
        ),
        ({"TXT": ["hello", KEY]}, DkimResult.PASS, ""),
    ],
)
async def test_keys_that_do_not_serve(
    records: Mapping[str, Sequence[Any]], result: DkimResult, reason: str
):
    outcome = await judge(signed(), records)
    assert (outcome.result, outcome.reason) == (result, reason)


async def test_a_strict_key_wants_the_very_domain():
    below = signed(identity=b"anna@news.example.org")
    assert (await judge(below)).result is DkimResult.PASS
    strict = {"TXT": [KEY.replace("k=rsa", "k=rsa; t=s:y")]}
    outcome = await judge(below, strict)
    assert outcome.reason == "key does not allow i= below d="
    outcome = await judge(signed(), strict)
    assert (outcome.result, outcome.testing) == (DkimResult.PASS, True)


async def test_expiry_allows_for_clocks():
    raw = re.sub(rb"t=\d+", b"t=1000; x=2000", signed(), count=1)
    assert (await judge(raw, now=2200)).reason == "signature does not match"
    assert (await judge(raw, now=2400)).reason == "expired"


async def test_only_so_many_signatures_are_verified():
    raw = signed()
    many = raw.partition(b"From:")[0] * 12 + MESSAGE
    resolver = ZoneResolver({NAME: {"TXT": [KEY]}})
    outcomes = await verify_dkim(many, resolver)
    assert [o.result for o in outcomes] == [DkimResult.PASS] * 8 + [DkimResult.NEUTRAL] * 4
    assert len(resolver.questions) == 8


async def test_an_unsigned_message_has_no_outcome():
    assert await verify_dkim(MESSAGE, ZoneResolver({})) == ()


async def test_line_feeds_alone_verify_as_crlf():
    assert (await judge(signed().replace(b"\r\n", b"\n"))).result is DkimResult.PASS


async def test_a_big_message_is_verified_beside_the_loop():
    message = MESSAGE + b"0123456789abcdef  \r\n" * 200_000
    assert (await judge(signed(message))).result is DkimResult.PASS


def test_a_broken_field_still_says_whose_it_claims_to_be():

    claim = read_claim(Field(b"dkim-signature", b"DKIM-Signature: d=Example.org; s=x; b=a b\r\n c"))
    assert (claim.domain, claim.selector, claim.value) == ("example.org", "x", "abc")


@given(st.binary(max_size=300))
async def test_any_field_gets_an_outcome(octets: bytes):
    raw = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; " + octets + b"\r\n" + MESSAGE
    resolver = ZoneResolver({NAME: {"TXT": [KEY]}})
    for outcome in await verify_dkim(raw, resolver):
        assert outcome.result is not DkimResult.PASS


@pytest.mark.parametrize(
    "make",
    [
        lambda n: b"DKIM-Signature: v=1; h=" + b"from:" * (n // 5) + b"\r\n" + MESSAGE,
        lambda n: b"DKIM-Signature: " + b"a=1;" * (n // 4) + b"\r\n" + MESSAGE,
        lambda n: b"DKIM-Signature:" + b" \r\n" * (n // 3) + b"\r\n" + MESSAGE,
        lambda n: b"DKIM-Signature:" + b"; b" * (n // 3) + b"\r\n" + MESSAGE,
        lambda n: b"X: y\r\n" * (n // 6) + signed(),
        lambda n: re.sub(rb"h=from", b"h=" + b"x:" * (n // 2) + b"from", signed(), count=1),
        lambda n: signed().replace(b" b=", b" " * n + b"b="),
        lambda n: signed() + b"\r\n" * (n // 2),
    ],
)
async def test_hostile_messages_take_linear_time(make):
    async def seconds(size: int) -> float:
        raw, taken = make(size), []
        for _ in range(3):
            start = time.process_time()
            await verify_dkim(raw, ZoneResolver({NAME: {"TXT": [KEY]}}))
            taken.append(time.process_time() - start)
        return min(taken)

    assert await seconds(1_200_000) < 2.5 * 2 * await seconds(300_000) * 2 + 0.05
