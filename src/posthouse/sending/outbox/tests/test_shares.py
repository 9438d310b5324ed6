"""On a real queue: bulk that waits starves nobody, sites are spared by all workers together."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.sending.outbox import worker as workers
from posthouse.sending.outbox.model import Share, State
from posthouse.sending.outbox.pool import ConnectionPool
from posthouse.sending.outbox.queue import Chosen, retry_now
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of, written
from posthouse.sending.outbox.worker import Worker
from tests.support.dns_server import DnsServer
from tests.support.house import Workspace
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.sending import HeldClock, make_worker, work

BULK = "Precedence: bulk"


async def queue_up(house: Database, workspace: Workspace, count: int, extra: str) -> None:
    """One message to many, all at one domain."""
    people = [f"r{n}@kunde.example" for n in range(count)]
    raw = written(workspace, extra=extra, message_id=f"{extra[:4]}{count}@acme.example")
    await send(house, workspace, *people, raw=raw)


async def until(true: Callable[[], bool]) -> None:
    """Something that other tasks bring about."""
    async with asyncio.timeout(10):
        while True:
            if true():
                return
            await asyncio.sleep(0.005)


async def waiting(house: Database) -> int:
    async with house.system() as tx:
        return int(await tx.connection.fetchval("SELECT count(*) FROM outbox_queue"))


async def test_a_person_s_mail_passes_bulk_and_bounces_that_wait(
    sending: Database, workspace: Workspace, worker: Worker
):
    gate = asyncio.Event()
    mx = ScriptedMx(gate=gate)
    async with serving(mx, sending.service(Settings).mx_port):
        for n in range(2):
            await queue_up(sending, workspace, 300 + n, BULK)
        for n in range(30):
            raw = written(workspace, message_id=f"n{n}@acme.example")
            await send(sending, workspace, f"n{n}@kunde.example", raw=raw, mail_from="")
        taken = [await worker.take() for _ in range(4)]
        assert taken == [230, 0, 0, 0]  # no room is left for either of them
        await until(lambda: mx.held == 4)
        mx.gate = None  # whoever comes from now on is served; those four still hang
        raw = written(workspace, message_id="anna@acme.example")
        letter = await send(sending, workspace, LI, raw=raw)
        assert await worker.take() == 1
        await until(lambda: LI in mx.taken)
        assert mx.taken == [LI]
        gate.set()
        await worker.settled()
    state = await state_of(sending, workspace, letter)
    assert state.recipients[0].state is State.DELIVERED


async def test_a_site_that_says_slow_down_is_left_alone_by_every_worker(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    mx = ScriptedMx(says={"rcpt": "550 5.7.1 blocked using zen.spamhaus.org"})
    other_pool = ConnectionPool()
    other = make_worker(sending, other_pool, Worker)
    async with serving(mx, sending.service(Settings).mx_port):
        await send(sending, workspace, LI)
        await work(worker)
        assert len(mx.recipients) == 1
        mx.says.clear()
        raw = written(workspace, message_id="2@acme.example")
        queued = await send(sending, workspace, "x@kunde.example", raw=raw)
        held.pass_by(seconds=5)
        for each in (other, worker):
            await work(each)
        assert mx.taken == []
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
        assert (recipient.state, recipient.attempts) == (State.QUEUED, 0)
        assert recipient.next_attempt_at
        assert timedelta(minutes=9) < recipient.next_attempt_at - held.time < timedelta(minutes=11)
        held.pass_by(minutes=12)
        await work(other)
        assert mx.taken == ["x@kunde.example"]
    other_pool.close()


async def test_the_operator_ends_a_pause(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    for n in range(3):
        raw = written(workspace, message_id=f"{n}@acme.example")
        await send(sending, workspace, f"x{n}@kunde.example", raw=raw)
        await work(worker)  # nobody listens
    mx = ScriptedMx()
    async with serving(mx, sending.service(Settings).mx_port):
        held.pass_by(seconds=2)
        assert await work(worker) == 0
        async with sending.system() as tx:
            assert await retry_now(tx, Chosen(domain="elsewhere.example")) == 0
        async with sending.system() as tx:
            assert await retry_now(tx, Chosen(domain="kunde.example")) == 3
        held.pass_by(seconds=8)
        await work(worker)
        await work(worker)
    assert len(mx.taken) == 3
    assert await waiting(sending) == 0


async def test_mail_for_a_site_that_rests_still_expires(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    mx = ScriptedMx(says={"greeting": "421 4.7.0 blocked by our blacklist"})
    async with serving(mx, sending.service(Settings).mx_port):
        await queue_up(sending, workspace, 40, "X-Many: yes")
        for _ in range(12):
            await work(worker)
            held.pass_by(hours=12)
    assert await waiting(sending) == 0
    async with sending.workspace(workspace.id) as tx:
        states = await tx.connection.fetch("SELECT DISTINCT state FROM outbox_recipients")
    assert [row["state"] for row in states] == ["failed"]
    # Forty recipients, and yet no more visits than the pauses left room for.
    assert mx.connections < 40


async def test_two_domains_of_one_site_share_its_connections(
    sending: Database, workspace: Workspace, worker: Worker, dns: DnsServer
):
    dns.put("two.example", {"MX": [(10, "mx.kunde.example")]})
    gate = asyncio.Event()
    mx = ScriptedMx(gate=gate)
    async with serving(mx, sending.service(Settings).mx_port):
        for n in range(100):
            domain = ("kunde.example", "two.example")[n % 2]
            raw = written(workspace, message_id=f"{n}@acme.example")
            await send(sending, workspace, f"x@{domain}", raw=raw)
        taking = asyncio.create_task(work(worker))
        await until(lambda: mx.open == 5)
        await asyncio.sleep(0.1)
        assert mx.most_open == 5
        gate.set()
        await taking
    assert len(mx.taken) == 100


def test_shares_leave_room_for_people():
    assert sum(workers._SLICES.values()) - workers._SLICES[Share.PEOPLE] < (workers._MOST_SLICES)
