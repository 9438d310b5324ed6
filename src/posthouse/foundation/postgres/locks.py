"""File locks that the kernel lets go of when a process ends, however it ends."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path

_PAUSE = 0.03


def try_lock(path: Path, *, shared: bool) -> int | None:
    """A handle that holds the lock until it is closed; None when someone else has it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def is_locked(path: Path) -> bool:
    """Whether someone has the lock for himself."""
    handle = try_lock(path, shared=True)
    if handle is not None:
        os.close(handle)
    return handle is None


async def lock(path: Path, *, shared: bool) -> int:
    """Waits for the lock by looking again and again, so that the wait can be cancelled."""
    while True:
        if (handle := try_lock(path, shared=shared)) is not None:
            return handle
        await asyncio.sleep(_PAUSE)


@contextlib.asynccontextmanager
async def turn(path: Path) -> AsyncIterator[int]:
    """One process at a time, and whichever of its children were given the handle."""
    handle = await lock(path, shared=False)
    try:
        yield handle
    finally:
        os.close(handle)
