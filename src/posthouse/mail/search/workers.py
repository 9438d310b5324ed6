"""Tokenising in processes beside ours: started for a backlog, gone when it is over.

Plain pipes: a worker whose parent is gone, however it went, reads the end of its pipe and leaves.
"""

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence

from posthouse.mail.search.worker import Made, Mail
from posthouse.security.vault import BlobFiles, Keyring

_MODULE = "posthouse.mail.search.worker"
_MOST_WORKERS = 2
# Slices that are read while all workers have something to do.
_READ_AHEAD = 2
_LOOK_SECONDS = 0.005
_IDLE_SECONDS = 10.0
# A slice of the largest texts takes a quarter of it on a busy machine.
_LONGEST_SECONDS = 120.0

log = logging.getLogger(__name__)


class WorkerGone(Exception):
    """A worker ended before it answered."""


class WorkerFailed(Exception):
    """A worker could not do what it was asked."""


class Workers:
    """The workers of one process. `room` is to be held around reading and making: so only a few
    slices of mail are in memory, however much waits.
    """

    def __init__(self, most: int = _MOST_WORKERS) -> None:
        self._most = min(most, os.cpu_count() or 1)
        self._workers: list[_Worker] = []
        self._leaving: asyncio.TimerHandle | None = None
        self.room = asyncio.Semaphore(self._most + _READ_AHEAD)
        self._turn = asyncio.Semaphore(self._most)

    async def make(self, keys: Keyring, files: BlobFiles, mails: Sequence[Mail]) -> list[Made]:
        """What is made of each mail. Raises WorkerFailed, or WorkerGone when a second worker
        ended over it as well.
        """
        request = pickle.dumps((keys, files, mails))
        try:
            answer = await self._ask(request)
        except WorkerGone:
            log.warning("a search worker ended; another one takes over")
            answer = await self._ask(request)
        made: list[Made] | str = pickle.loads(answer)
        if isinstance(made, str):
            raise WorkerFailed(made)
        return made

    def close(self) -> None:
        """End all of them now."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [worker.pid for worker in self._workers if worker.alive]

    async def _ask(self, request: bytes) -> bytes:
        async with self._turn:
            worker = await self._free()
            try:
                return await worker.ask(request)
            finally:
                self._leave_later()

    async def _free(self) -> "_Worker":
        """One that has nothing to do; a new one while all have something."""
        while True:
            self._workers = [worker for worker in self._workers if worker.alive]
            for worker in self._workers:
                if not worker.busy:
                    return worker
            if len(self._workers) < self._most:
                self._workers.append(_Worker())
            else:
                await asyncio.sleep(_LOOK_SECONDS)  # what was asked in vain is being answered

    def _leave_later(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
        self._leaving = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._leave)

    def _leave(self) -> None:
        if any(worker.busy for worker in self._workers):
            self._leave_later()
        else:
            self.close()


class _Worker:
    """One process and its pipes. Threads wait for it: it answers with hundreds of kilobytes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", _MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._asking: asyncio.Future[bytes] | None = None
        self.alive = True

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def busy(self) -> bool:
        """Whether it has not answered yet, also when nobody waits for the answer any more."""
        return self._asking is not None and not self._asking.done()

    async def ask(self, request: bytes) -> bytes:
        """One question at a time. Raises WorkerGone."""
        self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask, request))
        self._asking.add_done_callback(_heard)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                return await asyncio.shield(self._asking)
        except TimeoutError:
            self.end()
            raise WorkerGone from None

    def end(self) -> None:
        """Now, whatever it does."""
        self.alive = False
        self._process.kill()
        self._process.wait()

    def _ask(self, request: bytes) -> bytes:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            requests.write(len(request).to_bytes(4, "big") + request)
            requests.flush()
            size = int.from_bytes(head, "big") if len(head := answers.read(4)) == 4 else 0
            answer = answers.read(size)
        except OSError as error:
            self.end()
            raise WorkerGone from error
        if not answer or len(answer) < size:
            self.end()
            raise WorkerGone
        return answer


def _heard(asked: "asyncio.Future[bytes]") -> None:
    """Nobody may wait any more: then its end is no news."""
    if not asked.cancelled():
        asked.exception()
