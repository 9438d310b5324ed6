"""The event log: each event takes effect once, in order, whoever commits late or fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import (
    BULK,
    BULK_OVER,
    Event,
    Listener,
    announce,
    begin_epoch,
    drain,
    following,
    giving_way,
    listen_once,
    reading,
    run_listener,
)
from tests.support.house import Workspace, make_workspace


class PumpsSold(Event, frozen=True):
    """For these tests."""

    numbers: list[int]


class PumpsReturned(Event, frozen=True):
    """Of a kind the listener does not follow."""

    numbers: list[int]


def collector(seen: list[tuple[UUID, int]], *, poison: int | None = None, batch: int = 500):
    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        numbers = [number for event in events for number in event.numbers]
        if poison in numbers:
            raise ValueError("poison")
        seen.extend((tx.workspace, number) for number in numbers)

    return Listener(name="pumps", kinds=(PumpsSold,), handle=handle, batch=batch)


async def sell(house: Database, workspace: Workspace, *numbers: int) -> None:
    async with house.workspace(workspace.id) as tx:
        announce(tx, PumpsSold(numbers=list(numbers)))


async def test_what_rolls_back_was_never_said(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    try:
        async with house.workspace(workspace.id) as tx:
            announce(tx, PumpsSold(numbers=[1]))
            raise RuntimeError
    except RuntimeError:
        pass
    await sell(house, workspace, 2)
    await drain(house, [collector(seen)])
    assert seen == [(workspace.id, 2)]


async def test_a_listener_gives_way_to_an_import(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(giving_way, "_SILENCE", 1.0)
    pressing: list[tuple[UUID, int]] = []
    came = asyncio.Event()

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        came.set()

    patient = Listener(name="pumps.some-day", kinds=(PumpsSold,), handle=handle)
    listeners = [patient, replace(collector(pressing), gives_way=False)]
    tasks = [asyncio.create_task(run_listener(house, each)) for each in listeners]
    await asyncio.sleep(0.5)  # both have seen that there is nothing yet
    for number in range(8):
        house.signals.send([BULK])
        await sell(house, workspace, number)
        await asyncio.sleep(0.1)
    assert pressing
    assert not came.is_set()
    async with asyncio.timeout(10):
        await came.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_import_that_says_it_is_over_is_not_waited_for(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(giving_way, "_SILENCE", 20.0)
    came = asyncio.Event()

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        came.set()

    listener = Listener(name="pumps", kinds=(PumpsSold,), handle=handle, gather=0.01)
    task = asyncio.create_task(run_listener(house, listener))
    await asyncio.sleep(0.3)
    house.signals.send([BULK])
    await sell(house, workspace, 1)
    await asyncio.sleep(1.5)
    assert not came.is_set()
    house.signals.send([BULK_OVER])
    async with asyncio.timeout(30):
        await came.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_listener_is_woken_by_its_own_kinds_only(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(following, "_POLL_SECONDS", 60.0)
    came = asyncio.Event()
    looks = 0
    read = reading.read

    async def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal looks
        looks += 1
        return await read(*arguments, **options)

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        came.set()

    monkeypatch.setattr(following, "read", counted)
    listener = Listener(name="pumps", kinds=(PumpsSold,), handle=handle, gather=0.01)
    task = asyncio.create_task(run_listener(house, listener))
    await asyncio.sleep(0.3)
    assert looks == 1
    async with house.workspace(workspace.id) as tx:
        announce(tx, PumpsReturned(numbers=[]))
    await asyncio.sleep(0.3)
    assert looks == 1
    await sell(house, workspace, 7)
    async with asyncio.timeout(10):
        await came.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_an_older_transaction_holds_back_comes_soon_after_it(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(following, "_POLL_SECONDS", 60.0)
    came = asyncio.Event()

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        came.set()

    await sell(house, workspace, 1)
    listener = Listener(name="pumps", kinds=(PumpsSold,), handle=handle, gather=0.05)
    await drain(house, [listener])
    came.clear()
    older = await house.connect()
    transaction = older.transaction()
    await transaction.start()
    await older.execute("SELECT pg_current_xact_id()")
    task = asyncio.create_task(run_listener(house, listener))
    await sell(house, workspace, 2)
    await asyncio.sleep(0.5)
    assert not came.is_set()
    await transaction.commit()
    await older.close()
    async with asyncio.timeout(10):
        await came.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_late_commit_is_not_skipped(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    listener = collector(seen)
    late = await house.connect()
    transaction = late.transaction()
    await transaction.start()
    await late.execute(
        "INSERT INTO events (workspace_id, kind, body) VALUES ($1, 'PumpsSold', $2)",
        workspace.id,
        {"numbers": [1]},
    )
    await sell(house, workspace, 2)
    assert await listen_once(house, listener) == 0  # the older transaction may still say something
    await transaction.commit()
    await late.close()
    await drain(house, [listener])
    assert [number for _, number in seen] == [1, 2]


async def test_a_transaction_has_one_workspace(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    other = await make_workspace(house, "kunde.example", "li")
    for number in range(6):
        await sell(house, (workspace, other)[number % 2], number)
    await drain(house, [collector(seen)])
    assert seen == [((workspace, other)[n % 2].id, n) for n in range(6)]


async def test_poison_is_buried_and_its_neighbours_live(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    for number in range(5):
        await sell(house, workspace, number)
    await drain(house, [collector(seen, poison=2)])
    assert [number for _, number in seen] == [0, 1, 3, 4]
    async with house.system() as tx:
        buried = await tx.connection.fetch("SELECT kind, error FROM event_dead_letters")
    assert [(row["kind"], row["error"].split(" at ")[0]) for row in buried] == [
        ("PumpsSold", "ValueError")
    ]


async def test_a_full_disk_buries_nothing(house: Database, workspace: Workspace):
    tries = 0

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 6:
            raise asyncpg.DiskFullError("no space left on device")

    await sell(house, workspace, 1)
    listener = Listener(name="pumps", kinds=(PumpsSold,), handle=handle)
    for _ in range(6):
        with pytest.raises(asyncpg.DiskFullError):
            await listen_once(house, listener)
    assert await listen_once(house, listener) == 1
    async with house.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters") == 0


async def test_other_kinds_are_left_behind(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    listener = collector(seen)
    await sell(house, workspace, 1)
    async with house.workspace(workspace.id) as tx:
        for _ in range(20):
            announce(tx, PumpsReturned(numbers=[]))
    await drain(house, [listener])
    async with house.system() as tx:
        cursor = await tx.connection.fetchrow("SELECT xid, seq FROM event_cursors")
        newest = await tx.connection.fetchrow(
            "SELECT xid, seq FROM events ORDER BY xid DESC, seq DESC LIMIT 1"
        )
    assert cursor == newest
    assert [number for _, number in seen] == [1]


async def test_a_log_of_other_kinds_is_passed_over(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    listener = collector(seen)
    await drain(house, [listener])
    async with house.workspace(workspace.id) as tx:
        announce(tx, PumpsReturned(numbers=[]))
    assert await listen_once(house, listener) == 0
    async with house.system() as tx:
        cursor = await tx.connection.fetchrow("SELECT xid, seq FROM event_cursors")
        newest = await tx.connection.fetchrow("SELECT xid, seq FROM events")
    assert cursor == newest
    await sell(house, workspace, 1)
    await drain(house, [listener])
    assert [number for _, number in seen] == [1]


async def test_a_batch_is_as_large_as_what_its_events_name(house: Database, workspace: Workspace):
    batches: list[list[int]] = []

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        batches.append([event.numbers[0] for event in events])

    await sell(house, workspace, 0, *range(3000))  # alone more than there is room for
    for number in range(1, 8):
        await sell(house, workspace, number, *range(100))
    listener = Listener(name="pumps", kinds=(PumpsSold,), handle=handle, octets=4000)
    await drain(house, [listener])
    assert [number for batch in batches for number in batch] == list(range(8))
    assert batches[0] == [0]
    assert [len(batch) for batch in batches[1:]] == [4, 3]


async def test_many_writers_and_rollbacks_lose_nothing(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    listener = collector(seen, batch=7)

    async def write(writer: int) -> None:
        for turn in range(20):
            try:
                async with house.workspace(workspace.id) as tx:
                    announce(tx, PumpsSold(numbers=[writer * 100 + turn]))
                    await tx.connection.execute("SELECT pg_current_xact_id()")
                    await asyncio.sleep(0.002 * (writer % 3))
                    if turn % 5 == 4:
                        raise RuntimeError
            except RuntimeError:
                pass

    writers = asyncio.gather(*(write(writer) for writer in range(6)))
    while not writers.done():
        await listen_once(house, listener)
        await asyncio.sleep(0)
    await writers
    await drain(house, [listener])
    numbers = [number for _, number in seen]
    assert len(numbers) == len(set(numbers)) == 6 * 16


async def test_two_processes_with_one_listener_handle_each_event_once(
    house: Database, workspace: Workspace
):
    seen: list[int] = []

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        await asyncio.sleep(0.01)
        seen.extend(number for event in events for number in event.numbers)

    listener = Listener(name="pumps", kinds=(PumpsSold,), handle=handle, batch=3)
    for number in range(20):
        await sell(house, workspace, number)
    await asyncio.gather(*(drain(house, [listener]) for _ in range(3)))
    assert seen == list(range(20))


async def overtaken(
    house: Database, sold: Sequence[tuple[Workspace, int]], batch: int, returned: Workspace
) -> list[int]:
    """What is handled when a process that reads far is overtaken by one that reads `batch`."""
    seen: list[int] = []
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def handle(tx: Tx, events: Sequence[PumpsSold]) -> None:
        inside.set()
        await go_on.wait()
        seen.extend(number for event in events for number in event.numbers)

    for workspace, number in sold:
        await sell(house, workspace, number)
    async with house.workspace(returned.id) as tx:
        announce(tx, PumpsReturned(numbers=[]))
    near = Listener(name="pumps", kinds=(PumpsSold,), handle=handle, batch=batch)
    far = Listener(name="pumps", kinds=(PumpsSold,), handle=handle)
    first = asyncio.create_task(listen_once(house, near))
    await inside.wait()
    second = asyncio.create_task(listen_once(house, far))
    await asyncio.sleep(0.3)  # it has read all and waits for its turn
    go_on.set()
    await asyncio.gather(first, second)
    await drain(house, [far])
    return seen


async def test_an_overtaken_process_skips_nothing(house: Database, workspace: Workspace):
    sold = [(workspace, number) for number in range(6)]
    assert await overtaken(house, sold, 2, workspace) == list(range(6))


async def test_an_overtaken_process_skips_nothing_of_another_workspace(
    house: Database, workspace: Workspace
):
    other = await make_workspace(house, "kunde.example", "li")
    sold = [(workspace, 0), (workspace, 1), (other, 2)]
    assert await overtaken(house, sold, 1, workspace) == [0, 1, 2]


async def test_a_handler_that_only_reads_holds_back_nobody(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def think(tx: Tx, events: Sequence[PumpsSold]) -> None:
        await tx.connection.fetchval("SELECT count(*) FROM mailboxes")
        inside.set()
        await go_on.wait()

    await sell(house, workspace, 1)
    slow = Listener(name="slow", kinds=(PumpsSold,), handle=think)
    thinking = asyncio.create_task(listen_once(house, slow))
    await inside.wait()
    await sell(house, workspace, 2)
    await drain(house, [collector(seen)])
    assert [number for _, number in seen] == [1, 2]
    go_on.set()
    await thinking


async def test_a_restored_log_begins_a_new_epoch(house: Database, workspace: Workspace):
    seen: list[tuple[UUID, int]] = []
    listener = collector(seen)
    await sell(house, workspace, 1)
    await drain(house, [listener])
    await sell(house, workspace, 2)
    owner = await house.connect()
    assert not await begin_epoch(owner)
    # What a dump looks like in a server that has counted less far.
    await owner.execute("UPDATE events SET xid = (xid::text::bigint + 1000000)::text::xid8")
    await owner.execute("UPDATE event_cursors SET xid = (xid::text::bigint + 1000000)::text::xid8")

    assert await begin_epoch(owner)
    assert not await begin_epoch(owner)
    await owner.close()
    await sell(house, workspace, 3)
    await drain(house, [listener])
    assert [number for _, number in seen] == [1, 2, 3]
