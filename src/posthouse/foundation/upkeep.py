"""Keeping the planner informed while tables grow from nothing.

Every key starts with workspace_id. As long as PostgreSQL has no statistics it believes that one
workspace is one row, reads whole workspaces where it should look up a key, and keeps such a plan
in every prepared statement until the table is analysed. Autovacuum comes round once a minute; a
first import writes a hundred thousand rows in that time. So tables that have doubled are analysed
at once, which costs milliseconds and replaces the plans.
"""

import asyncio
import logging
from collections.abc import Callable

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.foundation", "upkeep.sql")
_EVERY_SECONDS = 1.0
# Above this autovacuum's own pace is right.
_LARGE_TABLE = 2_000_000

log = logging.getLogger(__name__)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The role: look every second until told to stop."""
    ready()
    while not stop.is_set():
        try:
            await analyse_grown_tables(database)
        except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("upkeep: %s", type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)
        except TimeoutError:
            continue


async def analyse_grown_tables(database: Database) -> int:
    """Analyse the tables that have doubled since the last time; how many."""
    async with database.system() as tx:
        rows = await tx.rows(SQL["grown_tables"], largest=_LARGE_TABLE)
    if not rows:
        return 0
    connection = await database.connect()  # only a table's owner may analyse it
    try:
        for row in rows:
            await connection.execute(f'ANALYZE "{row["name"]}"')
    finally:
        await connection.close()
    return len(rows)
