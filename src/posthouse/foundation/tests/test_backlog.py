"""A backlog of events: made ready ahead of time, written in order, each once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import (
    BULK,
    BULK_OVER,
    Event,
    Listener,
    Write,
    announce,
    giving_way,
    run_listener,
)
from tests.support.house import Workspace, make_workspace
from tests.support.settling import until_settled


class PumpsMade(Event, frozen=True):
    """For these tests."""

    numbers: list[int]


async def sell(house: Database, workspace: Workspace, number: int) -> None:
    async with house.workspace(workspace.id) as tx:
        announce(tx, PumpsMade(numbers=[number]))


class Ahead:
    """A listener that sells in two steps: what was made ready, and what took effect."""

    def __init__(
        self,
        *,
        poison: int | None = None,
        slow: float = 0.0,
        wrote: Callable[[], None] = lambda: None,
    ) -> None:
        self.made: list[int] = []
        self.written: list[int] = []
        self.plain: list[int] = []
        self.together = self.most_together = 0
        self._poison, self._slow, self._wrote = poison, slow, wrote

    def listener(self, batch: int = 3, backlog: int = 0) -> Listener:
        return Listener(
            name="pumps",
            kinds=(PumpsMade,),
            handle=self._handle,
            ahead=self._make,
            batch=batch,
            backlog=backlog,
        )

    async def _handle(self, tx: Tx, events: Sequence[PumpsMade]) -> None:
        numbers = [number for event in events for number in event.numbers]
        if self._poison in numbers:
            raise ValueError("poison")
        self.plain += numbers
        self.written += numbers

    async def _make(self, database: Database, _: UUID, events: Sequence[PumpsMade]) -> Write:
        numbers = [number for event in events for number in event.numbers]
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(self._slow)
        self.together -= 1
        if self._poison in numbers:
            raise ValueError("poison")
        self.made += numbers

        async def write(tx: Tx) -> None:
            await asyncio.sleep(self._slow)
            self.written += numbers
            self._wrote()

        return write


async def settled(house: Database, *listeners: Listener) -> None:
    """Follow with these until nothing is left, then stop."""
    async with followed(house, *listeners):
        pass


@asynccontextmanager
async def followed(house: Database, *listeners: Listener) -> AsyncIterator[None]:
    """While these follow; it ends when nothing is left for them."""
    tasks = [asyncio.create_task(run_listener(house, each)) for each in listeners]
    yield
    async with asyncio.timeout(30):
        await until_settled(house, *(each.name for each in listeners))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_backlog_is_made_ready_ahead_and_written_in_order(
    house: Database, workspace: Workspace
):
    ahead = Ahead(slow=0.02)
    for number in range(40):
        await sell(house, workspace, number)
    await settled(house, ahead.listener())
    assert ahead.written == list(range(40))
    assert ahead.most_together > 1
    assert len(ahead.plain) < 3  # the last ones, which are no backlog


async def test_a_flood_is_no_backlog_at_once(house: Database, workspace: Workspace):
    ahead = Ahead()
    for number in range(40):
        await sell(house, workspace, number)
    await settled(house, ahead.listener(backlog=5))
    assert ahead.written == list(range(40))
    assert ahead.plain[:15] == list(range(15))
    assert len(ahead.made) > 15


async def test_poison_in_a_backlog_is_buried_alone(house: Database, workspace: Workspace):
    ahead = Ahead(poison=7)
    for number in range(20):
        await sell(house, workspace, number)
    await settled(house, ahead.listener())
    assert ahead.written == [number for number in range(20) if number != 7]
    async with house.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters") == 1


async def test_a_backlog_of_two_workspaces_and_two_processes_takes_effect_once(
    house: Database, workspace: Workspace
):
    other = await make_workspace(house, "kunde.example", "li")
    ahead = Ahead(slow=0.005)
    for number in range(60):
        await sell(house, workspace if number % 3 else other, number)
    await settled(house, ahead.listener(), ahead.listener(batch=5), ahead.listener(batch=2))
    assert ahead.written == list(range(60))


async def who_ended_last(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *, longest_rest: float
) -> str:
    """After an import: of one that works ahead for 3.5 seconds, and one that needs but two."""
    monkeypatch.setattr(giving_way, "_LONGEST_REST", longest_rest)
    done: list[str] = []
    ahead = Ahead(slow=0.25, wrote=lambda: done.append("ahead"))

    async def handle(tx: Tx, events: Sequence[PumpsMade]) -> None:
        await asyncio.sleep(0.03)
        done.append("other")

    other = Listener(name="pumps.other", kinds=(PumpsMade,), handle=handle, batch=1, gather=0.01)
    async with followed(house, ahead.listener(backlog=1000), other):
        await asyncio.sleep(0.3)  # both have seen that there is nothing yet
        house.signals.send([BULK])
        for number in range(40):
            await sell(house, workspace, number)
        house.signals.send([BULK_OVER])
    return done[-1]


async def test_what_an_import_left_is_worked_off_before_the_others_go_on(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    last = await who_ended_last(house, workspace, monkeypatch, longest_rest=30.0)
    assert last == "other"


async def test_nobody_rests_for_long(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    last = await who_ended_last(house, workspace, monkeypatch, longest_rest=0.2)
    assert last == "ahead"
