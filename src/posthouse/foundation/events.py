"""The event log: `announce` in the caller's transaction, listeners behind their cursors.

Events are plural, small (ids, no content) and typed. Each listener has a cursor on (xid, seq), in
that order, reads only below the oldest running transaction, and moves its cursor in the
transaction of its effects: each event takes effect once.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
BULK_OVER = "bulk-over"
"""Signalled when an import has ended, so that nobody waits for the silence after it."""
_BATCH = 500
_BATCH_OCTETS = 32 * 1024
_POLL_SECONDS = 1.0
# Looking costs the same for one event as for a hundred; a person notices half a second.
_GATHER_SECONDS = 0.25
# More events a second than this are a flood of mail. Who waits for an answer goes first then.
_FLOOD = 40
_FLOOD_GATHER_SECONDS = 10.0
# What an older transaction holds back is not signalled again when that ends.
_HELD_BACK_SECONDS = 0.1
# An import is over when it was not heard of that long; nobody waits for it longer than the other.
_BULK_SILENCE = 1.5
_LONGEST_REST = 30.0
# Batches of a backlog that are being made ready or written.
_AHEAD = 4
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

_Place = tuple[int, int]


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
    tx.signal(_topic_of(type(event)))


Handler = Callable[[Tx, Sequence[Any]], Awaitable[None]]
Write = Callable[[Tx], Awaitable[None]]
Ahead = Callable[[Database, UUID, Sequence[Any]], Awaitable[Write]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A set-based reaction to events: `handle` gets up to `batch` of them, of one workspace, as
    long as their bodies fill less than `octets`; a message is named in 40 or 80.

    `name` is its cursor in the database: keep it for ever. `tail` listeners start at the end of
    the log when they are new; others start at its beginning. `gather` seconds at least lie between
    two looks at a log that was read to its end, `flood_gather` while events pour in: what can wait
    costs less in larger batches, and leaves the processor to those who wait for an answer. One
    that `gives_way` looks only every few seconds while an import writes: mail is to be readable
    first, and all of it is understood no later for that.

    `ahead` does in two steps what `handle` does, for a backlog: it reads and makes ready, without
    a turn and several batches at once; what it returns only writes. A backlog is what an import
    left, or what did not end after so many full batches: a flood of mail is none while one process
    keeps up with it, for what helps here takes the machine from those who receive.
    """

    name: str
    kinds: tuple[type[Event], ...]
    handle: Handler
    batch: int = _BATCH
    octets: int = _BATCH_OCTETS
    tail: bool = False
    gather: float = _GATHER_SECONDS
    flood_gather: float = _FLOOD_GATHER_SECONDS
    gives_way: bool = True
    ahead: Ahead | None = None
    backlog: int = 16


async def run_listener(database: Database, listener: Listener) -> None:
    """Follow the log with `listener`, for ever."""
    task = asyncio.current_task()
    assert task is not None
    tidied = looked = 0.0
    behind = 0
    with (
        database.signals.subscribe(*map(_topic_of, listener.kinds)) as woken,
        database.signals.subscribe(BULK) as bulk,
        database.signals.subscribe(BULK_OVER) as over,
    ):
        # A cancellation that comes while a connection breaks can be lost below us.
        while not task.cancelling():
            if listener.gives_way and await _give_way(bulk, over):
                behind = listener.backlog
            woken.clear()
            before, looked = looked, time.monotonic()
            tidy = looked > tidied + _POLL_SECONDS
            try:
                backlog = bulk if behind >= listener.backlog else None
                handled, patience = await _listen(database, listener, tidy=tidy, bulk=backlog)
            except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener %s waits: %s", listener.name, type(error).__name__)
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if tidy:
                tidied = time.monotonic()
            behind = 0 if patience else behind + 1
            if patience:
                flood = handled > _FLOOD * (looked - before)
                gather = listener.flood_gather if flood else listener.gather
                await _wait(woken, gather, patience)


def _topic_of(kind: type[Event]) -> str:
    """Signalled beside TOPIC: a listener is not woken by what others follow."""
    return f"{TOPIC}:{kind.__name__}"


