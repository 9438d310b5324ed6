"""Limits per minute and hour: what is said, who is counted together, who is not counted."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import TALLIES, Shares, Sharing
from posthouse.foundation.sources import networks
from posthouse.foundation.tally import Tally
from posthouse.protocols.smtp.profile import Limits
from posthouse.servers.smtp.backend import Session
from posthouse.servers.smtp.rates import Limited, rates_of
from posthouse.servers.smtp.tests.test_session import Client

PLAIN = b"AUTH PLAIN AGFubmFAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==\r\n"


def limited(unlimited: str = "none", **limits: int) -> Limited:
    named = {name.replace("_", " "): limit for name, limit in limits.items()}
    return Limited(
        tallies={name: Tally.alone(seconds) for name, seconds in TALLIES.items()},
        limits={**dict.fromkeys(TALLIES, 0), **named},
        unlimited=networks(unlimited),
    )


def session(host: str = "192.0.2.1", member: str = "") -> Session:
    return Session(id=new_id(), listener="smtp", peer_host=host, peer_port=1, member_key=member)


def test_a_source_is_a_network_and_a_member_is_a_member_everywhere():
    rates = limited(source_messages=1, member_messages=1)
    assert rates.refuse_message(session("2001:db8::1")) is None
    assert rates.refuse_message(session("2001:db8::2")) is not None
    assert rates.refuse_message(session("2001:db8:0:1::1")) is None
    assert rates.refuse_message(session("192.0.2.1", "anna")) is None
    assert rates.refuse_message(session("192.0.2.1", "bert")) is None
    assert rates.refuse_message(session("198.51.100.1", "anna")) is not None
    assert rates.refuse_recipient(session("192.0.2.1", "anna")) is None  # 0 is no limit


@pytest.mark.parametrize(
    ("unlimited", "counted"), [("none", True), ("192.0.2.0/24 ::1", False), ("10.0.0.1", True)]
)
def test_some_sources_are_not_counted(unlimited, counted):
    rates = limited(unlimited, source_connections=1)
    assert rates.may_connect("192.0.2.1")
    assert rates.may_connect("192.0.2.1") is not counted
    assert rates.may_connect("::ffff:192.0.2.1") is not counted


async def test_connections_messages_and_recipients_at_the_mx(start, town):
    rates = limited(source_connections=2, source_messages=2, source_recipients=3)
    listener = await start(rates=rates)
    client = await Client.connect(listener.port)
    assert (await client.ask(b"EHLO c\r\n")).startswith("250")
    assert (await client.ask(b"MAIL FROM:<>\r\n")).startswith("250")
    for expected in ("250", "550", "250", "450 4.7.1 Too many recipients lately"):
        name = b"no" if expected == "550" else b"anna"
        assert (await client.ask(b"RCPT TO:<%b@example.org>\r\n" % name)).startswith(expected)
    assert (await client.ask(b"DATA\r\n")).startswith("354")
    assert (await client.ask(b"x\r\n.\r\n")).startswith("250 2.0.0 Filed")
    assert (await client.ask(b"MAIL FROM:<>\r\n")).startswith("250")
    assert (await client.ask(b"RSET\r\n")).startswith("250")
    refused = await client.ask(b"MAIL FROM:<>\r\n")
    assert refused.startswith("450 4.7.1 Too many messages lately")
    second = await Client.connect(listener.port)
    third = await Client.connect(listener.port, greet=False)
    assert (await third.rest()).startswith("421 4.7.0 Too many connections from you lately")
    for each in (client, second):
        each.writer.close()


async def test_a_member_at_the_submission_port(start, town):
    town.member_key = "anna"
    rates = limited(member_messages=1, source_messages=1)
    listener = await start(
        "submission", rates=rates, plaintext_auth=True, limits=Limits(tarpit_seconds=0)
    )
    client = await Client.connect(listener.port)
    await client.ask(b"EHLO c\r\n")
    assert (await client.ask(PLAIN)).startswith("235")
    assert (await client.ask(b"MAIL FROM:<anna@example.org>\r\n")).startswith("250")
    await client.ask(b"RSET\r\n")
    assert (await client.ask(b"MAIL FROM:<anna@example.org>\r\n")).startswith("450 4.7.1")
    client.writer.close()


def test_processes_that_share_count_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    sharing = Sharing({"smtp": ("127.0.0.1", 0)}, 2)
    settings = replace(
        Settings(data=tmp_path), source_messages_per_minute=3, unlimited_sources="none"
    )
    both = []
    for number in range(2):
        [(name, value)] = sharing.environment(number).items()
        shared = json.loads(value)
        shared["board"] = os.dup(shared["board"])
        shared["sockets"] = {"smtp": [os.dup(each) for each in shared["sockets"]["smtp"]]}
        monkeypatch.setenv(name, json.dumps(shared))
        both.append(Shares())
    one, other = (rates_of(settings, each.tallies) for each in both)
    said = [rates.refuse_message(session()) for rates in (one, other, one, other, one)]
    assert [each is None for each in said] == [True, True, True, False, False]
    sharing.forget(1)  # a process that ends takes its connections with it, but not what it did
    assert one.refuse_message(session()) is not None
    for each in both:
        share = each.of("smtp")
        assert share is not None
        for listening in share.sockets:
            listening.close()
    sharing.close()
