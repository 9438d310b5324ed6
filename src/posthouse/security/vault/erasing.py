"""Erasing blobs that nobody has any more, and files that no row names.

Whoever drops his reference to a blob says so with `let_go`; the foreign keys know who else has it.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg

from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.security.vault.blobs import BlobFiles, erase_blobs

SQL = load_queries("posthouse.security.vault", "erasing.sql")
_BATCH = 100
_NOTHING = UUID(int=0)
# A file is written before the row that names it commits, and no transaction lives this long.
SAFE_AGE = 24 * 3600.0
_FILES_ASKED = 500
_MANY = 20

log = logging.getLogger(__name__)


async def let_go(tx: Tx, blob_ids: Iterable[UUID], *, workspace_id: UUID | None = None) -> None:
    """The caller's rows name these blobs no longer. Erased in the background, unless others do.

    In a system transaction the workspace is named by the caller.
    """
    ids = list(set(blob_ids))
    if ids:
        await tx.execute(
            SQL["let_go"],
            workspace_id=workspace_id or tx.workspace,
            ids=[new_id() for _ in ids],
            blob_ids=ids,
        )


async def erase_loose_blobs(database: Database) -> int:
    """Erase what was let go of and nobody else has: key, row, file. How many.

    Safe beside filings of the same content: a blob that is being used now is left for the next
    time, and one that is gone is stored anew by whoever comes after.
    """
    async with database.system() as tx:
        rows = await tx.rows(SQL["workspaces_with_loose_blobs"])
    count = 0
    for row in rows:
        after: UUID | None = _NOTHING
        while after is not None:
            async with database.workspace(row["workspace_id"]) as tx:
                erased, after = await _erase_batch(tx, after)
            count += erased
    return count


async def sweep_files(database: Database, *, safe_age: float = SAFE_AGE) -> int:
    """Delete files that no row names: of transactions that failed, of a process that was killed.

    Only files older than `safe_age` seconds. Where most files have no row the folder belongs to
    another database (a restore that is under way, say), and nothing is touched. How many.
    """
    folder = database.service(BlobFiles).folder
    before = time.time() - safe_age
    named, orphans = 0, list[Path]()
    for shelf in await asyncio.to_thread(_shelves, folder):
        files = await asyncio.to_thread(_old_files, shelf, before)
        nameless = await _without_rows(database, files)
        named += len(files) - len(nameless)
        orphans += nameless
    if orphans and (not named or len(orphans) > max(named, _MANY)):
        log.warning("%d of %d blob files have no row: left alone", len(orphans), named)
        return 0
    for path in orphans:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    return len(orphans)


CHORES = (
    Chore(name="vault.loose-blobs", do=erase_loose_blobs, every=30),
    Chore(name="vault.files", do=sweep_files, every=6 * 3600, first=900),
)


async def _erase_batch(tx: Tx, after: UUID) -> tuple[int, UUID | None]:
    """(how many were erased, where to go on or None)."""
    rows = await tx.rows(
        SQL["take_loose_blobs"], workspace_id=tx.workspace, after=after, limit=_BATCH
    )
    if not rows:
        return 0, None
    free = {row["blob_id"] for row in rows if row["is_free"]}
    erased = await _erase_unused(tx, sorted(free))
    settled = [row["id"] for row in rows if row["is_free"] or not row["is_there"]]
    await tx.execute(SQL["settle_loose_blobs"], workspace_id=tx.workspace, ids=settled)
    return erased, rows[-1]["id"]


async def _erase_unused(tx: Tx, ids: Sequence[UUID]) -> int:
    """All at once; one by one when a foreign key holds one of them."""
    if not ids:
        return 0
    try:
        async with tx.savepoint():
            await erase_blobs(tx, ids)
    except asyncpg.ForeignKeyViolationError:
        if len(ids) == 1:
            return 0
        return sum([await _erase_unused(tx, [blob_id]) for blob_id in ids])
    return len(ids)


def _shelves(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir()) if folder.exists() else []


def _old_files(shelf: Path, before: float) -> list[Path]:
    old: list[Path] = []
    with os.scandir(shelf) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # erased while we look
                if entry.stat().st_mtime < before:
                    old.append(Path(entry.path))
    return old


async def _without_rows(database: Database, files: Sequence[Path]) -> list[Path]:
    nameless: list[Path] = []
    for some in _portions(files):
        ids = {path: blob_id for path in some if (blob_id := _blob_id(path))}
        async with database.system() as tx:
            rows: list[Row] = await tx.rows(SQL["blobs_among"], ids=list(ids.values()))
        known = {row["id"] for row in rows}
        # What is half written has no id as its name, and nobody will ever finish it.
        nameless += [path for path in some if ids.get(path) not in known]
    return nameless


def _portions(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    for start in range(0, len(files), _FILES_ASKED):
        yield files[start : start + _FILES_ASKED]


def _blob_id(path: Path) -> UUID | None:
    try:
        return UUID(path.name)
    except ValueError:
        return None
