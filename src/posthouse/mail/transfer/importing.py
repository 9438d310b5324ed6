"""Importing: read and prepare in worker processes, file in batches, one commit per batch.

A run can be stopped at any moment and started again: what was filed is known by its source, its
position and its digest, and is not filed twice.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Full, NotFound, Refusal
from posthouse.foundation.events import BULK, BULK_OVER
from posthouse.foundation.upkeep import analyse_grown_tables
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import create_folder, find_folder, find_mailbox
from posthouse.mail.mailboxes.model import SEPARATOR, Filing
from posthouse.mail.quotas.actions import require_room
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.preparing import Packed, Ready, unpack_batch
from posthouse.mail.transfer.sources import Source, find_sources
from posthouse.protocols import mime
from posthouse.security.vault import Keyring, keyring

_BATCH = 400
_BATCH_BYTES = 16 << 20
# Batches under preparation: enough to keep the workers busy while one is being written.
_AHEAD = 4
# A first import is soon larger than everything before it.
_ANALYSE_AFTER = {0, 2, 8, 32, 128}

# The database is away, full or being stopped: that says nothing against a message.
_AWAY = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)

Progress = Callable[[float], None]
_Filable = tuple[Source, Ready]
_Running = tuple[Sequence[Source], asyncio.Future[list[Packed]]]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class ImportReport:
    """What an import did. `failures` are (place, reason)."""

    filed: int = 0
    repeated: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        failures = [{"place": place, "reason": reason} for place, reason in self.failures]
        return {"filed": self.filed, "repeated": self.repeated, "failures": failures}


async def import_path(
    database: Database,
    path: Path,
    mailbox: str,
    folder: str = "INBOX",
    progress: Progress = lambda share: None,
    crew: Crew | None = None,
) -> ImportReport:
    """Import everything under `path` into a mailbox's folder, and folders below it.

    `crew` prepares, else one that is made for this import.

    Raises NotFound for an unknown mailbox, Invalid when there is nothing at `path`, Full when it
    does not fit: then all batches but the last are in.
    """
    async with database.system() as tx:
        workspace_id, mailbox_id = await find_mailbox(tx, mime.canonical(mailbox))
    async with database.workspace(workspace_id) as tx:
        keys = await keyring(tx)
    importer = _Importer(database, workspace_id, mailbox_id, folder)
    try:
        with contextlib.nullcontext(crew) if crew else Crew() as workers:
            await _import_all(importer, workers, keys, path, progress)
    finally:
        database.signals.send([BULK_OVER])
    return importer.report


async def _import_all(
    importer: "_Importer", crew: Crew, keys: Keyring, path: Path, progress: Progress
) -> None:
    sources = await asyncio.to_thread(lambda: list(find_sources(path)))
    batches = _batches(sources)

    def prepare(batch: Sequence[Source]) -> _Running:
        return batch, crew.prepare(keys, batch)

    running = [prepare(batch) for batch in islice(batches, _AHEAD)]
    done = 0
    while running:
        batch, preparing = running.pop(0)
        prepared = unpack_batch(await preparing)
        running += map(prepare, islice(batches, 1))
        await importer.take(batch, prepared)
        done += len(batch)
        progress(done / len(sources))


class _Importer:
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

    async def take(self, batch: Sequence[Source], prepared: Sequence[Ready | str]) -> None:
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
            async with self._database.workspace(self._workspace_id) as tx:
                filed = await file_messages(tx, [self._filing(*one) for one in ready])
                await require_room(tx, [self._mailbox_id])
                if len(ready) == _BATCH:
                    tx.signal(BULK)
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

    async def _file_singly(self, ready: Sequence[_Filable], error: Exception) -> None:
        """A message fails for its own reasons only, and does not stop the rest."""
        if len(ready) > 1:
            for one in ready:
                await self._file([one])
            return
        log.error("import: a message could not be stored", exc_info=error)
        self.report.failures.append((ready[0][0].place, "cannot be stored"))

    def _filing(self, source: Source, one: Ready) -> Filing:
        return Filing(
            mailbox_id=self._mailbox_id,
            folder_id=self._folders[source.folder],
            raw=b"",
            received_at=one.received_at,
            direction="in",
            door="import",
            flags=source.flags,
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


def _batches(sources: Sequence[Source]) -> Iterator[Sequence[Source]]:
    """At most 400 messages and, unless one alone is larger, 16 MiB: several are in memory."""
    batch: list[Source] = []
    size = 0
    for source in sources:
        more = source.size()
        if batch and (len(batch) == _BATCH or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += more
    if batch:
        yield batch
