"""The log forgets what all have heard, after a time; never what one of them has before it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import (
    KEPT,
    Event,
    Listener,
    announce,
    begin_epoch,
    drain,
    listen_once,
    trim,
    trimming,
)
from tests.support.house import Workspace
from tests.support.sending import HeldClock, held

__all__ = ["held"]


class GateOpened(Event, frozen=True):
    """For these tests."""

    number: int


def listener(name: str, heard: list[int] | None = None) -> Listener:
    async def handle(tx: Tx, events: Sequence[GateOpened]) -> None:
        if heard is not None:
            heard.extend(event.number for event in events)

    return Listener(name=name, kinds=(GateOpened,), handle=handle)


async def open_gates(house: Database, workspace: Workspace, *numbers: int) -> None:
    for number in numbers:
        async with house.workspace(workspace.id) as tx:
            announce(tx, GateOpened(number=number))


async def left(house: Database) -> list[int]:
    async with house.system() as tx:
        rows = await tx.connection.fetch(
            "SELECT body ->> 'number' AS number FROM events WHERE kind = 'GateOpened'"
            " ORDER BY xid, seq"
        )
        return [int(row["number"]) for row in rows]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "_PORTION", 2)


async def test_what_all_have_heard_goes_after_a_time(
    house: Database, workspace: Workspace, held: HeldClock
):
    await open_gates(house, workspace, 1, 2, 3, 4, 5)
    await drain(house, [listener("north"), listener("south")])
    assert await trim(house, ["north", "south"]) == 0
    held.time += KEPT + timedelta(minutes=1)
    assert await trim(house, ["north", "south"]) == 5
    assert await left(house) == []
    heard: list[int] = []
    await open_gates(house, workspace, 6)
    await drain(house, [listener("north", heard)])
    assert heard == [6]


async def test_who_stands_still_keeps_what_is_before_it(
    house: Database, workspace: Workspace, held: HeldClock
):
    heard: list[int] = []
    await open_gates(house, workspace, 1, 2, 3)
    await drain(house, [listener("north"), listener("south")])
    await open_gates(house, workspace, 4, 5, 6, 7)
    await drain(house, [listener("north")])
    held.time += 100 * KEPT
    assert await trim(house, ["north", "south"]) == 3
    await drain(house, [listener("south", heard)])
    assert heard == [4, 5, 6, 7]
    assert await trim(house, ["north", "south"]) == 4


async def test_who_has_never_run_has_all_before_it(
    house: Database, workspace: Workspace, held: HeldClock
):
    await open_gates(house, workspace, 1, 2, 3)
    await drain(house, [listener("north")])
    held.time += 2 * KEPT
    assert await trim(house, ["north", "new"]) == 0
    heard: list[int] = []
    await drain(house, [listener("new", heard)])
    assert heard == [1, 2, 3]
    assert await trim(house, ["north", "new"]) == 3


async def test_a_listener_of_a_newer_program_counts_while_it_moves(
    house: Database, workspace: Workspace, held: HeldClock
):
    await open_gates(house, workspace, 1, 2)
    await listen_once(house, listener("newer"))
    await open_gates(house, workspace, 3, 4)
    await drain(house, [listener("north")])
    async with house.system() as tx:
        await tx.connection.execute("UPDATE events SET announced_at = now() - interval '60 days'")
    assert await trim(house, ["north"]) == 2
    held.time += 2 * KEPT  # nobody has seen it since
    assert await trim(house, ["north"]) == 2


async def test_what_a_clock_that_was_ahead_announced_goes_with_the_others(
    house: Database, workspace: Workspace, held: HeldClock
):
    await open_gates(house, workspace, 1, 2)
    async with house.system() as tx:
        await tx.connection.execute("UPDATE events SET announced_at = now() + interval '900 days'")
    await open_gates(house, workspace, 3)
    await drain(house, [listener("north")])
    assert await trim(house, ["north"]) == 2
    assert await left(house) == [3]


async def test_after_a_restore_an_empty_log_is_read_on(
    house: Database, workspace: Workspace, held: HeldClock
):
    await open_gates(house, workspace, 1, 2, 3)
    await drain(house, [listener("north")])
    held.time += 2 * KEPT
    assert await trim(house, ["north"]) == 3
    owner = await house.connect()
    try:
        await owner.execute(
            "UPDATE event_cursors SET xid = (xid::text::bigint + 1000000)::text::xid8"
        )
        assert await begin_epoch(owner)
    finally:
        await owner.close()
    heard: list[int] = []
    await open_gates(house, workspace, 4)
    await drain(house, [listener("north", heard)])
    assert heard == [4]
