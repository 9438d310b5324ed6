"""Threads that nobody needs any more: what was in them is erased, and nothing can come into them.

A message finds its thread by messages that are in it, so an empty one stays empty.
"""

from uuid import UUID

from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.threads.macros import NEEDLESS_MACROS

SQL = load_queries("posthouse.mail.threads", "trimming.sql", macros=NEEDLESS_MACROS)

# A few milliseconds, once a minute: a million threads are looked at in less than a day.
_PORTION = 1000
_EVERY_SECONDS = 60
_BEGINNING = UUID(int=0)


class Rounds:
    """Goes round over the threads of each workspace, a portion at a time."""

    def __init__(self) -> None:
        self._places: dict[UUID, UUID] = {}

    async def go_on(self, database: Database) -> int:
        """How many threads are gone."""
        async with database.system() as tx:
            workspaces = [row["id"] for row in await tx.rows(SQL["workspaces"])]
        self._places = {each: self._places.get(each, _BEGINNING) for each in workspaces}
        gone = 0
        for workspace_id in workspaces:
            async with database.workspace(workspace_id) as tx:
                gone += await self._trim(tx)
        return gone

    async def _trim(self, tx: Tx) -> int:
        rows = await tx.rows(
            SQL["next_threads"],
            workspace_id=tx.workspace,
            after=self._places[tx.workspace],
            limit=_PORTION,
        )
        full = len(rows) == _PORTION
        self._places[tx.workspace] = rows[-1]["id"] if full else _BEGINNING
        needless = [row["id"] for row in rows if row["is_needless"]]
        if not needless:
            return 0
        locked = await tx.rows(SQL["lock_threads"], workspace_id=tx.workspace, thread_ids=needless)
        return await tx.execute(
            SQL["delete_threads"],
            workspace_id=tx.workspace,
            thread_ids=[row["id"] for row in locked],
        )


CHORES = (Chore(name="threads.trimming", do=Rounds().go_on, every=_EVERY_SECONDS),)
