"""Group commit: what arrives while a batch is being committed goes into the next one.

Start at once when idle, otherwise gather while a commit runs, at most 64, two committers in
flight, never a timer. A mailbox is in one batch at a time, in all processes: its folder's row would
make a second one wait for the first all the same, and half as many commits carry twice as much
each. So a committer begins its transaction, waits in it for its turn at the mailboxes, then takes
what has come for them. Every arrival gets its own answer; a batch that fails is tried again one by
one, so that a message fails only for its own reasons.
"""

import asyncio
import contextlib
import errno
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Busy, Refusal
from posthouse.foundation.metrics import Histogram
from posthouse.mail.mailboxes.filing import Outrun, file_messages
from posthouse.mail.mailboxes.folders import folders_by_use
from posthouse.mail.mailboxes.model import Filed, Filing, SpecialUse

_LARGEST_BATCH = 64
_COMMITTERS = 2
_TRIES = 5
_MOST_FOLDERS = 100_000
_BATCH_SIZE = Histogram(
    "posthouse_intake_batch_messages",
    "Arrivals committed together",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Waiting:
    """One arrival in the queue: its filings, the use of each one's folder (folder ids are filled in
    here; None has one already), what else its transaction does, and its answer.
    """

    workspace_id: UUID
    uses: Sequence[SpecialUse | None]
    filings: Sequence[Filing]
    also: Sequence[Callable[[Tx], Awaitable[None]]] = ()
    answer: "asyncio.Future[list[Filed]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def mailboxes(self) -> set[UUID]:
        """Where it goes."""
        return {filing.mailbox_id for filing in self.filings}


@dataclass(slots=True, eq=False)
class _Turn:
    """The mailboxes that one batch writes to; `come` when no other batch is at any of them."""

    workspace_id: UUID
    mailboxes: frozenset[UUID]
    come: asyncio.Event = field(default_factory=asyncio.Event)


class Committer:
    """Files arrivals of one process in groups."""

    def __init__(self, database: Database, processes: int = 1) -> None:
        """In one of `processes` that file into the same mailboxes."""
        self._database = database
        # Together as many as one would have: more of them would commit smaller batches.
        self._committers = max(1, _COMMITTERS // processes)
        self._alone = processes == 1
        self._queue: deque[Waiting] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._turns: list[_Turn] = []
        self._folders: dict[tuple[UUID, SpecialUse], UUID] = {}

    async def file(self, waiting: Waiting) -> list[Filed]:
        """File one arrival; returns after its commit. Raises Busy when it could not be stored."""
        self._queue.append(waiting)
        if len(self._running) < self._committers:
            task = asyncio.create_task(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await waiting.answer

    async def _work(self) -> None:
        while turn := self._next_turn():
            try:
                await self._commit(turn, [])
            finally:
                self._end(turn)

    def _next_turn(self) -> _Turn | None:
        """Mailboxes for which something waits, best such at which no batch is."""
        batch, others = self._sort(self._busy)
        if not (batch or others):
            return None
        turn = _turn_of(batch or self._sort(frozenset())[0])
        if batch:
            turn.come.set()
        self._turns.append(turn)
        return turn

    def _end(self, turn: _Turn) -> None:
        """Whose mailboxes are at rest now has its turn."""
        self._turns.remove(turn)
        for waiting in self._turns:
            if waiting.mailboxes.isdisjoint(self._busy):
                waiting.come.set()

    @property
    def _busy(self) -> frozenset[UUID]:
        return frozenset[UUID]().union(*(t.mailboxes for t in self._turns if t.come.is_set()))

    def _take(self, turn: _Turn) -> list[Waiting]:
        """What waits for mailboxes that are ours now."""
        batch, others = self._sort(self._busy - turn.mailboxes, turn)
        self._queue = deque(others)
        if batch:
            _BATCH_SIZE.observe(len(batch))
        return batch

    def _sort(
        self, busy: frozenset[UUID], turn: _Turn | None = None
    ) -> tuple[list[Waiting], list[Waiting]]:
        """The next arrivals of one workspace for mailboxes at rest; others keep their order."""
        batch: list[Waiting] = []
        others: list[Waiting] = []
        held = set(busy)
        workspace_id = turn and turn.workspace_id
        for waiting in self._queue:
            fits = len(batch) < _LARGEST_BATCH and held.isdisjoint(waiting.mailboxes)
            fits &= workspace_id in (None, waiting.workspace_id)
            fits &= turn is None or waiting.mailboxes <= turn.mailboxes
            if fits:
                workspace_id = waiting.workspace_id
                batch.append(waiting)
            else:
                others.append(waiting)
                held |= waiting.mailboxes  # or the next for the same mailbox would overtake it
        return batch, others

    async def _commit(self, turn: _Turn, batch: list[Waiting]) -> None:
        """File `batch`, or if it is empty what waits when the mailboxes are ours."""
        try:
            results = await self._file_together(turn, batch)
        except Exception as error:
            if not batch:
                await turn.come.wait()
                batch = self._take(turn)
            # A database that is away would be waited for once for each.
            if len(batch) == 1 or (isinstance(error, Busy) and not isinstance(error, Outrun)):
                for waiting in batch:
                    _answer(waiting, _refusal(error))
                return
            for waiting in batch:
                await self._commit(turn, [waiting])
            return
        for waiting, filed in zip(batch, results, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(filed)

    async def _file_together(self, turn: _Turn, batch: list[Waiting]) -> list[list[Filed]]:
        for _ in range(_TRIES):
            with contextlib.suppress(Outrun):
                in_turn = () if self._alone else turn.mailboxes
                async with self._database.workspace(turn.workspace_id, in_turn=in_turn) as tx:
                    if not batch:
                        await turn.come.wait()
                        batch += self._take(turn)
                    if not batch:  # the one before took all
                        return []
                    filings = await self._placed(tx, batch)
                    filed = iter(await file_messages(tx, filings, alone=True))
                    for effect in [effect for waiting in batch for effect in waiting.also]:
                        await effect(tx)
                return [[next(filed) for _ in waiting.filings] for waiting in batch]
        raise Outrun("Too many writers want to store the same mail.", retry_after=1)

    async def _placed(self, tx: Tx, batch: Sequence[Waiting]) -> list[Filing]:
        """The filings with their folders: looked up once per mailbox, they are never deleted."""
        placed = [pair for w in batch for pair in zip(w.filings, w.uses, strict=True)]
        for use in {use for _, use in placed if use is not None}:
            mailboxes = {filing.mailbox_id for filing, wanted in placed if wanted == use}
            unknown = [m for m in mailboxes if (m, use) not in self._folders]
            if unknown:
                found = await folders_by_use(tx, unknown, use)
                if len(self._folders) > _MOST_FOLDERS:
                    self._folders.clear()
                self._folders.update({(m, use): folder for m, folder in found.items()})
        for filing, wanted in placed:
            if wanted is not None:
                filing.folder_id = self._folders[filing.mailbox_id, wanted]
        return [filing for filing, _ in placed]


def _turn_of(batch: Sequence[Waiting]) -> _Turn:
    mailboxes = frozenset[UUID]().union(*(waiting.mailboxes for waiting in batch))
    return _Turn(batch[0].workspace_id, mailboxes)


def _answer(waiting: Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)


def _refusal(error: Exception) -> Exception:
    """What the sender is told: every failure to store is temporary."""
    if isinstance(error, Refusal):
        return error
    full = isinstance(error, asyncpg.DiskFullError) or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    )
    if full:
        log.error("intake: no space left to store mail")
        return Busy("There is no space left here at the moment.", retry_after=300)
    log.error("intake: a message could not be stored", exc_info=error)
    return Busy("The message could not be stored at the moment.", retry_after=60)
