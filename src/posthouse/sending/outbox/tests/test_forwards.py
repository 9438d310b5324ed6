"""Aliases whose mail goes on to addresses elsewhere, and the reports that come back."""

import re
from pathlib import Path

import dkim
import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid, NotFound
from posthouse.foundation.events import drain
from posthouse.foundation.settings import Settings, load_settings
from posthouse.mail.addressing.actions import set_address
from posthouse.mail.intake import Arrival, Intake
from posthouse.protocols.dns import CachingResolver
from posthouse.protocols.mailauth.arc import ArcResult, verify_arc
from posthouse.protocols.mailauth.keys import dns_name
from posthouse.protocols.mailauth.message import split_message
from posthouse.protocols.mailauth.sign import Signer, SigningKey
from posthouse.security.members import Actor, add_domain, create_workspace
from posthouse.security.members import signing_keys as keys_of
from posthouse.sending.outbox.forwards import LISTENERS
from posthouse.sending.outbox.return_path import return_path_route
from posthouse.sending.outbox.rewriting import rewritten, srs_route
from posthouse.sending.outbox.tests.test_outbox import counts, send
from posthouse.sending.outbox.worker import Worker
from tests.support.dns_server import DnsServer
from tests.support.dns_zones import ZoneResolver
from tests.support.house import Workspace, letter
from tests.support.sending import HeldClock, Peer, start_peer, work

LI, WANG, HELLO = "li.wei@kunde.example", "wang@kunde.example", "hello@acme.example"


@pytest.fixture
def intake(sending: Database) -> Intake:
    resolver = sending.service(CachingResolver)
    return Intake(sending, resolver, "mail.acme.example", (return_path_route, srs_route))


@pytest.fixture
async def peer(sending: Database, peers: list[Peer], short_folder: Path) -> Peer:
    port = sending.service(Settings).mx_port
    peers.append(await start_peer(short_folder / "mx", port=port))
    return peers[0]


async def alias(
    house: Database, workspace: Workspace, *mailboxes: str, address: str = HELLO
) -> None:
    async with house.workspace(workspace.id) as tx:
        await set_address(tx, Actor.system(workspace.id), address, mailboxes, [WANG])


async def arrive(
    intake: Intake,
    house: Database,
    *,
    raw: bytes | None = None,
    to: str = HELLO,
    mail_from: str = LI,
    source_key: bytes | None = None,
) -> None:
    raw = raw or letter(message_id="r@stranger.example", sender=LI)
    await intake.accept(
        Arrival(
            raw=b"Received: from mx.kunde.example by mail.acme.example; x\r\n" + raw,
            mail_from=mail_from,
            recipients=(await intake.check_recipient(to),),
            received_at=clock.now(),
            peer_ip="192.0.2.7",
            helo="mx.kunde.example",
            source_key=source_key,
        )
    )
    await drain(house, LISTENERS)


async def test_an_alias_sends_on_what_it_gets(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker, peer: Peer
):
    await alias(sending, workspace)
    await arrive(intake, sending)
    assert await counts(sending, workspace) == {}
    assert await work(worker) == 1
    (sent,) = peer.messages()
    (path,) = peer.return_paths()
    assert re.fullmatch(r"SRS0=[A-Z2-7]{8}=[A-Z2-7]{2}=kunde\.example=li\.wei@acme\.example", path)
    assert b"X-Rcpt-Args: <wang@kunde.example>" in sent
    assert b"From: li.wei@kunde.example" in sent
    assert b"Delivered-To: hello@acme.example" in sent
    assert b"DKIM-Signature" not in sent


async def test_a_mailbox_beside_it_gets_its_own(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker, peer: Peer
):
    await alias(sending, workspace, workspace.address)
    await arrive(intake, sending)
    assert await counts(sending, workspace) == {"INBOX": 1}
    assert await work(worker) == 1
    assert len(peer.messages()) == 1


