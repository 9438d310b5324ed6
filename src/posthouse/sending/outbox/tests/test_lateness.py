"""Servers that are away for days, say "later", or refuse: who is asked next, who is told what."""

import asyncio
from datetime import timedelta

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.sending.outbox.model import State
from posthouse.sending.outbox.queue import read_queue
from posthouse.sending.outbox.tests.test_outbox import LI, counts, send, state_of, written
from posthouse.sending.outbox.tests.test_shares import until
from posthouse.sending.outbox.worker import Worker
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.sending import HeldClock, work


async def reports(house: Database, workspace: Workspace) -> list[bytes]:
    async with house.workspace(workspace.id) as tx:
        rows = await tx.connection.fetch(
            "SELECT id FROM mailbox_messages WHERE door = 'dsn' ORDER BY received_at"
        )
        return [await read_raw(tx, row["id"]) for row in rows]


async def test_a_server_that_is_away_for_days(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    began = held.time
    queued = await send(sending, workspace, LI)
    told: list[timedelta] = []
    pauses: list[timedelta] = []
    while True:
        assert await work(worker) == 1
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
        if len(await reports(sending, workspace)) > len(told):
            told.append(held.time - began)
        if recipient.next_attempt_at is None:
            break
        pauses.append(recipient.next_attempt_at - held.time)
        held.time = recipient.next_attempt_at
    assert recipient.state is State.FAILED
    late, failed = await reports(sending, workspace)
    assert b"Action: delayed" in late
    assert b"Will-Retry-Until: " in late
    assert b"Action: failed" in failed
    assert timedelta(hours=4) <= told[0] <= timedelta(hours=9)
    assert timedelta(days=5) <= told[1] <= timedelta(days=5, hours=5)
    assert max(pauses) <= timedelta(hours=4.8)
    assert 25 <= recipient.attempts <= 60


async def test_after_days_it_is_delivered_and_nobody_is_told_of_a_failure(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    queued = await send(sending, workspace, LI)
    await work(worker)
    for _ in range(3):
        held.pass_by(days=1)
        await work(worker)
    mx = ScriptedMx()
    async with serving(mx, sending.service(Settings).mx_port):
        held.pass_by(hours=6)
        await work(worker)
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert (recipient.state, mx.taken) == (State.DELIVERED, [LI])
    assert len(await reports(sending, workspace)) == 1


async def test_what_nobody_came_for_grows_no_older(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    """A clock that jumps ahead, a house that was down, a queue that was held: all the same."""
    began = held.time
    queued = await send(sending, workspace, LI)
    await work(worker)
    held.pass_by(days=10)
    assert await work(worker) == 1
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.QUEUED
    assert await reports(sending, workspace) == []
    async with sending.system() as tx:
        (row,) = await read_queue(tx)
    assert row.give_up_at > began + timedelta(days=14, hours=23)
    while (at := recipient.next_attempt_at) is not None:
        held.time = at
        await work(worker)
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.FAILED
    assert timedelta(days=5) <= held.time - row.give_up_at + timedelta(days=5) < timedelta(days=5.2)
    late, failed = await reports(sending, workspace)
    assert (b"Action: delayed" in late, b"Action: failed" in failed) == (True, True)


async def test_a_jump_does_not_try_twice_what_is_under_way(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    mx = ScriptedMx(gate=asyncio.Event())
    async with serving(mx, sending.service(Settings).mx_port):
        await send(sending, workspace, LI)
        assert await worker.take() == 1
        await until(lambda: mx.held == 1)
        held.pass_by(days=10)
        assert await worker.take() == 0
        assert mx.gate is not None
        mx.gate.set()
        await worker.settled()
        assert await work(worker) == 0
    assert mx.taken == [LI]


async def test_a_message_that_was_held_is_not_late(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    await send(sending, workspace, LI, hold=timedelta(days=2))
    held.pass_by(days=2, seconds=1)
    await work(worker)
    assert await reports(sending, workspace) == []


def two_hosts(dns: DnsServer) -> None:
    dns.put("kunde.example", {"MX": [(10, "a.kunde.example"), (20, "b.kunde.example")]})
    dns.put("a.kunde.example", {"A": ["127.0.0.2"]})
    dns.put("b.kunde.example", {"A": ["127.0.0.3"]})


async def test_the_next_host_after_a_4xx_and_none_after_a_5xx(
    sending: Database, workspace: Workspace, worker: Worker, dns: DnsServer
):
    two_hosts(dns)
    port = sending.service(Settings).mx_port
    for reply, state, takers in (
        ("450 4.2.0 not now", State.DELIVERED, [LI]),
        ("550 5.1.1 nobody", State.FAILED, []),
        ("421 4.3.2 busy", State.QUEUED, []),
    ):
        first, second = ScriptedMx(says={"rcpt": reply}), ScriptedMx()
        async with serving(first, port, "127.0.0.2"), serving(second, port, "127.0.0.3"):
            raw = written(workspace, message_id=f"{reply[:3]}@acme.example")
            queued = await send(sending, workspace, LI, raw=raw)
            await work(worker)
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
        assert (recipient.state, second.taken) == (state, takers), reply
        worker._courier._pool.close()


async def test_a_greeting_that_refuses_leads_to_the_next_host(
    sending: Database, workspace: Workspace, worker: Worker, dns: DnsServer
):
    two_hosts(dns)
    port = sending.service(Settings).mx_port
    first, second = ScriptedMx(says={"greeting": "554 no mail here"}), ScriptedMx()
    async with serving(first, port, "127.0.0.2"), serving(second, port, "127.0.0.3"):
        await send(sending, workspace, LI)
        await work(worker)
    assert second.taken == [LI]


async def test_a_rate_said_with_a_5xx_is_tried_again(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    mx = ScriptedMx(says={"body": "550 Ip frequency limited"})
    async with serving(mx, sending.service(Settings).mx_port):
        queued = await send(sending, workspace, LI)
        await work(worker)
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
        assert recipient.state is State.QUEUED
        assert await counts(sending, workspace) == {"Sent": 1}
        mx.says.clear()
        held.pass_by(hours=1)
        await work(worker)
    assert mx.taken == [LI]
