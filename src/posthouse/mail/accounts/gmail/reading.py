"""Reads what is there beside the feed: folders, counts, content."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from posthouse.mail.accounts.errors import AccountError, Refused
from posthouse.mail.accounts.gmail.batch import Call
from posthouse.mail.accounts.gmail.client import decoded
from posthouse.mail.accounts.gmail.feed import Feed
from posthouse.mail.accounts.gmail.labels import (
    ARCHIVE,
    DRAFT,
    INBOX,
    SPAM,
    TRASH,
    flags_of,
    folders_for,
    path_of,
)
from posthouse.mail.accounts.gmail.messages import Message, MessageList
from posthouse.mail.accounts.gmail.places import Step
from posthouse.mail.accounts.gmail.raw import read_raw
from posthouse.mail.accounts.gmail.session import side_by_side
from posthouse.mail.accounts.keyed.model import Content
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.accounts.web import Incoming

# Google allows a user few at a time, and its units last for no more.
CONNECTIONS = 5
# Of what is larger only one is in memory.
_LARGE = 2 << 20
# What else is in the Trash keeps its labels: only these count what their folder shows.
_COUNTED = frozenset({INBOX, DRAFT, TRASH, SPAM})


class _Counted(msgspec.Struct, frozen=True, rename="camel"):
    messages_total: int = 0


class Reading(Feed):
    """The half of a driver that changes nothing."""

    async def folders(self) -> list[RemoteFolder]:
        """Labels that hold mail, and All Mail."""
        return folders_for(await self.know_labels())

    async def has_folder(self, folder: bytes) -> bool:
        """labels.get; All Mail is always there."""
        name = folder.decode()
        if name == ARCHIVE:
            return True
        try:
            await self._client.call(Call(method="labels.get", verb="GET", path=path_of(name)))
        except Refused as error:
            if error.code == "NONEXISTENT":
                return False
            raise
        return True

    async def counts(self, folders: Sequence[bytes]) -> dict[bytes, int]:
        """messagesTotal, where it counts what we count."""
        asked = [each for each in folders if each.decode() in _COUNTED]
        calls = [
            Call(method="labels.get", verb="GET", path=path_of(each.decode())) for each in asked
        ]
        answers = zip(asked, await self._client.batch(calls), strict=True)
        return {
            folder: decoded(answer.content, _Counted).messages_total
            for folder, answer in answers
            if not isinstance(answer, AccountError)
        }

    async def contents(self, items: Sequence[tuple[bytes, bytes]]) -> AsyncIterator[Content]:
        """messages.get with format=raw, a few at a time."""
        keys = dict.fromkeys(key for _, key in items)
        async for found in side_by_side(map(self._content, keys), CONNECTIONS):
            if found is not None:
                yield found

    async def _content(self, key: bytes) -> Content | None:
        call = Call(
            method="messages.get",
            verb="GET",
            path=f"/messages/{key.decode()}",
            query=(("format", "raw"), ("fields", "id,labelIds,internalDate,raw")),
        )
        try:
            raw, told = await self._client.stream(call, self._read)
        except Refused:
            return None
        return Content(key, raw, flags_of(told.label_ids), told.arrived)

    async def _read(self, incoming: Incoming) -> tuple[bytes, Message]:
        raw, rest = await read_raw(incoming.chunks, self._one_large, _LARGE)
        return raw, decoded(rest, Message)

    async def have_ids(self, folder: bytes, message_ids: Sequence[str]) -> set[str]:
        """messages.list with rfc822msgid, which is what Gmail's own search has."""
        step = Step(folder.decode(), None)
        calls = [
            Call(
                method="messages.list",
                verb="GET",
                path="/messages",
                query=_with_words(step, f"rfc822msgid:{each}"),
            )
            for each in message_ids
        ]
        found: set[str] = set()
        for each, answer in zip(message_ids, await self._client.batch(calls), strict=True):
            if isinstance(answer, AccountError):
                raise answer
            if decoded(answer.content, MessageList).messages:
                found.add(each)
        return found


def _with_words(step: Step, words: str) -> list[tuple[str, str]]:
    query = dict(step.query())
    return [*(query | {"q": f"{query.get('q', '')} {words}".strip()}).items(), ("maxResults", "1")]