async def test_the_author_s_signature_stays_whole_and_the_house_seals(
    sending: Database, intake: Intake, worker: Worker, peer: Peer
):
    actor = await create_workspace(
        sending, "Signed", "signed.example", "eva@signed.example", "correct horse battery"
    )
    theirs = await add_domain(sending, actor.workspace_id, "author.example")
    async with sending.workspace(actor.workspace_id) as tx:
        await set_address(tx, Actor.system(actor.workspace_id), "on@signed.example", [], [WANG])
        keys = await keys_of(tx, "author.example")
        ours = await keys_of(tx, "signed.example")
    # Bcc and a folded field: what would be changed for mail of our own stays as it was signed.
    raw = b"From: li@author.example\r\nBcc: x@author.example\r\nSubject: a\r\n  b\r\n\r\nHi.\r\n"
    signer = Signer(
        [SigningKey(domain=k.domain, selector=k.selector, encoded=k.private_key) for k in keys]
    )
    raw = signer.sign(raw, now=clock.now().timestamp()) + raw
    await arrive(intake, sending, raw=raw, to="on@signed.example", mail_from="li@author.example")
    assert await work(worker) == 1
    (written,) = peer.messages()
    sent = written[written.index(b"ARC-Seal") :].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    txt = {dns_name(k.domain, k.selector): {"TXT": [k.txt.encode()]} for k in [*theirs, *ours]}
    names = {name: records["TXT"][0] for name, records in txt.items()}
    assert dkim.verify(sent, dnsfunc=lambda name, **_: names.get(name.decode().rstrip(".")))
    outcome = await verify_arc(split_message(sent), ZoneResolver(txt))
    assert (outcome.result, outcome.sealers) == (ArcResult.PASS, ("signed.example",))
    assert sent.count(b"DKIM-Signature") == raw.count(b"DKIM-Signature")
    assert raw in sent


async def test_a_report_goes_on_to_the_sender(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker, peer: Peer
):
    await alias(sending, workspace)
    await arrive(intake, sending)
    await work(worker)
    (path,) = peer.return_paths()
    report = letter(message_id="b@kunde.example", sender="mailer-daemon@kunde.example")
    await arrive(intake, sending, raw=report, to=path.lower(), mail_from="")
    assert await work(worker) == 1
    assert "" in peer.return_paths()
    back = next(m for m in peer.messages() if b"b@kunde.example" in m)
    assert b"X-Rcpt-Args: <li.wei@kunde.example>" in back
    assert await counts(sending, workspace) == {}


async def test_what_is_forged_old_or_no_report_is_refused(
    sending: Database, workspace: Workspace, intake: Intake, held: HeldClock
):
    async with sending.workspace(workspace.id) as tx:
        path = await rewritten(tx, LI, "acme.example")
    with pytest.raises(Denied, match="Only reports"):
        await arrive(intake, sending, to=path, mail_from="spam@kunde.example")
    for forged in (
        path.replace("li.wei", "victim"),
        path.replace("kunde", "victim"),
        "SRS0=AAAAAAAA=AA=kunde.example=x@acme.example",
        "SRS1=AAAAAAAA=kunde.example==a=b@acme.example",
        path.replace("acme.example", "elsewhere.example"),
    ):
        with pytest.raises(NotFound, match="not of a message from here"):
            await intake.check_recipient(forged)
    held.pass_by(days=22)
    with pytest.raises(NotFound, match="too old"):
        await intake.check_recipient("+".join(path.split("=", 1)))


async def test_keys_change_and_the_old_ones_still_read(
    sending: Database, workspace: Workspace, intake: Intake, held: HeldClock
):
    async def path() -> str:
        async with sending.workspace(workspace.id) as tx:
            return await rewritten(tx, LI, "acme.example")

    async def known() -> int:
        async with sending.system() as tx:
            return int(await tx.connection.fetchval("SELECT count(*) FROM srs_keys"))

    first = await path()
    assert await path() == first
    held.pass_by(days=29)
    late = await path()
    held.pass_by(days=2)
    await path()
    assert await known() == 2
    recipient = await intake.check_recipient(late)
    assert (recipient.mailbox_id, recipient.onward) == (None, (LI,))
    held.pass_by(days=31)
    await path()
    assert await known() == 2  # the first is gone for good


