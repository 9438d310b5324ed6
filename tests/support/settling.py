"""Waiting for what follows the event log."""

import asyncio

import asyncpg

from posthouse.foundation.db import Database, open_database
from posthouse.foundation.errors import Busy
from posthouse.foundation.events import SQL
from posthouse.roles import all_listeners

# Benches wait like this too: looking takes time from the server that is measured.
_LOOK = 0.1


async def until_settled(database: Database, *names: str) -> None:
    """Until the listeners (all, or those named) have handled what stands in the log."""
    asked = names or [listener.name for listener in all_listeners()]
    while True:
        async with database.system() as tx:
            rows = await tx.rows(SQL["listener_lag"], listeners=list(asked))
        if not any(row["behind"] for row in rows):
            return
        await asyncio.sleep(_LOOK)


async def until_settled_from_outside(dsn: str, seconds: float) -> None:
    """The same of a house that is served elsewhere, whose server may be gone for a while.

    Raises TimeoutError when they do not catch up, or could not handle an event.
    """
    async with asyncio.timeout(seconds):
        while True:
            if await _is_settled(dsn):
                return
            await asyncio.sleep(_LOOK)


async def _is_settled(dsn: str) -> bool:
    try:
        database = await open_database(dsn)
        try:
            await until_settled(database)
            async with database.system() as tx:
                dead = await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters")
            return bool(dead == 0)
        finally:
            await database.close()
    except (OSError, Busy, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
