"""Importing: read and prepare in worker processes, file in batches, one commit per batch.

A run can be stopped at any moment and started again: what was filed is known by its source, its
position and its digest, and is not filed twice.
"""

import asyncio
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from posthouse.foundation.collector import collect_rarely
from posthouse.foundation.db import Database
from posthouse.foundation.errors import NotFound, Refusal
from posthouse.foundation.events import BULK
from posthouse.foundation.upkeep import analyse_grown_tables
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import create_folder, find_folder, find_mailbox
from posthouse.mail.mailboxes.model import SEPARATOR, Filing
from posthouse.mail.mailboxes.prepare import Prepared, prepare_whole, sane_date
from posthouse.mail.transfer.sources import Source, find_sources
from posthouse.protocols import mime
from posthouse.security.vault import Keyring, keyring

_BATCH = 200
_BATCH_BYTES = 16 << 20
# Batches under preparation: enough to keep the workers busy while one is being written.
_AHEAD = 4
_WORKERS = 2
# A first import is soon larger than everything before it.
_ANALYSE_AFTER = {1, 4, 16, 64, 256}

# The database is away, full or being stopped: that says nothing against a message.
_AWAY = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)

Progress = Callable[[float], None]

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


@dataclass(slots=True)
class _Ready:
    """A message as a worker hands it back."""

    source: Source
    size: int
    received_at: datetime
    source_key: bytes
    prepared: Prepared


async def import_path(
    database: Database,
    path: Path,
    mailbox: str,
    folder: str = "INBOX",
    progress: Progress = lambda share: None,
) -> ImportReport:
    """Import everything under `path` into a mailbox's folder, and folders below it.

    Raises NotFound for an unknown mailbox, Invalid when there is nothing at `path`.
    """
    async with database.system() as tx:
        workspace_id, mailbox_id = await find_mailbox(tx, mime.canonical(mailbox))
    async with database.workspace(workspace_id) as tx:
        keys = await keyring(tx)
    sources = await asyncio.to_thread(lambda: list(find_sources(path)))
    importer = _Importer(database, workspace_id, mailbox_id, folder)
    context = multiprocessing.get_context("spawn")
    workers = min(_WORKERS, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(keys,)) as pool:
        loop = asyncio.get_running_loop()
        batches = _batches(sources)
        running = [loop.run_in_executor(pool, _prepare_batch, b) for b in islice(batches, _AHEAD)]
        done = written = 0
        while running:
            ready, failures = await running.pop(0)
            for batch in islice(batches, 1):
                running.append(loop.run_in_executor(pool, _prepare_batch, batch))
            await importer.file(ready)
            if written in _ANALYSE_AFTER:
                await analyse_grown_tables(database)
            written += 1
            importer.report.failures += failures
            done += len(ready) + len(failures)
            progress(done / len(sources))
    return importer.report


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

    async def file(self, ready: Sequence[_Ready]) -> None:
        for one in ready:
            await self._need_folder(one.source.folder)
        try:
            async with self._database.workspace(self._workspace_id) as tx:
                filed = await file_messages(tx, [self._filing(one) for one in ready])
                if len(ready) == _BATCH:
                    tx.signal(BULK)
        except (Refusal, OSError, *_AWAY):
            raise
        except Exception as error:
            await self._file_singly(ready, error)
            return
        repeated = sum(one.repeated for one in filed)
        self.report.repeated += repeated
        self.report.filed += len(filed) - repeated

    async def _file_singly(self, ready: Sequence[_Ready], error: Exception) -> None:
        """A message fails for its own reasons only, and does not stop the rest."""
        if len(ready) > 1:
            for one in ready:
                await self.file([one])
            return
        log.error("import: a message could not be stored", exc_info=error)
        self.report.failures.append((ready[0].source.place, "cannot be stored"))

    def _filing(self, one: _Ready) -> Filing:
        return Filing(
            mailbox_id=self._mailbox_id,
            folder_id=self._folders[one.source.folder],
            raw=b"",
            received_at=one.received_at,
            direction="in",
            door="import",
            flags=one.source.flags,
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
    """At most 200 messages and, unless one alone is larger, 16 MiB: several are in memory."""
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


# -- in the workers

_keys: Keyring | None = None


def _start_worker(keys: Keyring) -> None:
    global _keys
    _keys = keys
    collect_rarely()


def _prepare_batch(sources: Sequence[Source]) -> tuple[list[_Ready], list[tuple[str, str]]]:
    ready: list[_Ready] = []
    failures: list[tuple[str, str]] = []
    assert _keys is not None
    for source in sources:
        try:
            ready.append(_prepare_one(source, _keys))
        except OSError as error:
            failures.append((source.place, error.strerror or "unreadable"))
    return ready, failures


def _prepare_one(source: Source, keys: Keyring) -> _Ready:
    raw = source.read()
    prepared = prepare_whole(raw, keys)
    place = f"{source.name}\0{source.position}\0".encode("utf-8", "surrogateescape")
    ready = _Ready(
        source=source,
        size=len(raw),
        received_at=_received_at(source, prepared),
        source_key=keys.hash("source", place + keys.hash("content", raw, 32)),
        prepared=prepared,
    )
    prepared.variant = b""  # the clear text stays here
    return ready


def _received_at(source: Source, prepared: Prepared) -> datetime:
    """When the last server got it, else when it was written, else the file's own time."""
    received = mime.scan(prepared.prefix + b"\r\n").header(b"received")
    if received is not None:
        moment = mime.parse_date(received.rpartition(b";")[2])
        if moment is not None and (known := sane_date(moment)) is not None:
            return known
    if prepared.date is not None:
        return prepared.date
    return datetime.fromtimestamp(source.path.stat().st_mtime, UTC)
