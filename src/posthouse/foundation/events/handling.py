"""Handling a batch of events: once, singly when one of them is poison, and moving the cursor."""

import asyncio
import logging

import asyncpg

from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.errors import Busy
from posthouse.foundation.events.listener import Listener
from posthouse.foundation.events.log import SQL
from posthouse.foundation.events.reading import Batch, Place, events_of, place_of

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


async def handle(
    database: Database, listener: Listener, rows: list[Row], place: Place, end: Place
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


async def handle_made(database: Database, listener: Listener, batch: Batch) -> bool:
    """The same with what was made ready; what cannot be written that way is handled as ever."""
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
        return await handle(database, listener, batch.rows, batch.place, batch.end)


async def _handle_singly(
    database: Database, listener: Listener, rows: list[Row], place: Place, end: Place
) -> bool:
    """Find the poison."""
    for row in rows:
        behind = end if row is rows[-1] else place_of(row)
        if not await handle(database, listener, [row], place, behind):
            return False
        place = behind
    return True


async def _handle_together(
    database: Database, listener: Listener, rows: list[Row], place: Place, end: Place
) -> bool:
    events = events_of(rows)
    async with database.workspace(rows[0]["workspace_id"]) as tx:
        if not await _take_turn(tx, listener, place):
            return False
        await listener.handle(tx, events)
        await _move(tx, listener, end)
    return True


async def _bury(
    database: Database, listener: Listener, row: Row, error: Exception, place: Place, end: Place
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


async def _take_turn(tx: Tx, listener: Listener, place: Place) -> bool:
    """Wait for the others; whether the cursor still is where we have read from.

    Two processes may follow the log for one listener: an old one that stops and its successor, a
    command beside the server.
    """
    await tx.execute(SQL["wait_for_turn"], listener=listener.name)
    cursor = await tx.row(SQL["read_cursor"], listener=listener.name)
    return cursor is not None and place_of(cursor) == place


async def _move(tx: Tx, listener: Listener, place: Place) -> None:
    await tx.execute(SQL["move_cursor"], listener=listener.name, xid=place[0], seq=place[1])
