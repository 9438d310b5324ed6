"""Taking mail, holding it, taking it back, delivering it: on a real database and a real peer."""

from datetime import timedelta
from pathlib import Path

import dkim
import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.folders import list_folders, make_mailbox
from posthouse.mail.mailboxes.reading import describe_messages, read_raw
from posthouse.security.members import add_domain, dns_records, signing_keys
from posthouse.sending.outbox import actions
from posthouse.sending.outbox.model import MessageState, Queued, State
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.routes import set_route
from posthouse.sending.outbox.worker import Worker
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace, letter
from tests.support.sending import (
    HeldClock,
    Peer,
    make_actor,
    make_worker,
    start_peer,
    work,
)

LI = "li.wei@kunde.example"


async def send(
    house: Database,
    workspace: Workspace,
    *recipients: str,
    raw: bytes | None = None,
    hold: timedelta | None = None,
    mail_from: str | None = None,
    door: str = "composer",
) -> Queued:
    async with house.workspace(workspace.id) as tx:
        return await actions.enqueue(
            tx,
            raw=raw or written(workspace),
            mail_from=workspace.address if mail_from is None else mail_from,
            recipients=recipients,
            submitted_by=workspace.member_id,
            hold_until=clock.now() + hold if hold else None,
            door=door,  # type: ignore[arg-type]
        )


def written(workspace: Workspace, extra: str = "", message_id: str = "a1@acme.example") -> bytes:
    raw = letter(message_id=message_id, sender=f"Anna <{workspace.address}>", to=LI, extra=extra)
    return raw.partition(b"\r\n")[2]


async def state_of(house: Database, workspace: Workspace, queued: Queued) -> MessageState:
    async with house.workspace(workspace.id) as tx:
        assert queued.mailbox_message_id is not None
        return (await actions.states_of_copies(tx, [queued.mailbox_message_id]))[
            queued.mailbox_message_id
        ]


async def counts(house: Database, workspace: Workspace) -> dict[str, int]:
    async with house.workspace(workspace.id) as tx:
        folders = await list_folders(tx, workspace.mailbox_id)
    return {folder.name: folder.message_count for folder in folders if folder.message_count}


