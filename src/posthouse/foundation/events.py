"""The event log: `announce` in the caller's transaction, listeners behind their cursors.

Events are plural, small (ids, no content) and typed. Each listener has a cursor on (xid, seq), in
that order, reads only below the oldest running transaction, and moves its cursor in the
transaction of its effects: each event takes effect once.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import msgspec

from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import Busy
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.foundation", "events.sql")
TOPIC = "events"
BULK = "bulk"
"""Signalled with every commit of an import: what follows the log leaves it the machine."""
_BATCH = 500
_POLL_SECONDS = 1.0
_GATHER_SECONDS = 0.1
# An import is over when it was not heard of that long; nobody waits for it longer than the other.
_BULK_SILENCE = 1.0
_LONGEST_REST = 30.0
_TRIES = 4

# The database is away, full or being stopped: that says nothing against an event.
_NOT_ITS_FAULT = (
    Busy,
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)

log = logging.getLogger(__name__)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events. A subclass names its fields; its class name is the event's kind."""

    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        Event.kinds[cls.__name__] = cls


def announce(tx: Tx, event: Event, *, workspace_id: UUID | None = None) -> None:
    """Append `event` to the log when `tx` commits; nothing if it rolls back.

    In a system transaction the workspace is named by the caller.
    """
    workspace = workspace_id or tx.workspace
    tx.announced.append((type(event).__name__, workspace, msgspec.to_builtins(event)))
    tx.signal(TOPIC)


