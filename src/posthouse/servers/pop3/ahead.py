"""Messages read ahead for a client that takes one after the other, as nearly all do.

A program sends RETR, waits, and sends the next one: each by itself would cost a transaction. From
the second in a row on, batches are read, the next one while this one goes out.
"""

import asyncio
from collections.abc import Sequence

from posthouse.mail.mailboxes.model import Fetched
from posthouse.mail.maildrops import Maildrop
from posthouse.servers.pop3.limits import Limits
from posthouse.servers.pop3.store import Store

_Batch = dict[int, Fetched]


class ReadAhead:
    """At most two batches in memory; a message bigger than one is read alone, when it is wanted."""

    def __init__(self, store: Store, drop: Maildrop, limits: Limits) -> None:
        self._store = store
        self._drop = drop
        self._limits = limits
        self._want: frozenset[str] = frozenset()
        self._last = -1
        self._here: _Batch = {}
        self._coming: tuple[range, asyncio.Task[_Batch]] | None = None

    async def get(self, index: int, want: frozenset[str]) -> Fetched | None:
        """The message, None when it has left the Inbox. `want` as in mailboxes/reading."""
        if want != self._want:
            self.forget()
            self._want = want
        in_a_row = index == self._last + 1
        self._last = index
        if index not in self._here:
            self._here = await self._batch_with(index, in_a_row=in_a_row)
        found = self._here.pop(index, None)
        if in_a_row and self._coming is None:
            self._begin(self._last_here(index) + 1)
        return found

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._here = {}
        if self._coming is not None:
            self._coming[1].cancel()
            self._coming = None

    async def _batch_with(self, index: int, *, in_a_row: bool) -> _Batch:
        coming, self._coming = self._coming, None
        if coming is not None:
            if index in coming[0]:
                return await coming[1]
            coming[1].cancel()
        indexes = self._together(index) if in_a_row else range(index, index + 1)
        return await self._read(indexes)

    def _last_here(self, index: int) -> int:
        return max(self._here, default=index)

    def _begin(self, index: int) -> None:
        small = index < len(self._drop) and self._drop.sizes[index] <= self._limits.ahead_octets
        if small:
            indexes = self._together(index)
            task = asyncio.get_running_loop().create_task(self._read(indexes))
            # Who never asks for them is not interested in why they could not be read either.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._coming = indexes, task

    def _together(self, first: int) -> range:
        octets, end = self._drop.sizes[first], first + 1
        most = min(len(self._drop), first + self._limits.ahead_messages)
        while end < most and octets + self._drop.sizes[end] <= self._limits.ahead_octets:
            octets += self._drop.sizes[end]
            end += 1
        return range(first, end)

    async def _read(self, indexes: Sequence[int]) -> _Batch:
        return await self._store.fetch(self._drop, indexes, self._want)
