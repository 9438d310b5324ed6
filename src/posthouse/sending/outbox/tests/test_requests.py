"""What senders asked to hear (RFC 3461): of mail handed in over SMTP, and of mail that came in."""

import asyncio
import smtplib
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.intake import Intake
from posthouse.protocols import mime
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.smtp.profile import Profile
from posthouse.security.members import Actor
from posthouse.sending.outbox.receipts import report_delivered
from posthouse.sending.outbox.tests.submitting import LETTER, PASSWORD, contents
from posthouse.sending.outbox.worker import Worker
from posthouse.servers.smtp.listener import Listener, ListenerOptions
from posthouse.servers.smtp.mx import MxBackend
from tests.support.house import Workspace
from tests.support.sending import HeldClock, Peer, start_peer, work

EVA, OTTO, LI = "eva@sender.example", "otto@globex.example", "li.wei@kunde.example"


def hand_in(port: int, mail: list[str], recipients: dict[str, list[str]]) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.login(EVA, PASSWORD)
        assert client.has_extn("DSN")
        assert client.mail(EVA, mail)[0] == 250
        for recipient, options in recipients.items():
            assert client.rcpt(recipient, options)[0] == 250
        assert client.data(LETTER)[0] == 250


def lines_of(report: bytes) -> list[str]:
    """The fields of its delivery-status part, and the type of what was returned."""
    scan = mime.scan(report)
    _, status, returned = [part for part in scan.parts if part.mime_type != "multipart/report"][:3]
    return [*mime.content(scan, status).decode().split("\r\n"), returned.mime_type]


async def reports_to_eva(house: Database, eva: Actor) -> list[list[str]]:
    found = await contents(house, eva.workspace_id, EVA, "INBOX")
    return sorted(lines_of(report) for report in found)


async def test_success_into_a_mailbox_here(
    sending: Database,
    eva: Actor,
    other: Workspace,
    worker: Worker,
    port: int,
):
    await asyncio.to_thread(
        hand_in,
        port,
        ["RET=HDRS", "ENVID=QQ+2B1"],
        {OTTO: ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Otto+2Bx@Globex.example"]},
    )
    await work(worker)
    (lines,) = await reports_to_eva(sending, eva)
    assert "Original-Envelope-Id: QQ+1" in lines
    assert "Original-Recipient: rfc822;Otto+x@Globex.example" in lines
    assert {"Action: delivered", "Status: 2.0.0", f"Final-Recipient: rfc822; {OTTO}"} <= set(lines)
    assert lines[-1] == "text/rfc822-headers"


async def test_silence_unless_it_was_asked_for(
    sending: Database,
    eva: Actor,
    other: Workspace,
    worker: Worker,
    port: int,
):
    await asyncio.to_thread(hand_in, port, [], {OTTO: ["NOTIFY=FAILURE"]})
    await asyncio.to_thread(
        hand_in,
        port,
        ["RET=FULL", "ENVID=e2"],
        {
            "no@globex.example": ["NOTIFY=NEVER"],
            "no2@globex.example": ["NOTIFY=SUCCESS,DELAY"],
            "no3@globex.example": [],
        },
    )
    while await work(worker):
        pass
    (lines,) = await reports_to_eva(sending, eva)
    assert "Final-Recipient: rfc822; no3@globex.example" in lines
    assert "Final-Recipient: rfc822; no@globex.example" not in lines
    assert {"Original-Envelope-Id: e2", "Action: failed"} <= set(lines)
    # RFC 3461 4.3: FULL brings the whole message back.
    assert lines[-1] == "message/rfc822"
    (report,) = await contents(sending, eva.workspace_id, EVA, "INBOX")
    assert b"\r\n\r\n.dot\r\nbody\r\n" in report


@pytest.mark.parametrize("offered", [True, False], ids=["told", "told nothing"])
async def test_the_next_server_is_told_or_we_say_that_it_was_relayed(
    sending: Database,
    eva: Actor,
    worker: Worker,
    port: int,
    short_folder: Path,
    peers: list[Peer],
    offered: bool,
):
    options = [] if offered else ["-N"]
    sink = await start_peer(short_folder / "sink", *options, port=sending.service(Settings).mx_port)
    peers.append(sink)
    wish = ["NOTIFY=SUCCESS", "ORCPT=rfc822;x@y"]
    await asyncio.to_thread(hand_in, port, ["RET=FULL", "ENVID=a"], {LI: wish})
    await work(worker)
    (message,) = sink.messages()
    assert (f"X-Rcpt-Args: <{LI}> NOTIFY=SUCCESS ORCPT=rfc822;x@y".encode() in message) is offered
    assert (b"RET=FULL ENVID=a" in message) is offered
    reports = await reports_to_eva(sending, eva)
    if offered:
        assert reports == []
    else:
        assert {"Action: relayed", "Original-Recipient: rfc822;x@y"} <= set(reports[0])


async def test_delay_only_if_it_was_asked_for(
    sending: Database,
    eva: Actor,
    worker: Worker,
    port: int,
    held: HeldClock,
):
    """Nobody listens at kunde.example."""
    await asyncio.to_thread(hand_in, port, [], {LI: ["NOTIFY=FAILURE"]})
    await asyncio.to_thread(hand_in, port, ["ENVID=late"], {LI: ["NOTIFY=DELAY"]})
    for _ in range(3):
        held.pass_by(days=1)
        await work(worker)
    (lines,) = await reports_to_eva(sending, eva)
    assert {"Action: delayed", "Original-Envelope-Id: late"} <= set(lines)


async def test_a_stranger_hears_that_it_was_delivered(
    sending: Database,
    other: Workspace,
    worker: Worker,
    short_folder: Path,
    peers: list[Peer],
):
    peers.append(await start_peer(short_folder / "sink", port=sending.service(Settings).mx_port))
    intake = Intake(sending, sending.service(CachingResolver), "mail.acme.example")
    options = ListenerOptions(
        name="smtp", host="127.0.0.1", port=0, profile=Profile(hostname="mail.acme.example")
    )
    backend = MxBackend(sending, intake, "mail.acme.example", report_delivered)
    listener = Listener(options, backend)
    await listener.start()

    def deliver(sender: str, *options: str) -> None:
        raw = b"From: Li <%b>\r\nMessage-ID: <1@x>\r\nSubject: x\r\n\r\nx\r\n" % LI.encode()
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=20) as client:
            client.sendmail(sender, OTTO, raw, ["ENVID=e+2B1"], options)

    try:
        await asyncio.to_thread(deliver, LI, "NOTIFY=SUCCESS", "ORCPT=rfc822;o@x")
        await asyncio.to_thread(deliver, LI, "NOTIFY=FAILURE,DELAY")
        await asyncio.to_thread(deliver, LI)
        await asyncio.to_thread(deliver, "", "NOTIFY=SUCCESS")  # nobody to tell
    finally:
        await listener.stop()
    assert len(await contents(sending, other.id, OTTO, "INBOX")) == 4
    await work(worker)
    (report,) = peers[0].messages()
    assert b"X-Mail-Args: <>" in report
    assert b"X-Rcpt-Args: <%b>" % LI.encode() in report
    raw = report[report.index(b"From: ") :].replace(b"\n", b"\r\n")
    lines = lines_of(raw)
    assert {"Action: delivered", "Original-Envelope-Id: e+1"} <= set(lines)
    assert {f"Final-Recipient: rfc822; {OTTO}", "Original-Recipient: rfc822;o@x"} <= set(lines)
    assert await work(worker) == 0