Handler = Callable[[Tx, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A set-based reaction to events: `handle` gets up to `batch` of them, of one workspace.

    `name` is its cursor in the database: keep it for ever. `tail` listeners start at the end of
    the log when they are new; others start at its beginning. `gather` seconds at least lie between
    two looks at a log that was read to its end: what can wait costs less in larger batches. One
    that `gives_way` looks only every few seconds while an import writes: mail is to be readable
    first, and all of it is understood no later for that.
    """

    name: str
    kinds: tuple[type[Event], ...]
    handle: Handler
    batch: int = _BATCH
    tail: bool = False
    gather: float = _GATHER_SECONDS
    gives_way: bool = True


async def run_listener(database: Database, listener: Listener) -> None:
    """Follow the log with `listener`, for ever."""
    task = asyncio.current_task()
    assert task is not None
    with (
        database.signals.subscribe(TOPIC) as woken,
        database.signals.subscribe(BULK) as bulk,
    ):
        # A cancellation that comes while a connection breaks can be lost below us.
        while not task.cancelling():
            if listener.gives_way:
                await _give_way(bulk)
            woken.clear()
            try:
                handled = await listen_once(database, listener)
            except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener %s waits: %s", listener.name, type(error).__name__)
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if handled < listener.batch:
                await _wait(woken, listener.gather)


async def _give_way(bulk: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_REST):
            while bulk.is_set():
                bulk.clear()
                await asyncio.sleep(_BULK_SILENCE)


async def _wait(woken: asyncio.Event, gather: float) -> None:
    """Until there may be more, at least as long as a few commits take: what is announced one by
    one is handled together.
    """
    await asyncio.sleep(gather)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_POLL_SECONDS):
            await woken.wait()


async def listen_once(database: Database, listener: Listener) -> int:
    """Handle what stands in the log after the cursor, at most one batch; how many events."""
    place, rows = await _read(database, listener)
    found = [row for row in rows if row["seq"] is not None]
    for workspace_id, group in groupby(found, key=lambda row: row["workspace_id"]):
        events = list(group)
        if not await _handle(database, listener, workspace_id, events, place):
            return len(found)  # another process was here meanwhile: read again behind it
        place = _place(events[-1])
    if rows and len(found) < listener.batch:
        # Events of other kinds are behind us now: the next look does not wade through them.
        end = (rows[0]["end_xid"], rows[0]["end_seq"])
        if end > place:
            async with database.system() as tx:
                if await _take_turn(tx, listener, place):
                    await _move(tx, listener, end)
    return len(found)


async def drain(database: Database, listeners: Sequence[Listener]) -> None:
    """Run `listeners` until none finds anything: for commands and tests."""
    while sum([await listen_once(database, listener) for listener in listeners]):
        pass


async def _read(database: Database, listener: Listener) -> tuple[tuple[int, int], list[Row]]:
    async with database.system() as tx:
        cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
        if cursor is None:
            start = SQL["start_at_end"] if listener.tail else SQL["start_at_beginning"]
            await tx.execute(start, listener=listener.name)
            cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
        assert cursor is not None
        place = _place(cursor)
        rows = await tx.rows(
            SQL["read_events"],
            xid=place[0],
            seq=place[1],
            kinds=[kind.__name__ for kind in listener.kinds],
            limit=listener.batch,
        )
        return place, rows


async def _handle(
    database: Database,
    listener: Listener,
    workspace_id: UUID,
    rows: list[Row],
    place: tuple[int, int],
) -> bool:
    """False when the cursor is not at `place` any more: then nothing was done."""
    for attempt in range(1, _TRIES + 1):
        try:
            return await _handle_together(database, listener, workspace_id, rows, place)
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:
            log.exception(
                "listener %s failed on %d events, try %d", listener.name, len(rows), attempt
            )
            if len(rows) > 1:
                return await _handle_singly(database, listener, workspace_id, rows, place)
            if attempt == _TRIES:
                return await _bury(database, listener, rows[0], error, place)
            await asyncio.sleep(0.05 * 4**attempt)
    raise AssertionError("unreachable")


async def _handle_singly(
    database: Database,
    listener: Listener,
    workspace_id: UUID,
    rows: list[Row],
    place: tuple[int, int],
) -> bool:
    """Find the poison."""
    for row in rows:
        if not await _handle(database, listener, workspace_id, [row], place):
            return False
        place = _place(row)
    return True


async def _handle_together(
    database: Database,
    listener: Listener,
    workspace_id: UUID,
    rows: list[Row],
    place: tuple[int, int],
) -> bool:
    events = [msgspec.convert(row["body"], Event.kinds[row["kind"]]) for row in rows]
    async with database.workspace(workspace_id) as tx:
        if not await _take_turn(tx, listener, place):
            return False
        await listener.handle(tx, events)
        await _move(tx, listener, _place(rows[-1]))
    return True


async def _bury(
    database: Database, listener: Listener, row: Row, error: Exception, place: tuple[int, int]
) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
    async with database.system() as tx:
        if not await _take_turn(tx, listener, place):
            return False
        await tx.execute(
            SQL["bury_event"],
            listener=listener.name,
            xid=row["xid"],
            seq=row["seq"],
            error=f"{type(error).__name__} at {where}",
        )
        await _move(tx, listener, _place(row))
    return True


async def _take_turn(tx: Tx, listener: Listener, place: tuple[int, int]) -> bool:
    """Wait for the others; whether the cursor still is where we have read from.

    Two processes may follow the log for one listener: an old one that stops and its successor, a
    command beside the server.
    """
    await tx.execute(SQL["wait_for_turn"], listener=listener.name)
    cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    return cursor is not None and _place(cursor) == place


async def _move(tx: Tx, listener: Listener, place: tuple[int, int]) -> None:
    await tx.execute(SQL["move_cursor"], listener=listener.name, xid=place[0], seq=place[1])


def _place(row: Row) -> tuple[int, int]:
    return row["xid"], row["seq"]


async def begin_epoch(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """After a restore into another server, make the log readable again; whether it was needed.

    Transaction numbers start anew there, and listeners read in their order. Needs the owner's
    connection, and nobody else at work.
    """
    if not await connection.fetchval(SQL["is_from_elsewhere"].text):
        return False
    async with connection.transaction():
        await connection.execute(SQL["restart_cursors"].text)
        await connection.execute(SQL["restart_events"].text)
    log.warning("the event log comes from another server: its transactions are renumbered")
    return True
