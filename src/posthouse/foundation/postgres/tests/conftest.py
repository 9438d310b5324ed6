"""Servers of their own for these tests: safe settings, made anew, killed at will."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from posthouse.foundation.postgres import EmbeddedPostgres, locks
from posthouse.foundation.postgres.cluster import Layout
from tests.support.postgres import data_folder

SOURCES = Path(__file__).parents[4]
HOLDER = Path(__file__).with_name("holder.py")

Process = asyncio.subprocess.Process


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder, removed when the last server in it has stopped."""
    folder = data_folder()
    yield folder
    _wait_until_kept_by_nobody(Layout(folder))
    shutil.rmtree(folder)


@pytest.fixture
async def server(data: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A running server with the settings of production, held by the test."""
    held = EmbeddedPostgres(data)
    await held.start()
    yield held
    await held.stop_if_last()


@pytest.fixture
async def holder(data: Path) -> AsyncIterator[Callable[..., "asyncio.Future[Process]"]]:
    """Starts processes that hold the server of `data`; kills those still there at the end."""
    started: list[Process] = []

    async def start() -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(str(HOLDER), str(SOURCES), str(data)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield lambda: asyncio.ensure_future(start())
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: Process) -> str:
    """The next line of a holder."""
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def told(process: Process) -> str:
    """Lets a holder go; what it says then."""
    answer, _ = await process.communicate(b"go\n")
    return answer.decode().strip()


async def until(condition: Callable[[], object], *, seconds: float) -> None:
    """Waits for a condition. Raises TimeoutError when it does not come true in time."""
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


def keeper_pid(data: Path) -> int:
    """The keeper of a data folder, by its command line."""
    own = str(Layout(data).keeper).encode()
    (pid,) = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if (line := _command_line(process)) and b"keeper.py" in line and own in line
    ]
    return pid


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def _wait_until_kept_by_nobody(layout: Layout) -> None:
    if layout.holders.exists():
        handle = asyncio.run(asyncio.wait_for(locks.lock(layout.holders, shared=False), 20))
        os.close(handle)
