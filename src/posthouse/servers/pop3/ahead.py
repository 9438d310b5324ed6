"""What is read ahead for a client that takes one message after the other, as nearly all do.

A program sends RETR, waits, and sends the next one: each by itself would cost a transaction. From
the second in a row on, batches are read, the next one while this one goes out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from posthouse.mail.maildrops import Maildrop
from posthouse.servers.pop3.limits import Limits

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """At most two batches in memory; a message bigger than one is read alone, when it is wanted."""

    def __init__(
        self,
        drop: Maildrop,
        limits: Limits,
        read: Callable[[Sequence[int]], Awaitable[dict[int, T]]],
    ) -> None:
        self._drop = drop
        self._limits = limits
        self._read = read
        self._last = -1
        self._here: dict[int, T] = {}
        self._coming: tuple[range, asyncio.Future[dict[int, T]]] | None = None

    async def get(self, index: int) -> T | None:
        """What `read` finds for a message; None when it finds nothing."""
        in_a_row = index == self._last + 1
        self._last = index
        if index not in self._here:
            self._here = await self._batch_with(index, in_a_row=in_a_row)
        found = self._here.pop(index, None)
        if in_a_row and self._coming is None:
            self._begin(max(self._here, default=index) + 1)
        return found

    def peek(self, index: int) -> T | None:
        """The same, if it is here already."""
        return self._here.get(index)

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._here = {}
        if self._coming is not None:
            self._coming[1].cancel()
            self._coming = None

    async def _batch_with(self, index: int, *, in_a_row: bool) -> dict[int, T]:
        coming, self._coming = self._coming, None
        if coming is not None:
            if index in coming[0]:
                return await coming[1]
            coming[1].cancel()
        return await self._read(self._together(index) if in_a_row else range(index, index + 1))

    def _begin(self, index: int) -> None:
        if index < len(self._drop) and self._drop.sizes[index] <= self._limits.ahead_octets:
            indexes = self._together(index)
            coming = asyncio.ensure_future(self._read(indexes))
            # Who never asks for them is not interested in why they could not be read either.
            coming.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._coming = indexes, coming

    def _together(self, first: int) -> range:
        octets, end = self._drop.sizes[first], first + 1
        most = min(len(self._drop), first + self._limits.ahead_messages)
        while end < most and octets + self._drop.sizes[end] <= self._limits.ahead_octets:
            octets += self._drop.sizes[end]
            end += 1
        return range(first, end)