async def test_a_second_forwarder_leads_back_to_the_first(
    sending: Database, workspace: Workspace, intake: Intake
):
    first = "SRS0=abcd=XY=kunde.example=li@elsewhere.example"
    async with sending.workspace(workspace.id) as tx:
        path = await rewritten(tx, first, "acme.example")
        assert await rewritten(tx, "", "acme.example") == ""
        assert await rewritten(tx, "postmaster", "acme.example") == ""
    assert path.startswith("SRS1=")
    assert (await intake.check_recipient(path)).onward == (first,)


async def test_loops_end(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker, peer: Peer
):
    await alias(sending, workspace)
    again = b"Delivered-To: HELLO@acme.example\r\n" + letter(message_id="r@s.example", sender=LI)
    with pytest.raises(Denied, match="circles"):
        await arrive(intake, sending, raw=again)
    await alias(sending, workspace, workspace.address, address="both@acme.example")
    await arrive(intake, sending, raw=again.replace(b"HELLO", b"both"), to="both@acme.example")
    assert await counts(sending, workspace) == {"INBOX": 1}
    assert await work(worker) == 0


async def test_mail_without_an_author_is_refused(
    sending: Database, workspace: Workspace, intake: Intake
):
    await alias(sending, workspace)
    with pytest.raises(Denied, match="no author"):
        await arrive(intake, sending, raw=b"Subject: x\r\n\r\nHi.\r\n")


async def test_junk_does_not_go_on(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker, dns: DnsServer
):
    dns.put("_dmarc.kunde.example", {"TXT": ["v=DMARC1; p=quarantine"]})
    await alias(sending, workspace)
    with pytest.raises(Denied, match="junk"):
        await arrive(intake, sending)
    await alias(sending, workspace, workspace.address, address="both@acme.example")
    await arrive(intake, sending, to="both@acme.example")
    assert await counts(sending, workspace) == {"Junk": 1}
    assert await work(worker) == 0


async def test_the_sender_hears_what_failed(
    sending: Database,
    workspace: Workspace,
    intake: Intake,
    worker: Worker,
    peers: list[Peer],
    short_folder: Path,
):
    port = sending.service(Settings).mx_port
    refusing = await start_peer(short_folder / "mx", "-f", "rcpt", port=port)
    await alias(sending, workspace)
    await arrive(intake, sending)
    assert await work(worker) == 1
    await refusing.stop()
    peers.append(await start_peer(short_folder / "again", port=port))
    assert await work(worker) == 1
    (report,) = peers[0].messages()
    assert b"X-Rcpt-Args: <li.wei@kunde.example>" in report
    assert b"Final-Recipient: rfc822; wang@kunde.example" in report
    assert peers[0].return_paths() == [""]
    assert await counts(sending, workspace) == {}


async def test_what_is_delivered_again_goes_on_once(
    sending: Database, workspace: Workspace, intake: Intake, worker: Worker, peer: Peer
):
    await alias(sending, workspace)
    for _ in range(2):
        await arrive(intake, sending, source_key=b"k" * 32)
    assert await work(worker) == 1
    await arrive(intake, sending, source_key=b"k" * 32)
    assert await work(worker) == 0
    assert len(peer.messages()) == 1


async def test_mail_of_a_member_goes_on_as_well(
    sending: Database, workspace: Workspace, worker: Worker, peer: Peer
):
    await alias(sending, workspace)
    await send(sending, workspace, HELLO)
    assert await work(worker) == 1
    await drain(sending, LISTENERS)
    assert await work(worker) == 1
    (path,) = peer.return_paths()
    assert path.endswith("=acme.example=anna@acme.example")


def test_settings_are_within_bounds(tmp_path: Path):
    assert load_settings(data=tmp_path, environ={}).srs_days == 21
    with pytest.raises(Invalid):
        load_settings(data=tmp_path, environ={"POSTHOUSE_SRS_DAYS": "0"})
