"""The queue as its operator and a workspace's administrators see and change it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid, NotFound, Refusal
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.protocols.dsn.model import Reason
from posthouse.security.members import Actor, Role
from posthouse.sending.outbox import api
from posthouse.sending.outbox.api import Choice
from posthouse.sending.outbox.model import State
from posthouse.sending.outbox.queue import (
    Chosen,
    QueueRow,
    SiteQueue,
    drop,
    hold,
    read_one,
    read_queue,
    read_sites,
    release,
    retry_now,
)
from posthouse.sending.outbox.tests.test_outbox import LI, send, state_of, written
from posthouse.sending.outbox.worker import Worker
from tests.support.house import Workspace
from tests.support.scripted_mx import ScriptedMx, serving
from tests.support.sending import HeldClock, make_actor, work


async def rows(house: Database, **filters: Any) -> list[QueueRow]:
    async with house.system() as tx:
        return await read_queue(tx, **filters)


async def states(house: Database) -> dict[str, str]:
    return {row.address: row.state for row in await rows(house)}


async def test_what_waits_is_listed_with_its_reason(
    sending: Database, workspace: Workspace, other: Workspace, worker: Worker, held: HeldClock
):
    mx = ScriptedMx(says={"rcpt": "451 4.7.650 temporarily rate limited due to IP reputation"})
    async with serving(mx, sending.service(Settings).mx_port):
        await send(sending, workspace, LI)
        await work(worker)
    raw = written(workspace, message_id="later@acme.example")
    await send(sending, workspace, "x@far.example", raw=raw, hold=timedelta(hours=1))
    assert await states(sending) == {LI: "waiting", "x@far.example": "scheduled"}

    (row,) = await rows(sending, domain="KUNDE.example")
    assert (row.sender, row.share, row.attempts) == (workspace.address, "people", 1)
    assert row.reply.startswith("451 4.7.650")
    assert (row.host, row.site) == ("mx.kunde.example", "mx.kunde.example")
    assert (row.site_reason, row.site_status) == ("slow", "451 4.7.650")
    assert row.give_up_at - row.created_at == timedelta(days=5)
    async with sending.system() as tx:
        assert await read_one(tx, row.recipient_id) == row

    assert len(await rows(sending, sender=workspace.address)) == 2
    assert await rows(sending, sender=other.address) == []
    assert await rows(sending, workspace_id=other.id) == []
    assert [each.address for each in await rows(sending, state="scheduled")] == ["x@far.example"]
    assert len(await rows(sending, limit=1)) == 1
    for wrong in ({"state": "odd"}, {"domain": "no domain"}, {"sender": "x@nowhere.example"}):
        with pytest.raises(Refusal):
            await rows(sending, **wrong)


async def sites(house: Database, workspace: Workspace, **filters: Any) -> list[SiteQueue]:
    async with house.workspace(workspace.id) as tx:
        return await read_sites(tx, workspace.id, **filters)


async def test_what_waits_is_told_site_by_site(
    sending: Database, workspace: Workspace, other: Workspace, worker: Worker, held: HeldClock
):
    mx = ScriptedMx(says={"rcpt": "452 4.2.2 the mailbox is full"})
    async with serving(mx, sending.service(Settings).mx_port):
        await send(sending, workspace, LI, "x@kunde.example")
        await work(worker)
    held.pass_by(seconds=1)
    raw = written(workspace, message_id="later@acme.example")
    await send(sending, workspace, "x@far.example", raw=raw, hold=timedelta(hours=1))
    asked, new = await sites(sending, workspace)
    waiting = await rows(sending, site="mx.kunde.example")
    assert (asked.site, asked.domains, asked.shares) == (
        "mx.kunde.example",
        ["kunde.example"],
        ["people"],
    )
    assert (asked.recipients, asked.held) == (2, 0)
    assert asked.size == sum(row.size for row in waiting)
    assert asked.oldest_at == waiting[0].created_at
    assert asked.next_at == min(row.due_at for row in waiting)
    assert asked.reply == "452 4.2.2 the mailbox is full"
    assert (asked.host, asked.reason) == ("mx.kunde.example", Reason.MAILBOX_FULL)
    assert {row.reason for row in waiting} == {Reason.MAILBOX_FULL}
    assert (new.site, new.recipients, new.reply, new.reason) == ("far.example", 1, "", None)
    assert [each.site for each in await sites(sending, workspace, state="scheduled")] == [new.site]
    assert await sites(sending, workspace, share="bulk") == []
    assert await sites(sending, other) == []
    for wrong in ({"share": "odd"}, {"state": "odd"}):
        with pytest.raises(Invalid):
            await sites(sending, workspace, **wrong)


async def test_all_of_a_site_is_meant_by_its_name(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    await send(sending, workspace, LI)
    await work(worker)  # nobody listens
    await send(sending, workspace, "x@far.example", raw=written(workspace, message_id="2@acme"))
    chosen = Chosen(workspace_id=workspace.id, site="mx.kunde.example")
    async with sending.system() as tx:
        assert await hold(tx, chosen) == 1
    assert await states(sending) == {LI: "held", "x@far.example": "waiting"}
    (_, kunde) = await sites(sending, workspace)
    assert (kunde.held, kunde.next_at) == (1, None)
    async with sending.system() as tx:
        assert await release(tx, chosen) == 1
        assert await retry_now(tx, chosen) == 1
    assert {row.due_at for row in await rows(sending, site="mx.kunde.example")} == {held.time}
    assert [each.paused_until for each in await sites(sending, workspace)] == [None, None]


async def test_what_is_held_stays_until_it_is_released(
    sending: Database, workspace: Workspace, worker: Worker, held: HeldClock
):
    queued = await send(sending, workspace, LI, "x@kunde.example")
    ids = {row.address: row.recipient_id for row in await rows(sending)}
    async with sending.system() as tx:
        assert await hold(tx, Chosen(recipient_ids=[ids[LI]])) == 1
        assert await hold(tx, Chosen(recipient_ids=[ids[LI]])) == 0
        assert await retry_now(tx, Chosen()) == 0
    mx = ScriptedMx()
    async with serving(mx, sending.service(Settings).mx_port):
        assert await work(worker) == 1
        held.pass_by(days=1)
        assert await work(worker) == 0
        assert await states(sending) == {LI: "held"}
        async with sending.system() as tx:
            assert await release(tx, Chosen(domain="kunde.example")) == 1
        assert await work(worker) == 1
    assert mx.taken == ["x@kunde.example", LI]
    state = await state_of(sending, workspace, queued)
    assert {each.state for each in state.recipients} == {State.DELIVERED}


async def test_what_is_dropped_is_over(
    sending: Database, workspace: Workspace, other: Workspace, worker: Worker
):
    queued = await send(sending, workspace, LI)
    (row,) = await rows(sending)
    async with sending.system() as tx:
        assert await drop(tx, [row.recipient_id], other.id) == 0
        assert await drop(tx, [row.recipient_id, new_id()]) == 1
        with pytest.raises(NotFound):
            await read_one(tx, row.recipient_id)
    assert await work(worker) == 0
    (recipient,) = (await state_of(sending, workspace, queued)).recipients
    assert recipient.state is State.CANCELLED


# -- the doors of administrators


def admin_of(workspace: Workspace) -> Actor:
    return Actor(
        workspace_id=workspace.id,
        member_id=workspace.member_id,
        role=Role.ADMIN,
        name="Anna",
        address=workspace.address,
    )


async def through(door: Any, actor: Actor, house: Database, **arguments: Any) -> Any:
    return await door.fn(actor=actor, database=house, **arguments)


async def knock(actor: Actor, house: Database, recipient_id: UUID) -> list[Any]:
    """Every door once; what was answered, or the refusal."""
    choice = Choice(recipients=[recipient_id])
    found: list[Any] = []
    for door, arguments in (
        (api.list_queue, {}),
        (api.list_sites, {}),
        (api.read_queued, {"recipient_id": recipient_id}),
        (api.hold_queued, {"data": choice}),
        (api.release_queued, {"data": choice}),
        (api.retry_queued, {"data": choice}),
        (api.drop_queued, {"data": choice}),
    ):
        try:
            found.append(await through(door, actor, house, **arguments))
        except Refusal as refusal:
            found.append(type(refusal))
    return found


async def test_only_administrators_of_the_workspace_come_in(
    sending: Database, workspace: Workspace, other: Workspace, worker: Worker
):
    await send(sending, workspace, LI)
    await work(worker)  # nobody listens
    (row,) = await rows(sending)
    assert await knock(make_actor(workspace), sending, row.recipient_id) == [Denied] * 7
    stranger = await knock(admin_of(other), sending, row.recipient_id)
    assert stranger[0].items == stranger[1].items == []
    assert stranger[2] is NotFound
    assert [each.recipients for each in stranger[3:]] == [0] * 4
    listed, told, one, *counts = await knock(admin_of(workspace), sending, row.recipient_id)
    assert listed.items == [one]
    assert [(each.site, each.recipients) for each in told.items] == [(one.site, 1)]
    assert (one.id, one.address, one.state) == (row.recipient_id, LI, "waiting")
    assert [each.recipients for each in counts] == [1] * 4
    assert await rows(sending) == []


async def test_nobody_means_everything_by_saying_nothing(sending: Database, workspace: Workspace):
    for door in (api.hold_queued, api.release_queued, api.retry_queued, api.drop_queued):
        with pytest.raises(Invalid):
            await through(door, admin_of(workspace), sending, data=Choice())
    both = Choice(recipients=[new_id()], domain="a.example")
    with pytest.raises(Invalid):
        await through(api.hold_queued, admin_of(workspace), sending, data=both)
