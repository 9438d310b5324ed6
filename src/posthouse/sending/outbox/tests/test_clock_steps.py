"""A clock that was ahead and is set right: what waits is tried, what is scheduled still waits."""

from datetime import timedelta

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.sending.outbox.clock_steps import CHORES, bring_back
from posthouse.sending.outbox.model import GIVE_UP_AFTER, UNDO_HOLD, State
from posthouse.sending.outbox.queue import read_queue
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of, written
from posthouse.sending.outbox.worker import Worker
from tests.support.house import Workspace
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.sending import HeldClock, work

AHEAD = timedelta(days=2)


async def mend(house: Database) -> int:
    async with house.system() as tx:
        return await bring_back(tx)


async def test_what_was_put_off_is_tried_again(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    held.time += AHEAD
    queued = await send(sending, workspace, LI)
    for _ in range(3):  # the site is given a rest, too
        await work(worker)
        held.pass_by(minutes=10)
    held.time -= AHEAD
    async with serving(mx := ScriptedMx(), sending.service(Settings).mx_port):
        assert await work(worker) == 0
        assert await mend(sending) == 1
        assert await mend(sending) == 0
        (recipient,) = (await state_of(sending, workspace, queued)).recipients
        assert recipient.next_attempt_at == held.time
        assert await work(worker) == 1
    assert mx.taken == [LI]
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.DELIVERED


async def test_undoing_keeps_its_time_and_what_is_scheduled_its_day(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    held.time += AHEAD
    await send(sending, workspace, LI, hold=UNDO_HOLD)
    later = written(workspace, message_id="later@acme.example")
    await send(sending, workspace, "p@kunde.example", raw=later, hold=timedelta(days=3))
    held.time -= AHEAD
    assert await mend(sending) == 1
    async with serving(mx := ScriptedMx(), sending.service(Settings).mx_port):
        assert await work(worker) == 0
        held.time += UNDO_HOLD
        assert await work(worker) == 1
        assert mx.taken == [LI]
        held.time += AHEAD
        assert await work(worker) == 0


async def test_what_was_written_in_the_future_is_given_up_like_all_others(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    await send(sending, workspace, LI)
    await work(worker)
    held.time += 10 * AHEAD  # nobody comes for the first one meanwhile
    await work(worker)
    await send(
        sending, workspace, LI, raw=written(workspace, message_id="a@acme.example"), hold=UNDO_HOLD
    )
    held.time -= 10 * AHEAD
    await mend(sending)
    async with sending.system() as tx:
        rows = await read_queue(tx)
        assert len(rows) == 2
        for row in rows:
            assert abs(row.give_up_at - row.created_at - GIVE_UP_AFTER) <= UNDO_HOLD
            assert abs(row.created_at - held.time) <= UNDO_HOLD


async def test_a_lease_of_a_worker_that_died_ends(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    await send(sending, workspace, LI)
    async with sending.system() as tx:
        await tx.connection.execute(
            "UPDATE outbox_queue SET leased_by = gen_random_uuid(), attempts = 1, due_at = $1",
            held.time + AHEAD,
        )
    assert await mend(sending) == 1
    async with serving(mx := ScriptedMx(), sending.service(Settings).mx_port):
        assert await work(worker) == 0  # it may live
        held.pass_by(minutes=1, seconds=1)
        assert await work(worker) == 1
    assert mx.taken == [LI]


async def test_it_is_looked_at_the_start_and_when_the_clock_goes_back(
    sending: Database, workspace: Workspace, held: HeldClock, monkeypatch: pytest.MonkeyPatch
):
    told: list[int] = []

    async def note(_: object) -> int:
        told.append(1)
        return 0

    monkeypatch.setattr("posthouse.sending.outbox.clock_steps.bring_back", note)
    [chore] = CHORES
    for step, looks in ((0, 1), (0, 1), (3600, 1), (-30, 1), (-3600, 2), (0, 2)):
        held.pass_by(seconds=step)
        await chore.do(sending)
        assert len(told) == looks, step
