"""Importing files: read and prepared in worker processes, filed in batches, one commit per batch.

A run can be stopped at any moment and started again: what was filed is known by its source, its
position and its digest, and is not filed twice.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path

from posthouse.foundation.batching import batches
from posthouse.foundation.db import Database
from posthouse.foundation.events import BULK_OVER
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.importer import BATCH, BATCH_BYTES, Importer
from posthouse.mail.transfer.report import ImportReport
from posthouse.mail.transfer.source import Source
from posthouse.mail.transfer.sources import find_sources
from posthouse.protocols import mime
from posthouse.security.vault import keyring

Progress = Callable[[float], None]


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
    importer = Importer(database, workspace_id, mailbox_id, folder)
    try:
        with contextlib.nullcontext(crew) if crew else Crew() as workers:
            sources = await asyncio.to_thread(lambda: list(find_sources(path, importer.report)))
            await importer.run(
                workers, keys, _in_turn(_batches(sources)), shares_of(len(sources), progress)
            )
    finally:
        database.signals.send([BULK_OVER])
    return importer.report


def shares_of(total: int, progress: Progress) -> Callable[[int], None]:
    """Counts, and tells `progress` the share that is done."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(done / total)

    return count


async def _in_turn(batches: Iterable[Sequence[Source]]) -> AsyncIterator[Sequence[Source]]:
    for batch in batches:
        yield batch


def _batches(sources: Sequence[Source]) -> Iterator[list[Source]]:
    return batches(sources, most=BATCH, most_octets=BATCH_BYTES, size=Source.size)
