"""What well-known servers say, word by word, and what it means for the next mail to them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.envelope import Fate
from posthouse.protocols.smtp.reply import Reply, ReplyReader
from posthouse.sending.outbox.model import pause_after
from posthouse.sending.outbox.verdicts import Verdict, fate_by, verdict_of

SLOW = [
    "421 4.7.28 Gmail has detected an unusual rate of mail originating from your IP address.",
    "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP"
    " reputation. (S775)",
    "421 RP-001 The sending IP exceeded the rate limit allowed.",
    "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712)",
    "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or"
    " user complaints",
    "550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?id=20022",
    "550 Domain frequency limited.",
    "421 HL:IFC 163 mx24, http://mail.163.com/help/help_spam_16.htm",
    "451 MI:SFQ 163 smtp3",
    "450 RP:QRC 126 smtp1",
    "454 Transient reject by behaviour spam at DATA State(Connection IP address:192.0.2.1)"
    "ANTISPAM_BAT[01201311R516]: currently unexpected sending",
    "552 too frequently sending",
    "421 4.3.2 All server ports are busy",
    "450 4.7.1 Service unavailable",
    "451 4.3.2 Please try again later",
    "452 too many connections from your host",
]
BLOCKED = [
    "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet"
    " service provider since part of their network is on our block list (S3150).",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
    "553 5.7.1 [BL21] Connections not accepted from servers on Spamhaus PBL",
    "421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred",
    "421 HL:REP 163 mx1",
    "450 DT:RBL 163 mx1",
    "550 Suspected spam ip.",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "450 4.7.1 Client host [192.0.2.1] is on our blacklist",
]
GREY = [
    "450 4.2.0 <x@y>: Recipient address rejected: Greylisted, see http://postgrey.example",
    "451 4.7.1 Greylisting in action, please come back in 00:05:00",
    "451 4.7.1 Try again in 300 seconds",
    "451 DT:SPM 163 smtp2, please try again",
]
ABOUT_THE_MESSAGE = [
    "550 5.1.1 No such person here",
    "552 5.2.2 The mailbox has exceeded its quota",
    "452 4.2.2 The recipient's inbox is out of storage space",
    "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents"
    " additional messages from being delivered",
    "550 5.7.26 This mail is unauthenticated",
    "550 Mail content denied.",
    "554 DT:SPM 163 smtp2",
    "450 4.1.1 Recipient unknown at the moment",
    "451 4.4.1 Cannot connect: Connection refused",
    "454 4.7.5 The TLS handshake failed",
    "250 2.0.0 taken; slow down, you are on our blacklist",
]


def said(line: str) -> Reply:
    (reply,) = ReplyReader().feed(line.encode() + b"\r\n")
    return reply


@pytest.mark.parametrize(
    ("verdict", "lines"),
    [
        (Verdict.SLOW, SLOW),
        (Verdict.BLOCKED, BLOCKED),
        (Verdict.GREYLISTED, GREY),
        (None, ABOUT_THE_MESSAGE),
    ],
)
def test_what_servers_say(verdict: Verdict | None, lines: list[str]):
    assert {line: verdict_of(said(line)) for line in lines} == dict.fromkeys(lines, verdict)


def test_a_rate_said_with_a_5xx_is_no_end():
    later = [line for line in SLOW if line.startswith("5")]
    assert len(later) == 3
    assert {fate_by(said(line)) for line in later} == {Fate.TEMPORARY}
    for line in (*BLOCKED[:3], *ABOUT_THE_MESSAGE[:2], "554 DT:SPM 163 smtp2"):
        assert fate_by(said(line)) is Fate.PERMANENT


@given(st.integers(200, 599), st.text(max_size=2000), st.sampled_from(["", "4.7.1", "5.7.1"]))
def test_any_reply_has_a_meaning(code: int, text: str, enhanced: str):
    reply = Reply(code, text, enhanced)
    verdict_of(reply)
    assert (fate_by(reply) is Fate.DELIVERED) == (code < 400)


def test_grey_lists_are_visited_early():
    grey = [pause_after(n, said(GREY[0])) for n in range(1, 5)]
    assert sum(grey, timedelta()) < timedelta(minutes=27)
    assert timedelta(minutes=4) < grey[0] + grey[1] < timedelta(minutes=8)
    asked = pause_after(1, said(GREY[2]))
    assert timedelta(minutes=5) <= asked <= timedelta(minutes=6)
