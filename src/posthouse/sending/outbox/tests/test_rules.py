"""What rules send leaves by the outbox: once, under a return path of ours, with no copy in Sent."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.foundation.settings import Settings
from posthouse.mail.intake import Arrival, Intake, Recipient
from posthouse.mail.rules.actions import activate_script, save_script
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.mailauth.arc import ArcResult, verify_arc
from posthouse.protocols.mailauth.keys import dns_name
from posthouse.protocols.mailauth.message import split_message
from posthouse.security.members import add_domain
from posthouse.sending.outbox.rules import LISTENERS
from posthouse.sending.outbox.sealing import sealed
from posthouse.sending.outbox.tests.test_outbox import counts
from posthouse.sending.outbox.worker import Worker
from tests.support.dns_zones import ZoneResolver
from tests.support.house import Workspace, letter
from tests.support.sending import Peer, start_peer, work


@pytest.fixture
def intake(sending: Database) -> Intake:
    return Intake(sending, sending.service(CachingResolver), "mail.acme.example")


async def arrive(sending: Database, intake: Intake, workspace: Workspace, script: str) -> None:
    """A mail from outside meets that script; its letters are queued."""
    async with sending.workspace(workspace.id) as tx:
        await save_script(tx, workspace.mailbox_id, "mine", script.encode())
        await activate_script(tx, workspace.mailbox_id, "mine")
    recipient = Recipient(
        workspace_id=workspace.id, mailbox_id=workspace.mailbox_id, address=workspace.address
    )
    await intake.accept(
        Arrival(
            raw=letter(message_id="r@stranger.example", sender="li.wei@kunde.example"),
            mail_from="li.wei@kunde.example",
            recipients=(recipient,),
            received_at=datetime.now(UTC),
            peer_ip="192.0.2.7",
            helo="mx.kunde.example",
        )
    )
    await drain(sending, LISTENERS)
    await drain(sending, LISTENERS)


async def test_mail_is_sent_on_under_our_return_path(
    sending: Database,
    workspace: Workspace,
    intake: Intake,
    worker: Worker,
    peers: list[Peer],
    short_folder: Path,
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    script = 'require "copy"; redirect :copy "wang@kunde.example";'
    await arrive(sending, intake, workspace, script)
    assert await work(worker) == 1
    (sent,) = peers[0].messages()
    (path,) = peers[0].return_paths()
    assert path.startswith("SRS0=")
    assert path.endswith("=kunde.example=li.wei@acme.example")
    assert b"From: li.wei@kunde.example" in sent
    assert b"X-Sieve-Redirected-From: anna@acme.example" in sent
    assert b"Authentication-Results: mail.acme.example" in sent
    assert await counts(sending, workspace) == {"INBOX": 1}


async def test_mail_that_is_sent_on_is_sealed(sending: Database, workspace: Workspace):
    keys = await add_domain(sending, workspace.id, "signed.example")
    house = sending.service(Settings).hostname
    found = f"Authentication-Results: {house}; spf=pass smtp.mailfrom=li@kunde.example\r\n"
    async with sending.workspace(workspace.id) as tx:
        raw = found.encode() + letter(message_id="r@stranger.example", sender="li@kunde.example")
        sent = await sealed(tx, raw, "signed.example")
        assert await sealed(tx, raw, "elsewhere.example") == raw
    names = {dns_name(key.domain, key.selector): {"TXT": [key.txt.encode()]} for key in keys}
    outcome = await verify_arc(split_message(sent), ZoneResolver(names))
    assert (outcome.result, outcome.sealers) == (ArcResult.PASS, ("signed.example",))
    assert b"spf=pass" in outcome.said[0]


async def test_an_answer_has_no_return_path(
    sending: Database,
    workspace: Workspace,
    intake: Intake,
    worker: Worker,
    peers: list[Peer],
    short_folder: Path,
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    await arrive(sending, intake, workspace, 'require "vacation"; vacation "Away.";')
    assert await work(worker) == 1
    (sent,) = peers[0].messages()
    assert peers[0].return_paths() == [""]
    assert b"Subject: Auto: Quotation" in sent
    assert b"X-Rcpt-Args: <li.wei@kunde.example>" in sent
    assert await counts(sending, workspace) == {"INBOX": 1}


async def test_a_notification_leaves_and_its_copy_stays(
    sending: Database,
    workspace: Workspace,
    intake: Intake,
    worker: Worker,
    peers: list[Peer],
    short_folder: Path,
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    script = 'require ["enotify", "fcc"]; notify :fcc "Sent" "mailto:pager@kunde.example";'
    await arrive(sending, intake, workspace, script)
    assert await work(worker) == 1
    (sent,) = peers[0].messages()
    assert b'Auto-Submitted: auto-notified; owner-email="anna@acme.example"' in sent
    assert sent.count(b"Message-ID:") == 1
    assert b"X-Rcpt-Args: <pager@kunde.example>" in sent
    assert peers[0].return_paths() != [""]
    assert await counts(sending, workspace) == {"INBOX": 1, "Sent": 1}


async def test_whose_mail_a_rule_leads_nowhere_is_told(
    sending: Database,
    workspace: Workspace,
    intake: Intake,
    worker: Worker,
    peers: list[Peer],
    short_folder: Path,
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    await arrive(sending, intake, workspace, 'redirect "nobody@acme.example";')
    assert await work(worker) == 1
    assert await work(worker) == 1
    (report,) = peers[0].messages()
    assert peers[0].return_paths() == [""]
    assert b"X-Rcpt-Args: <li.wei@kunde.example>" in report
    assert b"Final-Recipient: rfc822; nobody@acme.example" in report
    assert await counts(sending, workspace) == {}


async def test_what_cannot_leave_is_kept(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker
):
    script = 'require "editheader"; deleteheader "From"; redirect "wang@kunde.example";'
    await arrive(sending, intake, workspace, script)
    assert await work(worker) == 0
    assert await counts(sending, workspace) == {"INBOX": 1}
