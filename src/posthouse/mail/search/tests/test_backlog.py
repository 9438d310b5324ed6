"""A backlog goes through worker processes, and the index is what it is without them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain, run_listener
from posthouse.mail.mailboxes.changing import expunge
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.search import indexing, workers
from posthouse.mail.search.indexing import LISTENER
from posthouse.mail.search.workers import WorkerGone, Workers
from posthouse.security.vault import BlobFiles, keyring
from tests.support.house import Workspace, deliver, letter
from tests.support.settling import until_settled

# A few events are a backlog here.
BACKLOG = replace(LISTENER, batch=4, backlog=0, gather=0.02)
ROWS = """
    SELECT variant_id, mailbox_message_id, chunk, tsv FROM search_chunks
     ORDER BY variant_id, mailbox_message_id, chunk
"""


def letters(count: int) -> list[bytes]:
    """Short and long, in two scripts, with hidden recipients and codes."""
    return [
        letter(
            message_id=f"{number}@backlog.example",
            subject=f"Order PO-{number} 离心泵 Kreiselpumpe",
            extra=f"Bcc: boss{number}@acme.example" if number % 5 == 0 else "",
            body=f"Pump {number} KX77-{number}, 请报二十台离心泵的价格。\r\n"
            + (f"word{number} pump price, " * (9000 if number % 13 == 0 else number)),
        )
        for number in range(count)
    ]


@asynccontextmanager
async def following(house: Database) -> AsyncIterator[Workers]:
    """The listener at work; its workers."""
    pool = indexing._workers_of(house)
    task = asyncio.create_task(run_listener(house, BACKLOG))
    try:
        yield pool
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        pool.close()


async def caught_up(house: Database) -> None:
    async with asyncio.timeout(60):
        await until_settled(house, LISTENER.name)


async def rows_of(house: Database) -> list[tuple[UUID, UUID, int, bytes]]:
    async with house.system() as tx:
        return [tuple(row) for row in await tx.connection.fetch(ROWS)]


async def rows_without_workers(house: Database) -> list[tuple[UUID, UUID, int, bytes]]:
    """What the same mail gives in the plain way."""
    owner = await house.connect()
    try:
        await owner.execute("DELETE FROM search_chunks")
        await owner.execute("DELETE FROM event_cursors WHERE listener = 'search'")
    finally:
        await owner.close()
    await drain(house, [LISTENER])
    return await rows_of(house)


async def file_backlog(house: Database, workspace: Workspace, count: int = 60) -> None:
    """Three mails an event."""
    made = letters(count)
    for start in range(0, count, 3):
        await deliver(house, workspace, *made[start : start + 3])


async def test_a_backlog_gives_the_rows_of_the_plain_way(house: Database, workspace: Workspace):
    await file_backlog(house, workspace)
    async with following(house) as pool:
        await caught_up(house)
        assert pool.pids
    rows = await rows_of(house)
    assert len(rows) > 60
    assert rows == await rows_without_workers(house)


async def test_a_worker_that_dies_is_replaced_and_nothing_is_lost_or_doubled(
    house: Database, workspace: Workspace
):
    await file_backlog(house, workspace, 120)
    killed: set[int] = set()
    async with following(house) as pool:
        settling = asyncio.create_task(caught_up(house))
        while not settling.done():
            for pid in pool.pids:
                if len(killed) < 4 and pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            await asyncio.sleep(0.05)
        await settling
    assert killed
    rows = await rows_of(house)
    assert len({row[0] for row in rows}) == 120
    assert rows == await rows_without_workers(house)


async def test_a_mail_that_cannot_be_read_spares_its_neighbours(
    house: Database, workspace: Workspace, caplog: pytest.LogCaptureFixture
):
    await file_backlog(house, workspace)
    owner = await house.connect()
    try:
        await owner.execute(
            "UPDATE variants SET header = 'damaged'"
            " WHERE id = (SELECT id FROM variants ORDER BY id DESC LIMIT 1)"
        )
    finally:
        await owner.close()
    async with following(house):
        await caught_up(house)
    rows = await rows_of(house)
    assert len({row[0] for row in rows}) == 59
    assert rows == await rows_without_workers(house)
    assert "cannot be searched for: Tampered" in caplog.text
    async with house.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters") == 0


async def test_large_texts_are_written_as_they_are_made(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(indexing, "_MOST_HELD", 50_000)
    held: list[int] = []
    insert = indexing._insert

    async def watched(tx: object, rows: indexing._Rows) -> None:
        held.append(rows.size)
        await insert(tx, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(indexing, "_insert", watched)
    monkeypatch.setattr(indexing, "_SLICE_AHEAD", 2)
    await file_backlog(house, workspace)
    async with following(house):
        await caught_up(house)
    assert max(held) < 600_000
    rows = await rows_of(house)
    assert rows == await rows_without_workers(house)


async def test_what_is_erased_during_a_backlog_is_not_indexed(
    house: Database, workspace: Workspace
):
    await file_backlog(house, workspace)
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
    async with following(house):
        for uid in range(1, 61, 2):
            async with house.workspace(workspace.id) as tx:
                await expunge(tx, inbox, [uid])
        await caught_up(house)
    assert await rows_of(house) == await rows_without_workers(house)


async def test_workers_leave_when_there_is_nothing_to_do(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "_IDLE_SECONDS", 0.3)
    await file_backlog(house, workspace)
    async with following(house) as pool:
        await caught_up(house)
        pids = pool.pids
        assert 1 <= len(pids) <= 2
        await asyncio.to_thread(until_gone, pids)
        assert pool.pids == []


async def test_a_request_that_ends_every_worker_is_given_up(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "_MODULE", "posthouse.nothing")
    async with house.workspace(workspace.id) as tx:
        keys = await keyring(tx)
    pool = Workers()
    with pytest.raises(WorkerGone):
        await pool.make(keys, house.service(BlobFiles), [])
    pool.close()


async def test_a_worker_that_does_not_answer_is_not_waited_for(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "_LONGEST_SECONDS", 0.01)
    async with house.workspace(workspace.id) as tx:
        keys = await keyring(tx)
    pool = Workers()
    with pytest.raises(WorkerGone):
        await pool.make(keys, house.service(BlobFiles), [])
    assert pool.pids == []
    pool.close()


PARENT = """
import asyncio, sys, uuid
from pathlib import Path
from posthouse.mail.search.workers import Workers
from posthouse.security.vault import BlobFiles, Keyring

async def main():
    pool = Workers()
    keys = Keyring(uuid.uuid4(), {1: bytes(32)})
    await asyncio.gather(*(pool.make(keys, BlobFiles(Path("."))  , []) for _ in range(4)))
    print(*pool.pids, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=tmp_path, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert pids
        parent.kill()
    until_gone(pids)


def until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(map(runs, pids)):
        assert time.monotonic() < deadline, "a worker stays"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
