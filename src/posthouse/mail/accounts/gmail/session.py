"""What every part of the driver has: the client, and the labels as they were listed last."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from posthouse.mail.accounts.errors import AccountError, Broken, Refused
from posthouse.mail.accounts.gmail.batch import Call
from posthouse.mail.accounts.gmail.client import Client, decoded
from posthouse.mail.accounts.gmail.labels import INBOX, Label, places
from posthouse.mail.accounts.gmail.messages import Message

T = TypeVar("T")


class _Labels(msgspec.Struct, frozen=True):
    labels: list[Label] = []


class Session:
    """One user's mailbox."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._labels: dict[str, Label] = {}
        self._one_large = asyncio.Lock()

    async def list_labels(self) -> list[Label]:
        """As they are now; what was known before stays known."""
        told = await self._client.get("labels.list", "/labels", _Labels)
        if all(label.id != INBOX for label in told.labels):
            raise Broken("Google's list of labels has no Inbox.")
        return told.labels

    async def know_labels(self) -> list[Label]:
        """From now on these are the folders."""
        labels = await self.list_labels()
        self._labels = {label.id: label for label in labels}
        return labels

    async def own_labels(self) -> frozenset[str]:
        """Those that are folders beside Gmail's own, as they were listed last."""
        if not self._labels:
            await self.know_labels()
        return frozenset(name for name, label in self._labels.items() if label.is_own)

    async def places_of(self, message: Message) -> tuple[str, ...]:
        """The folders that show it."""
        return places(message.label_ids, await self.own_labels())

    async def states(self, keys: Sequence[bytes]) -> dict[bytes, Message | None]:
        """How messages stand now, None for those that are gone. What Google refuses to tell of one
        is left out: it says nothing about the others.
        """
        calls = [
            Call(
                method="messages.get",
                verb="GET",
                path=f"/messages/{key.decode()}",
                query=(("format", "minimal"), ("fields", "id,labelIds,internalDate,sizeEstimate")),
            )
            for key in keys
        ]
        found: dict[bytes, Message | None] = {}
        for key, answer in zip(keys, await self._client.batch(calls), strict=True):
            if isinstance(answer, Refused):
                if answer.code == "NONEXISTENT":
                    found[key] = None
            elif isinstance(answer, AccountError):
                raise answer
            else:
                found[key] = decoded(answer.content, Message)
        return found


async def side_by_side(todo: Iterable[Coroutine[Any, Any, T]], most: int) -> AsyncIterator[T]:
    """Results in order, some of them at a time."""
    running: deque[asyncio.Task[T]] = deque()
    try:
        for each in todo:
            running.append(asyncio.create_task(each))
            if len(running) >= most:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
