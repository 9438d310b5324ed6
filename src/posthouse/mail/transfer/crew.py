"""The worker processes of an import: they read, take apart and encrypt."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

from posthouse.foundation.collector import collect_rarely
from posthouse.mail.transfer.preparing import Packed, Readable, prepare_batch
from posthouse.security.vault import Keyring

_MOST_WORKERS = 2


class Crew:
    """Workers that are at it from the beginning until the context ends.

    `forked` is for a process in which nothing runs yet, no thread, loop or connection: its
    workers hold already what others load for a fifth of a second.
    """

    def __init__(self, *, forked: bool = False) -> None:
        self.size = min(_MOST_WORKERS, os.cpu_count() or 1)
        # A system library of macOS may have threads of its own.
        start = "fork" if forked and sys.platform == "linux" else "spawn"
        context = multiprocessing.get_context(start)
        self._pool = ProcessPoolExecutor(self.size, context, initializer=_begin)
        for _ in range(self.size):
            self._pool.submit(_begun)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def prepare(self, keys: Keyring, batch: Sequence[Readable]) -> asyncio.Future[list[Packed]]:
        """For each source its message, or why it cannot be read; for `unpack_batch`."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._pool, prepare_batch, keys, batch)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts the command means it alone
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_rarely()


def _end_with_parent() -> None:
    """A forked worker holds the pipes of the others: it would not see them close."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _begun() -> None:
    """Workers start with the first work that is there for them."""