async def _give_way(bulk: asyncio.Event, over: asyncio.Event) -> bool:
    """Rest while an import writes; whether one did."""
    rested = bulk.is_set()
    over.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_REST):
            while bulk.is_set():
                bulk.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_BULK_SILENCE):
                        await over.wait()
    return rested


async def _wait(woken: asyncio.Event, gather: float, patience: float) -> None:
    """Until there may be more, at least as long as a few commits take: what is announced one by
    one is handled together.
    """
    await asyncio.sleep(gather)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await woken.wait()


async def listen_once(database: Database, listener: Listener) -> int:
    """Handle what stands in the log after the cursor, at most one batch; how many events."""
    handled, _ = await _listen(database, listener, tidy=True)
    return handled


async def _listen(
    database: Database, listener: Listener, *, tidy: bool, bulk: asyncio.Event | None = None
) -> tuple[int, float]:
    """How many events were handled, and in how many seconds to look again in any case.

    Behind the last of them the cursor moves over the events of other kinds that were read past,
    so that the next look does not wade through them; with nothing to handle only to be `tidy`.
    """
    read = await _read(database, listener, tidy=tidy)
    if read.full and listener.ahead is not None and bulk is not None:
        return await _catch_up(database, listener, listener.ahead, read, bulk), 0.0
    for batch in _batches(read):
        if not await _handle(database, listener, batch.rows, batch.place, batch.end):
            return len(read.rows), 0.0  # another process was here meanwhile: read behind it
    if read.full:
        return len(read.rows), 0.0
    return len(read.rows), _HELD_BACK_SECONDS if read.held_back else _POLL_SECONDS


async def drain(database: Database, listeners: Sequence[Listener]) -> None:
    """Run `listeners` until none finds anything: for commands and tests."""
    while sum([await listen_once(database, listener) for listener in listeners]):
        pass


@dataclass(frozen=True, slots=True)
class _Read:
    """Events from a place on. `end` is the newest of any kind; `full`: there may be more;
    `held_back`: there is something that an older transaction keeps from being read.
    """

    place: _Place
    rows: list[Row]
    end: _Place
    full: bool
    held_back: bool


@dataclass(slots=True)
class _Batch:
    """Events of one workspace: they follow `place`, behind them is `end`."""

    rows: list[Row]
    place: _Place
    end: _Place
    made: asyncio.Future[Write] | None = None


def _batches(read: _Read) -> Iterator[_Batch]:
    place = read.place
    groups = [list(group) for _, group in groupby(read.rows, key=lambda row: row["workspace_id"])]
    for number, rows in enumerate(groups, 1):
        whole = number == len(groups) and not read.full
        end = max(read.end, _place(rows[-1])) if whole else _place(rows[-1])
        yield _Batch(rows, place, end)
        place = end


async def _catch_up(
    database: Database, listener: Listener, ahead: Ahead, read: _Read, bulk: asyncio.Event
) -> int:
    """Handle a backlog, until its end or until an import wants the machine; how many events.

    While a batch is written the next ones are made ready. The cursor moves as ever, in the
    transaction that writes, so whatever was made in vain each event takes effect once.
    """
    waiting: deque[_Batch] = deque()
    handled = 0
    try:
        while True:
            for batch in _batches(read):
                events = _events(batch.rows)
                made = ahead(database, batch.rows[0]["workspace_id"], events)
                batch.made = asyncio.ensure_future(made)
                waiting.append(batch)
            last = not read.full or bulk.is_set()
            while len(waiting) >= _AHEAD or (last and waiting):
                batch = waiting.popleft()
                handled += len(batch.rows)
                if not await _handle_made(database, listener, batch):
                    return handled  # another process was here meanwhile: read behind it
            if last:
                return handled
            read = await _read(database, listener, tidy=False, after=waiting[-1].end)
    finally:
        made_in_vain = [batch.made for batch in waiting if batch.made is not None]
        for each in made_in_vain:
            each.cancel()
        await asyncio.gather(*made_in_vain, return_exceptions=True)


