"""Following the log: looking, resting, and working off what waits."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Sequence

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.events.giving_way import Precedence, Turn, turn_of
from posthouse.foundation.events.handling import handle, handle_made
from posthouse.foundation.events.listener import Ahead, Listener
from posthouse.foundation.events.log import topic_of
from posthouse.foundation.events.reading import Batch, Read, batches, events_of, read

_POLL_SECONDS = 1.0
# More events a second than this are a flood of mail. Who waits for an answer goes first then.
_FLOOD = 40
# What is announced so soon after an import comes of it: one listener's work is another's event.
_NO_FLOOD_SECONDS = 60.0
# What an older transaction holds back is not signalled again when that ends.
_HELD_BACK_SECONDS = 0.1
# Batches of a backlog that are being made ready or written.
_AHEAD = 4

log = logging.getLogger(__name__)


async def run_listener(database: Database, listener: Listener) -> None:
    """Follow the log with `listener`, for ever."""
    task = asyncio.current_task()
    assert task is not None
    with (
        database.signals.subscribe(*map(topic_of, listener.kinds)) as woken,
        turn_of(database.signals, listener) as turn,
    ):
        follower = _Follower(database, listener, woken, turn)
        # A cancellation that comes while a connection breaks can be lost below us.
        while not task.cancelling():
            await follower.look()


async def listen_once(database: Database, listener: Listener) -> int:
    """Handle what stands in the log after the cursor, at most one batch; how many events."""
    found = await read(database, listener, tidy=True)
    await _handle_all(database, listener, found)
    return len(found.rows)


async def drain(database: Database, listeners: Sequence[Listener]) -> None:
    """Run `listeners` until none finds anything: for commands and tests."""
    while sum([await listen_once(database, listener) for listener in listeners]):
        pass


class _Follower:
    """Looks at the log, and knows how it went the last times."""

    def __init__(
        self, database: Database, listener: Listener, woken: asyncio.Event, turn: Turn
    ) -> None:
        self._database, self._listener = database, listener
        self._woken, self._turn = woken, turn
        self._looked = self._tidied = 0.0
        # Full batches in a row, whether an import went before them, and when it ended.
        self._behind = 0
        self._imported, self._import_ended = False, -_NO_FLOOD_SECONDS

    async def look(self) -> None:
        """Handle what is there when it is our turn; when that was all, rest."""
        if self._listener.gives_way and await self._turn.wait():
            self._imported, self._import_ended = True, time.monotonic()
        self._woken.clear()
        before, self._looked = self._looked, time.monotonic()
        tidy = self._looked > self._tidied + _POLL_SECONDS
        try:
            found = await read(self._database, self._listener, tidy=tidy)
            handled, finished = await self._handle(found)
        except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("listener %s waits: %s", self._listener.name, type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)
            return
        if tidy:
            self._tidied = time.monotonic()
        if not finished:
            self._behind += 1
            return
        self._behind, self._imported = 0, False
        calm = handled <= _FLOOD * (self._looked - before)
        flood = not calm and self._looked > self._import_ended + _NO_FLOOD_SECONDS
        gather = self._listener.flood_gather if flood else self._listener.gather
        await self._rest(gather, _HELD_BACK_SECONDS if found.held_back else _POLL_SECONDS)

    async def _handle(self, found: Read) -> tuple[int, bool]:
        """How many events were handled, and whether that was all there is."""
        ahead = self._listener.ahead
        backlog = self._imported or self._behind >= self._listener.backlog
        if not found.full or not backlog or ahead is None:
            done = await _handle_all(self._database, self._listener, found)
            return len(found.rows), done and not found.full
        if not self._imported:
            return await self._catch_up(ahead, found, None), False
        precedence = Precedence(self._database.signals)
        try:
            return await self._catch_up(ahead, found, precedence), False
        finally:
            precedence.end()

    async def _catch_up(self, ahead: Ahead, found: Read, precedence: Precedence | None) -> int:
        """Handle a backlog, until its end or until an import wants the machine; how many events.

        While a batch is written the next ones are made ready. The cursor moves as ever, in the
        transaction that writes, so whatever was made in vain each event takes effect once.
        """
        waiting: deque[Batch] = deque()
        handled = 0
        try:
            while True:
                for batch in batches(found):
                    workspace_id = batch.rows[0]["workspace_id"]
                    made = ahead(self._database, workspace_id, events_of(batch.rows))
                    batch.made = asyncio.ensure_future(made)
                    waiting.append(batch)
                last = not found.full or self._turn.is_wanted
                while len(waiting) >= _AHEAD or (last and waiting):
                    batch = waiting.popleft()
                    handled += len(batch.rows)
                    if not await handle_made(self._database, self._listener, batch):
                        return handled  # another process was here meanwhile: read behind it
                    if precedence is not None:
                        precedence.claim()
                if last:
                    return handled
                end = waiting[-1].end
                found = await read(self._database, self._listener, tidy=False, after=end)
        finally:
            made_in_vain = [batch.made for batch in waiting if batch.made is not None]
            for each in made_in_vain:
                each.cancel()
            await asyncio.gather(*made_in_vain, return_exceptions=True)

    async def _rest(self, gather: float, patience: float) -> None:
        """Until there may be more, at least as long as a few commits take: what is announced one
        by one is handled together.
        """
        await asyncio.sleep(gather)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._woken.wait()


async def _handle_all(database: Database, listener: Listener, found: Read) -> bool:
    """False when another process was here meanwhile: what it left is read behind it."""
    for batch in batches(found):
        if not await handle(database, listener, batch.rows, batch.place, batch.end):
            return False
    return True
