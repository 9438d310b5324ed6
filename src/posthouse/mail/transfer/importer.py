"""Filing what an import prepared: batch after batch, each in one transaction, and its report."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Full, NotFound, Refusal
from posthouse.foundation.events import BULK
from posthouse.foundation.upkeep import analyse_grown_tables
from posthouse.mail.mailboxes.filing import Outrun, file_messages
from posthouse.mail.mailboxes.folders import create_folder, find_folder
from posthouse.mail.mailboxes.model import SEPARATOR, Filed, Filing
from posthouse.mail.quotas.actions import require_room
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.preparing import Packed, Readable, Ready, unpack_batch
from posthouse.mail.transfer.report import ImportReport
from posthouse.security.vault import Keyring

# A batch has at most so many messages and, unless one alone is larger, so many octets: several are
# in memory.
BATCH = 400
BATCH_BYTES = 16 << 20
# Batches under preparation: enough to keep the workers busy while one is being written.
_AHEAD = 4
_TRIES = 5
# A first import is soon larger than everything before it.
_ANALYSE_AFTER = {0, 2, 8, 32, 128}

# The database is away, full or being stopped: that says nothing against a message.
_AWAY = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)

_Filable = tuple[Readable, Ready]
_Running = tuple[Sequence[Readable], asyncio.Task[list[Ready | str]]]

log = logging.getLogger(__name__)


class Importer:
    """Writes what the workers prepared, one transaction per batch."""

    def __init__(
        self, database: Database, workspace_id: UUID, mailbox_id: UUID, folder: str
    ) -> None:
        self.report = ImportReport()
        self._database = database
        self._workspace_id = workspace_id
        self._mailbox_id = mailbox_id
        self._folder = folder
        self._folders: dict[str, UUID] = {}
        self._written = 0

    async def run(
        self,
        crew: Crew,
        keys: Keyring,
        batches: AsyncIterator[Sequence[Readable]],
        progress: Callable[[int], None],
    ) -> None:
        """File batch after batch while the next ones are prepared; `progress` hears how many."""
        running: deque[_Running] = deque()
        try:
            async for batch in batches:
                running.append((batch, asyncio.create_task(_unpacked(crew.prepare(keys, batch)))))
                if len(running) > _AHEAD:
                    await self._take_first(running, progress)
            while running:
                await self._take_first(running, progress)
        finally:
            for _, preparing in running:
                preparing.cancel()

    async def _take_first(self, running: deque[_Running], progress: Callable[[int], None]) -> None:
        batch, preparing = running.popleft()
        await self.take(batch, await preparing)
        progress(len(batch))

    async def take(self, batch: Sequence[Readable], prepared: Sequence[Ready | str]) -> None:
        """File what could be read, note what could not."""
        ready: list[_Filable] = []
        for source, one in zip(batch, prepared, strict=True):
            if isinstance(one, str):
                self.report.failures.append((source.place, one))
            else:
                ready.append((source, one))
        if ready:
            await self._file(ready)
        if self._written in _ANALYSE_AFTER:
            await analyse_grown_tables(self._database)
        self._written += 1

    async def _file(self, ready: Sequence[_Filable]) -> None:
        for source, _ in ready:
            await self._need_folder(source.folder)
        try:
            filed = await self._file_together([self._filing(*one) for one in ready])
        except Full:
            raise Full(
                f"The mailbox is full: {self.report.filed} messages of this import are in it. Raise"
                " its limit (posthouse quota set) and run the same import again."
            ) from None
        except (Refusal, OSError, *_AWAY):
            raise
        except Exception as error:
            await self._file_singly(ready, error)
            return
        repeated = sum(one.repeated for one in filed)
        self.report.repeated += repeated
        self.report.filed += len(filed) - repeated

    async def _file_together(self, filings: Sequence[Filing]) -> list[Filed]:
        for _ in range(_TRIES):
            with contextlib.suppress(Outrun):
                async with self._database.workspace(self._workspace_id) as tx:
                    filed = await file_messages(tx, filings, alone=True)
                    await require_room(tx, [self._mailbox_id])
                    if len(filings) == BATCH:
                        tx.signal(BULK)
                return filed
        raise Outrun("Too many writers want to store the same mail.", retry_after=1)

    async def _file_singly(self, ready: Sequence[_Filable], error: Exception) -> None:
        """A message fails for its own reasons only, and does not stop the rest."""
        if len(ready) > 1:
            for one in ready:
                await self._file([one])
            return
        log.error("import: a message could not be stored", exc_info=error)
        self.report.failures.append((ready[0][0].place, "cannot be stored"))

    def _filing(self, source: Readable, one: Ready) -> Filing:
        return Filing(
            mailbox_id=self._mailbox_id,
            folder_id=self._folders[source.folder],
            raw=b"",
            received_at=one.received_at,
            direction="in",
            door="import",
            flags=one.flags,
            keywords=source.keywords,
            source_key=one.source_key,
            prepared=one.prepared,
        )

    async def _need_folder(self, below: str) -> None:
        if below in self._folders:
            return
        # Folders of a whole Maildir++ stand beside INBOX, not below it.
        at_top = self._folder.upper() == "INBOX" and below
        name = below if at_top else SEPARATOR.join(filter(None, (self._folder, below)))
        async with self._database.workspace(self._workspace_id) as tx:
            try:
                found = await find_folder(tx, self._mailbox_id, name)
            except NotFound:
                found = await create_folder(tx, self._mailbox_id, name)
        self._folders[below] = found


async def _unpacked(preparing: asyncio.Future[list[Packed]]) -> list[Ready | str]:
    """As soon as it is there: while PostgreSQL writes the batch before it."""
    return unpack_batch(await preparing)