async def _handle_made(database: Database, listener: Listener, batch: _Batch) -> bool:
    assert batch.made is not None
    try:
        write = await batch.made
        async with database.workspace(batch.rows[0]["workspace_id"]) as tx:
            if not await _take_turn(tx, listener, batch.place):
                return False
            await write(tx)
            await _move(tx, listener, batch.end)
        return True
    except _NOT_ITS_FAULT:
        raise
    except Exception as error:
        log.warning("listener %s: not ahead of time: %s", listener.name, type(error).__name__)
        return await _handle(database, listener, batch.rows, batch.place, batch.end)


async def _read(
    database: Database, listener: Listener, *, tidy: bool, after: _Place | None = None
) -> _Read:
    """What follows `after`, or else the cursor."""
    async with database.system() as tx:
        place = after or await _cursor(tx, listener)
        rows = await tx.rows(
            SQL["read_events"],
            xid=place[0],
            seq=place[1],
            kinds=[kind.__name__ for kind in listener.kinds],
            limit=listener.batch,
            octets=listener.octets,
        )
        if not rows:  # the log is empty
            return _Read(place, [], place, full=False, held_back=False)
        found = [row for row in rows if row["seq"] is not None]
        end = (rows[0]["end_xid"], rows[0]["end_seq"])
        full = rows[0]["near"] > len(found) or len(found) == listener.batch
        if tidy and not found and end > place:
            await tx.execute(
                SQL["pass_over"],
                listener=listener.name,
                from_xid=place[0],
                from_seq=place[1],
                xid=end[0],
                seq=end[1],
            )
        return _Read(place, found, end, full, rows[0]["held_back"])


async def _cursor(tx: Tx, listener: Listener) -> _Place:
    cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    if cursor is None:
        start = SQL["start_at_end"] if listener.tail else SQL["start_at_beginning"]
        await tx.execute(start, listener=listener.name)
        cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    assert cursor is not None
    return _place(cursor)


async def _handle(
    database: Database, listener: Listener, rows: list[Row], place: _Place, end: _Place
) -> bool:
    """Handle `rows`, which follow `place`, and move to `end`.

    False when the cursor is not at `place` any more: then nothing was done.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            return await _handle_together(database, listener, rows, place, end)
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:
            log.exception(
                "listener %s failed on %d events, try %d", listener.name, len(rows), attempt
            )
            if len(rows) > 1:
                return await _handle_singly(database, listener, rows, place, end)
            if attempt == _TRIES:
                return await _bury(database, listener, rows[0], error, place, end)
            await asyncio.sleep(0.05 * 4**attempt)
    raise AssertionError("unreachable")


async def _handle_singly(
    database: Database, listener: Listener, rows: list[Row], place: _Place, end: _Place
) -> bool:
    """Find the poison."""
    for row in rows:
        behind = end if row is rows[-1] else _place(row)
        if not await _handle(database, listener, [row], place, behind):
            return False
        place = behind
    return True


async def _handle_together(
    database: Database, listener: Listener, rows: list[Row], place: _Place, end: _Place
) -> bool:
    events = _events(rows)
    async with database.workspace(rows[0]["workspace_id"]) as tx:
        if not await _take_turn(tx, listener, place):
            return False
        await listener.handle(tx, events)
        await _move(tx, listener, end)
    return True


async def _bury(
    database: Database, listener: Listener, row: Row, error: Exception, place: _Place, end: _Place
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
        await _move(tx, listener, end)
    return True


def _events(rows: Sequence[Row]) -> list[Event]:
    return [msgspec.convert(row["body"], Event.kinds[row["kind"]]) for row in rows]


async def _take_turn(tx: Tx, listener: Listener, place: _Place) -> bool:
    """Wait for the others; whether the cursor still is where we have read from.

    Two processes may follow the log for one listener: an old one that stops and its successor, a
    command beside the server.
    """
    await tx.execute(SQL["wait_for_turn"], listener=listener.name)
    cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    return cursor is not None and _place(cursor) == place


async def _move(tx: Tx, listener: Listener, place: _Place) -> None:
    await tx.execute(SQL["move_cursor"], listener=listener.name, xid=place[0], seq=place[1])


def _place(row: Row) -> _Place:
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
