"""Tokenising in processes beside ours: started for a backlog, gone when it is over.

Plain pipes: a worker whose parent is gone, however it went, reads the end of its pipe and leaves.
"""

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from collections import deque
from collections.abc import Sequence

from posthouse.mail.search.worker import Made, Mail
from posthouse.security.vault import BlobFiles, Keyring

_MODULE = "posthouse.mail.search.worker"
_MOST_WORKERS = 2
# Requests on their way to each: it shall find the next when it has answered one.
_EACH = 2
_IDLE_SECONDS = 10.0
_PIPE = 1 << 20

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
        self._starting = asyncio.Lock()
        self._leaving: asyncio.TimerHandle | None = None
        self.room = asyncio.Semaphore(_EACH * self._most)

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
        worker = await self._free()
        try:
            return await worker.ask(request)
        finally:
            if not any(each.waiting for each in self._workers):
                self._leave_later()

    async def _free(self) -> "_Worker":
        """The one with the least to do; a new one while all have something."""
        async with self._starting:
            self._workers = [worker for worker in self._workers if worker.alive]
            busy = all(worker.waiting for worker in self._workers)
            if busy and len(self._workers) < self._most:
                self._workers.append(await _Worker.start())
        return min(self._workers, key=lambda worker: (not worker.alive, worker.waiting))

    def _leave_later(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
        self._leaving = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._leave)

    def _leave(self) -> None:
        if any(each.waiting for each in self._workers):
            self._leave_later()
        else:
            self.close()


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests = process.stdin
        self._answers = process.stdout
        self._asked: deque[asyncio.Future[bytes]] = deque()
        self._hearing = asyncio.create_task(self._hear())
        self.alive = True

    @classmethod
    async def start(cls) -> "_Worker":
        """A new process, with our niceness."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def waiting(self) -> int:
        """Requests that it has not answered."""
        return len(self._asked)

    async def ask(self, request: bytes) -> bytes:
        if not self.alive:  # it ended while another one was started
            raise WorkerGone
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._requests.write(len(request).to_bytes(4, "big") + request)
        return await answer

    def end(self) -> None:
        """Now, whatever it does."""
        self.alive = False
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _hear(self) -> None:
        """Answers come in the order of the requests."""
        try:
            while True:
                size = int.from_bytes(await self._answers.readexactly(4), "big")
                answer = await self._answers.readexactly(size)
                asked = self._asked.popleft()
                if not asked.done():
                    asked.set_result(answer)
        except (asyncio.IncompleteReadError, OSError):
            self.alive = False
            for asked in self._asked:
                if not asked.done():
                    asked.set_exception(WorkerGone())
            self._asked.clear()
            self._requests.close()
            await self._process.wait()