async def test_by_mx_with_a_return_path_for_each(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    short_folder: Path,
    peers: list[Peer],
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    queued = await send(
        sending,
        workspace,
        LI,
        "wang@kunde.example",
        raw=written(workspace, extra="Bcc: wang@kunde.example"),
    )
    assert await work(worker) == 2

    state = await state_of(sending, workspace, queued)
    assert [each.state for each in state.recipients] == [State.DELIVERED] * 2
    assert {each.host for each in state.recipients} == {"mx.kunde.example"}
    first, second = peers[0].messages()
    assert b"wang" not in first.partition(b"\r\n\r\n")[0].partition(b"From:")[2]
    paths = peers[0].return_paths()
    assert len(set(paths)) == 2
    assert all(p.startswith("bounce+") and p.endswith("@acme.example") for p in paths)
    assert b"Hello Anna," in second
    assert await counts(sending, workspace) == {"Sent": 1}
    assert queued.mailbox_message_id
    async with sending.workspace(workspace.id) as tx:
        assert b"Bcc: wang@kunde.example" in await read_raw(tx, queued.mailbox_message_id)
        kept = await tx.connection.fetchrow("SELECT header, body_blob_id FROM outbox_messages")
        assert kept
        assert tuple(kept) == (None, None)
        assert await tx.connection.fetchval("SELECT count(*) FROM outbox_queue") == 0


async def test_nothing_leaves_while_it_is_held(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    queued = await send(sending, workspace, LI, hold=timedelta(seconds=10))
    assert await work(worker) == 0
    actor = make_actor(workspace)
    async with sending.workspace(workspace.id) as tx:
        assert queued.mailbox_message_id
        await actions.undo(tx, actor, queued.mailbox_message_id)
    held.pass_by(seconds=60)
    assert await work(worker) == 0
    assert (await state_of(sending, workspace, queued)).recipients[0].state is State.CANCELLED
    assert await counts(sending, workspace) == {}


async def test_what_was_begun_cannot_be_undone(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    queued = await send(sending, workspace, LI, "x@[127.0.0.2]", hold=timedelta(seconds=10))
    held.pass_by(seconds=11)
    await work(worker)
    actor = make_actor(workspace)
    assert queued.mailbox_message_id
    with pytest.raises(Conflict):
        async with sending.workspace(workspace.id) as tx:
            await actions.undo(tx, actor, queued.mailbox_message_id)


async def test_only_who_may_send_from_the_mailbox_takes_back(
    sending: Database, workspace: Workspace, other: Workspace
):
    queued = await send(sending, workspace, LI, hold=timedelta(seconds=10))
    stranger = make_actor(workspace, new_id())
    assert queued.mailbox_message_id
    for where, who in ((workspace, stranger), (other, make_actor(other))):
        with pytest.raises(NotFound):
            async with sending.workspace(where.id) as tx:
                await actions.undo(tx, who, queued.mailbox_message_id)


async def test_a_relay_comes_before_mx(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    short_folder: Path,
    peers: list[Peer],
):
    peers.append(await start_peer(short_folder / "relay"))
    async with sending.system() as tx:
        await set_route(tx, "*", f"127.0.0.1:{peers[0].port}")
    queued = await send(sending, workspace, LI, "someone@nowhere.example")
    await work(worker)
    state = await state_of(sending, workspace, queued)
    assert [each.state for each in state.recipients] == [State.DELIVERED] * 2
    assert len(peers[0].messages()) == 2


class Killed(Worker):
    """Dies between the attempt and its record."""

    async def _record(self, workspace_id, outcomes):
        self.lost = outcomes


async def test_another_workspace_of_the_house_gets_it_once(
    sending: Database, workspace: Workspace, other: Workspace, worker: Worker, held: HeldClock
):
    queued = await send(sending, workspace, other.address, "nobody@globex.example")
    killed = make_worker(sending, ConnectionPool(), Killed)
    assert await work(killed) == 2
    assert len(killed.lost) == 2
    assert await counts(sending, other) == {"INBOX": 1}
    assert await work(worker) == 0  # it has a lease

    held.pass_by(seconds=31)
    assert await work(worker) == 2
    state = await state_of(sending, workspace, queued)
    assert [each.state for each in state.recipients] == [State.DELIVERED, State.FAILED]
    assert state.recipients[1].status == "5.1.1"
    assert state.recipients[0].attempts == 2
    assert await counts(sending, other) == {"INBOX": 1}
    assert await counts(sending, workspace) == {"INBOX": 1, "Sent": 1}  # the report


async def test_a_lost_attempt_over_smtp_is_said_to_be_unclear(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    held: HeldClock,
    short_folder: Path,
    peers: list[Peer],
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    queued = await send(sending, workspace, LI)
    pool = ConnectionPool()
    await work(make_worker(sending, pool, Killed))
    pool.close()
    held.pass_by(seconds=31)
    await work(worker)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert (recipient.state, recipient.unclear, recipient.attempts) == (State.DELIVERED, True, 2)
    assert len(peers[0].messages()) == 2


async def test_refusals_are_reported_to_the_sender(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    short_folder: Path,
    peers: list[Peer],
):
    port = sending.service(Settings).mx_port
    peers.append(await start_peer(short_folder / "mx", "-f", "RCPT", port=port))
    queued = await send(sending, workspace, LI, "wang@kunde.example")
    await work(worker)
    state = await state_of(sending, workspace, queued)
    assert [each.state for each in state.recipients] == [State.FAILED] * 2
    assert state.recipients[0].reply.startswith("500")
    assert await counts(sending, workspace) == {"INBOX": 1, "Sent": 1}
    async with sending.workspace(workspace.id) as tx:
        (report_id,) = [
            row["id"]
            for row in await tx.connection.fetch(
                "SELECT id FROM mailbox_messages WHERE door = 'dsn'"
            )
        ]
        report = await read_raw(tx, report_id)
        (described,) = await describe_messages(tx, [report_id])
    assert report.startswith(b"Return-Path: <>")
    assert b"Final-Recipient: rfc822; li.wei@kunde.example" in report
    assert b"Remote-MTA: dns; mx.kunde.example" in report
    assert described.automatic
    assert "Quotation" in described.subject
    assert described.thread_id


async def test_the_null_return_path_gets_no_report(
    sending: Database, workspace: Workspace, worker: Worker
):
    await send(sending, workspace, "x@nowhere.example", mail_from="")
    await work(worker)
    assert await counts(sending, workspace) == {"Sent": 1}


async def test_reports_are_bounded(
    sending: Database, workspace: Workspace, worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("posthouse.sending.outbox.notices._MOST_NOTICES", 3)
    for n in range(5):
        raw = written(workspace, message_id=f"{n}@acme.example")
        await send(sending, workspace, f"x{n}@nowhere.example", raw=raw)
    await work(worker)
    assert await counts(sending, workspace) == {"INBOX": 3, "Sent": 5}


async def test_busy_servers_are_tried_again_with_growing_pauses(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    held: HeldClock,
    short_folder: Path,
    peers: list[Peer],
):
    port = sending.service(Settings).mx_port
    peers.append(await start_peer(short_folder / "mx", "-r", "RCPT", port=port))
    queued = await send(sending, workspace, LI)
    pauses: list[float] = []
    for _ in range(4):
        assert await work(worker) == 1
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
        assert (recipient.state, recipient.reply[:1]) == (State.QUEUED, "4")
        assert recipient.next_attempt_at
        pauses.append((recipient.next_attempt_at - held.time).total_seconds() / 60)
        assert await work(worker) == 0
        held.time = recipient.next_attempt_at
    for pause, minutes in zip(pauses, (1, 5, 10, 15), strict=True):
        assert 0.8 * minutes <= pause <= 1.2 * minutes

    await peers[0].stop()
    peers.append(await start_peer(short_folder / "mx2", port=port))
    await work(worker)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert (recipient.state, recipient.attempts) == (State.DELIVERED, 5)


async def test_after_five_days_it_is_given_up(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    queued = await send(sending, workspace, LI)  # nobody listens there
    began = held.time
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    while recipient.next_attempt_at is not None:
        held.time = recipient.next_attempt_at
        await work(worker)
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert held.time >= began + timedelta(days=5)
    assert (recipient.state, recipient.status) == (State.FAILED, "4.4.7")
    assert "Cannot connect" in recipient.reply
    assert await counts(sending, workspace) == {"INBOX": 2, "Sent": 1}


async def test_mail_that_would_come_back_to_us_is_refused(
    sending: Database, workspace: Workspace, worker: Worker, dns: DnsServer
):
    dns.put("loop.example", {"MX": [(10, "mail.acme.example")]})
    dns.put("null.example", {"MX": [(0, ".")]})
    queued = await send(sending, workspace, "a@loop.example", "b@null.example", "c@no.example")
    await work(worker)
    state = await state_of(sending, workspace, queued)
    assert [r.status for r in state.recipients] == ["5.4.6", "5.1.10", "5.1.2"]


async def test_what_leaves_is_signed_with_both_keys(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    short_folder: Path,
    peers: list[Peer],
):
    await add_domain(sending, workspace.id, "signed.example")
    async with sending.workspace(workspace.id) as tx:
        await make_mailbox(
            tx, kind="shared", address="sales@signed.example", name="Sales", owner_member_id=None
        )
        records = dns_records("signed.example", "mx", await signing_keys(tx, "signed.example"))
    zone = {record.name: record.value for record in records}
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    raw = letter(message_id="s1@signed.example", sender="sales@signed.example", to=LI)
    await send(sending, workspace, LI, raw=raw, mail_from="sales@signed.example")
    await work(worker)

    (received,) = peers[0].messages()
    arrived = received[received.index(b"Received: from mx.kunde.example") :]
    arrived = arrived.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert arrived.count(b"DKIM-Signature:") == 2
    verifier = dkim.DKIM(arrived)
    for index in range(2):
        assert verifier.verify(index, dnsfunc=lambda name, **_: zone[_text(name)].encode())


async def test_date_and_message_id_are_added(sending: Database, workspace: Workspace):
    raw = b"From: anna@acme.example\r\nSubject: hi\r\n\r\nhello\r\n"
    queued = await send(sending, workspace, LI, raw=raw, door="submission")
    assert queued.mailbox_message_id
    async with sending.workspace(workspace.id) as tx:
        kept = await read_raw(tx, queued.mailbox_message_id)
    assert b"Message-ID: <" in kept
    assert b"Date: " in kept


async def test_a_large_message(
    sending: Database,
    workspace: Workspace,
    worker: Worker,
    short_folder: Path,
    peers: list[Peer],
):
    peers.append(await start_peer(short_folder / "mx", port=sending.service(Settings).mx_port))
    body = b"0123456789abcdef" * 4 + b"\r\n"
    raw = written(workspace) + body * 200_000  # 13 MB
    queued = await send(sending, workspace, LI, raw=raw)
    await work(worker)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.DELIVERED
    (received,) = peers[0].messages()
    assert received.count(body.rstrip()) == 200_000


async def test_what_cannot_be_sent_is_refused(sending: Database, workspace: Workspace):
    for recipients, raw in (
        ((), None),
        (("nobody",), None),
        ((LI,), b"Subject: no author\r\n\r\nx"),
        ((LI,), b"From: a@acme.example\r\nFrom: b@acme.example\r\n\r\nx"),
    ):
        if raw is not None and raw.count(b"From:") == 2:
            await add_domain(sending, workspace.id, "two.example")
            raw = raw.replace(b"acme", b"two")
        with pytest.raises(Invalid):
            await send(sending, workspace, *recipients, raw=raw)


def _text(name: bytes | str) -> str:
    return (name.decode() if isinstance(name, bytes) else name).rstrip(".")
