"""Who takes fetched messages apart: a thread for a few, worker processes for a first sync.

The workers are started when there is much to do and go when there was nothing for a while: they
take some 120 MB.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from concurrent.futures.process import BrokenProcessPool

from posthouse.mail.transfer.crew import Crew
from posthouse.mail.transfer.preparing import Readable, Ready, prepare_batch, unpack_batch
from posthouse.security.vault import Keyring

_IDLE_SECONDS = 30.0
# First syncs at once in a process: each has two batches in memory.
_MOST_BULK = 4


class Hands:
    """One for all accounts of a process."""

    def __init__(self) -> None:
        self._crew: Crew | None = None
        self._hired = contextlib.ExitStack()
        self._users = 0
        self._places = asyncio.Semaphore(_MOST_BULK)
        self._leaving: asyncio.TimerHandle | None = None

    @contextlib.asynccontextmanager
    async def much_to_do(self) -> AsyncIterator[None]:
        """While this is open, workers are there; a few first syncs at a time."""
        async with self._places:
            self._users += 1
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
            try:
                yield
            finally:
                self._users -= 1
                if not self._users and self._crew is not None:
                    loop = asyncio.get_running_loop()
                    self._leaving = loop.call_later(_IDLE_SECONDS, self._dismiss)

    async def prepare(
        self, keys: Keyring, letters: Sequence[Readable], *, bulk: bool
    ) -> list[Ready | str]:
        """For each the message, or why it cannot be read."""
        if bulk and self._users:
            if self._crew is None:
                self._crew = self._hired.enter_context(Crew())
            try:
                return unpack_batch(await self._crew.prepare(keys, letters))
            except BrokenProcessPool:  # one was killed: the next ones start anew
                self._dismiss()
        return await asyncio.to_thread(_prepare, keys, letters)

    def close(self) -> None:
        """Let the workers go."""
        if self._leaving is not None:
            self._leaving.cancel()
        self._dismiss()

    def _dismiss(self) -> None:
        self._crew = None
        self._hired.close()


def _prepare(keys: Keyring, letters: Sequence[Readable]) -> list[Ready | str]:
    return unpack_batch(prepare_batch(keys, letters))
