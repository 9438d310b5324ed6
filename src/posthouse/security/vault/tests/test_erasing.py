"""Blobs that were let go of, and files without a row."""

import asyncio
import os
import time
from pathlib import Path
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database
from posthouse.security.vault import BlobFiles, keep_blobs, read_blobs
from posthouse.security.vault.erasing import erase_loose_blobs, let_go, sweep_files
from tests.support.house import Workspace

_SMALL = b"a small content"


def _large(seed: int) -> bytes:
    return bytes([seed]) + os.urandom(400_000)


async def _keep(house: Database, workspace: Workspace, *contents: bytes) -> list[UUID]:
    async with house.workspace(workspace.id) as tx:
        return await keep_blobs(tx, contents)


async def _use(house: Database, workspace: Workspace, blob_id: UUID) -> None:
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(
            "INSERT INTO uploads (workspace_id, id, member_id, name, mime_type, size, blob_id,"
            " created_at) VALUES ($1, gen_random_uuid(), $2, '', '', 1, $3, now())",
            workspace.id,
            workspace.member_id,
            blob_id,
        )


async def _let_go(house: Database, workspace: Workspace, *blob_ids: UUID) -> None:
    async with house.workspace(workspace.id) as tx:
        await let_go(tx, blob_ids)


async def _count(house: Database, workspace: Workspace, table: str) -> int:
    async with house.workspace(workspace.id) as tx:
        return int(await tx.connection.fetchval(f"SELECT count(*) FROM {table}"))


def _files(house: Database) -> list[Path]:
    return sorted(house.service(BlobFiles).folder.glob("*/*"))


def _age(path: Path, hours: float) -> None:
    os.utime(path, (then := time.time() - hours * 3600, then))


async def test_what_nobody_has_goes_with_key_and_file(house: Database, workspace: Workspace):
    ids = await _keep(house, workspace, _SMALL, _large(1))
    await _let_go(house, workspace, *ids)
    assert await erase_loose_blobs(house) == 2
    for table in ("blobs", "data_keys", "loose_blobs"):
        assert await _count(house, workspace, table) == 0, table
    assert _files(house) == []


async def test_what_others_have_stays(house: Database, workspace: Workspace):
    content = _large(1)
    used, unused = await _keep(house, workspace, content, _SMALL)
    await _use(house, workspace, used)
    await _let_go(house, workspace, used, unused, used)
    assert await erase_loose_blobs(house) == 1
    assert await _count(house, workspace, "loose_blobs") == 0
    async with house.workspace(workspace.id) as tx:
        assert await read_blobs(tx, [used]) == {used: content}


async def test_what_is_kept_again_at_this_moment_is_left_alone(
    house: Database, workspace: Workspace
):
    (blob_id,) = await _keep(house, workspace, _SMALL)
    await _let_go(house, workspace, blob_id)
    async with house.workspace(workspace.id) as tx:
        assert await keep_blobs(tx, [_SMALL]) == [blob_id]
        assert await asyncio.wait_for(erase_loose_blobs(house), 30) == 0
    await _use(house, workspace, blob_id)
    assert await erase_loose_blobs(house) == 0
    assert await _count(house, workspace, "blobs") == 1


async def test_who_keeps_what_is_being_erased_stores_it_anew(house: Database, workspace: Workspace):
    (old,) = await _keep(house, workspace, _SMALL)
    connection = await asyncpg.connect(house.dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM blobs WHERE id = $1 FOR UPDATE", old)
            keeping = asyncio.create_task(_keep(house, workspace, _SMALL))
            await asyncio.sleep(0.2)
            assert not keeping.done()
            await connection.execute("DELETE FROM blobs WHERE id = $1", old)
    finally:
        await connection.close()
    (new,) = await keeping
    assert new != old
    async with house.workspace(workspace.id) as tx:
        assert await read_blobs(tx, [new]) == {new: _SMALL}


async def test_files_without_a_row_are_swept_when_they_are_old(
    house: Database, workspace: Workspace
):
    content = _large(1)
    (kept,) = await _keep(house, workspace, content)
    async with house.workspace(workspace.id) as tx:
        await keep_blobs(tx, [_large(2)])
        await tx.connection.execute("ROLLBACK; BEGIN")
    (row, orphan) = sorted(_files(house), key=lambda path: path.name != str(kept))
    half = orphan.with_suffix(".part")
    half.write_bytes(b"killed while writing")
    for path in (row, half):
        _age(path, hours=25)
    assert await sweep_files(house) == 1
    assert _files(house) == sorted([row, orphan]), "it may be of a transaction that still runs"

    _age(orphan, hours=25)
    assert await sweep_files(house) == 1
    assert _files(house) == [row]
    async with house.workspace(workspace.id) as tx:
        assert await read_blobs(tx, [kept]) == {kept: content}


async def test_the_files_of_another_database_are_left_alone(house: Database, workspace: Workspace):
    await _keep(house, workspace, *(_large(n) for n in range(23)))
    for path in _files(house):
        _age(path, hours=48)
    async with house.system() as tx:
        await tx.connection.execute("DELETE FROM blobs WHERE id <> (SELECT id FROM blobs LIMIT 1)")
    assert await sweep_files(house) == 0
    async with house.system() as tx:
        await tx.connection.execute("DELETE FROM blobs")
    assert await sweep_files(house) == 0
    assert len(_files(house)) == 23
