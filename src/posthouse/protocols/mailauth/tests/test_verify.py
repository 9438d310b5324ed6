"""The whole of verification as intake calls it, over a real name server."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.mailauth.dkim import DkimResult
from posthouse.protocols.mailauth.dmarc import DmarcResult, Policy
from posthouse.protocols.mailauth.keys import KeyKind, dns_name, dns_value, generate_key
from posthouse.protocols.mailauth.results import parse_results
from posthouse.protocols.mailauth.sign import Signer, SigningKey
from posthouse.protocols.mailauth.spf import SpfResult
from posthouse.protocols.mailauth.verify import AuthResults, verify
from tests.support.dns_server import DnsServer

KEY = generate_key(KeyKind.ED25519)
ZONES = {
    "example.org": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
    "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject"]},
    dns_name("example.org", "s1"): {"TXT": [dns_value(KEY)]},
    "mx.example.org": {"A": ["192.0.2.1"], "TXT": ["v=spf1 a -all"]},
    "_dmarc.slow.example": {"FAIL": ["TIMEOUT"]},
    "slow.example": {"FAIL": ["TIMEOUT"]},
}
MESSAGE = b"From: Anna <anna@example.org>\r\nSubject: Hi\r\nDate: today\r\n\r\nHello\r\n"
SIGNER = Signer([SigningKey(domain="example.org", selector="s1", encoded=KEY)])


@pytest.fixture
async def resolver() -> AsyncIterator[CachingResolver]:
    with DnsServer(ZONES) as server:
        opened = open_resolver(server.address, first_try=2.0, tries=2)
        yield opened
        await opened.close()


async def check(
    resolver: CachingResolver, raw: bytes, ip: str = "192.0.2.1", **changes: object
) -> AuthResults:
    sender = str(changes.get("mail_from", "anna@example.org"))
    deadline = 0.2 if "slow" in changes else 20.0
    return await verify(
        raw, ip, "mx.example.org", sender, resolver, "mx.us.example", deadline=deadline
    )


async def test_signed_mail_from_its_own_server(resolver: CachingResolver):
    found = await check(resolver, SIGNER.sign(MESSAGE) + MESSAGE)
    assert found.spf.result is SpfResult.PASS
    assert [outcome.result for outcome in found.dkim] == [DkimResult.PASS]
    assert (found.dmarc.result, found.trusted_domain) == (DmarcResult.PASS, "example.org")
    said = parse_results(found.field.partition(b":")[2])
    assert said is not None
    assert said.authserv_id == "mx.us.example"
    assert [(each.method, each.result) for each in said.results] == [
        ("dkim", "pass"),
        ("spf", "pass"),
        ("dmarc", "pass"),
    ]


async def test_forwarded_mail_keeps_its_signature(resolver: CachingResolver):
    found = await check(resolver, SIGNER.sign(MESSAGE) + MESSAGE, ip="198.51.100.1")
    assert found.spf.result is SpfResult.FAIL
    assert found.dmarc.result is DmarcResult.PASS


async def test_a_forgery_is_to_be_rejected(resolver: CachingResolver):
    forged = SIGNER.sign(MESSAGE) + MESSAGE.replace(b"Hello", b"Pay me")
    found = await check(resolver, forged, ip="198.51.100.1")
    assert found.dkim[0].result is DkimResult.FAIL
    assert (found.dmarc.result, found.dmarc.disposition) == (DmarcResult.FAIL, Policy.REJECT)
    assert found.trusted_domain == ""


async def test_a_bounce_is_judged_by_helo(resolver: CachingResolver):
    found = await check(resolver, MESSAGE, mail_from="")
    assert (found.spf.result, found.spf.from_helo) == (SpfResult.PASS, True)
    assert b"smtp.helo=mx.example.org" in found.field
    assert found.dmarc.result is DmarcResult.PASS
    assert b"dkim=none" in found.field


async def test_slow_names_end_with_the_deadline(resolver: CachingResolver):
    raw = SIGNER.sign(MESSAGE).replace(b"d=example.org", b"d=slow.example") + MESSAGE.replace(
        b"anna@example.org", b"anna@slow.example"
    )
    start = asyncio.get_running_loop().time()
    found = await check(resolver, raw, mail_from="anna@slow.example", slow=True)
    assert asyncio.get_running_loop().time() - start < 1.0
    assert found.spf.result is SpfResult.TEMPERROR
    assert found.dmarc.result is DmarcResult.TEMPERROR
    assert b"dmarc=temperror" in found.field


async def test_what_the_sender_writes_stays_in_its_field(resolver: CachingResolver):
    raw = b'DKIM-Signature: v=1; d=x;\r\n s="; spf=pass; a=(b\r\n' + MESSAGE
    found = await check(resolver, raw, ip="198.51.100.1", mail_from='"; dmarc=pass"@example.org')
    said = parse_results(found.field.partition(b":")[2])
    assert said is not None
    assert [each.result for each in said.results] == ["permerror", "fail", "fail"]


async def test_forged_results_are_pointed_out(resolver: CachingResolver):
    raw = b"Received: x\r\nAuthentication-Results: mx.us.example; dkim=pass\r\n" + MESSAGE
    ((start, end),) = (await check(resolver, raw)).forged
    assert raw[:start] + raw[end:] == b"Received: x\r\n" + MESSAGE


async def test_a_hostile_claim_makes_no_long_field(resolver: CachingResolver):
    claim = b"v=1; d=" + b"x" * 100_000 + b"; i=" + b"y " * 100_000
    raw = b"DKIM-Signature: " + claim + b"\r\n" + MESSAGE
    found = await check(resolver, raw)
    assert len(found.field) < 1_500


@pytest.mark.parametrize(
    "header",
    [
        b"a:\r\n" * 250_000,
        b"Authentication-Results:x\r\n" * 40_000,
        b"DKIM-Signature: v=1; h=" + b"x:" * 500_000 + b"\r\n",
        b"From: " + b"a@b," * 250_000 + b"\r\n",
    ],
)
async def test_a_hostile_header_does_not_hold_the_loop(resolver: CachingResolver, header: bytes):
    assert await longest_wait(check(resolver, header + MESSAGE)) < 0.1


async def test_a_big_message_does_not_hold_the_loop(resolver: CachingResolver):
    big = MESSAGE + b"some  words and more \t words\r\n" * 400_000
    raw = SIGNER.sign(big) + big
    assert await longest_wait(check(resolver, raw)) < 0.1  # 6 ms measured
    assert (await check(resolver, raw)).dkim[0].result is DkimResult.PASS


async def longest_wait(work: Coroutine[None, None, AuthResults]) -> float:
    """The most work in seconds that the event loop's thread did between two rounds.

    Its own work, not the clock: other programs of the machine must not fail a test.
    """
    longest = 0.0
    task = asyncio.create_task(work)
    while not task.done():
        before = time.thread_time()
        await asyncio.sleep(0.001)
        longest = max(longest, time.thread_time() - before)
    await task
    return longest
