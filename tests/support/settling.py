"""Waiting for what follows the event log."""

import asyncio

from posthouse.foundation.db import Database
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
