"""Brings changes of ours to Gmail: labels on and off, messages in, out and away."""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from posthouse.mail.accounts.errors import AccountError, Refused
from posthouse.mail.accounts.gmail.batch import Call
from posthouse.mail.accounts.gmail.client import decoded
from posthouse.mail.accounts.gmail.labels import (
    ARCHIVE,
    DRAFT,
    FIXED,
    STARRED,
    TRASH,
    UNREAD,
    Label,
    labels_for,
    labels_for_move,
    levels_of,
    name_of,
    path_of,
    places,
)
from posthouse.mail.accounts.gmail.messages import Message
from posthouse.mail.accounts.gmail.reading import Reading
from posthouse.mail.accounts.keyed.driver import Told
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import Flags

# "There is a limit of 1000 ids per request."
_MOST_AT_ONCE = 1_000
# From so many on batchModify (50 units) costs less than one modify (5) for each.
_MANY = 10

log = logging.getLogger(__name__)


class _Draft(msgspec.Struct, frozen=True):
    message: Message


class Writing(Reading):
    """The half of a driver that changes things."""

    async def store_flags(
        self,
        folder: bytes,
        keys: Sequence[bytes],
        *,
        add: Flags,
        remove: Flags,
        add_keywords: Sequence[str],
        remove_keywords: Sequence[str],
    ) -> None:
        """UNREAD and STARRED; drafts take no labels."""
        added, removed = labels_for(add, remove)
        if folder.decode() == DRAFT or not (added or removed):
            return
        for start in range(0, len(keys), _MOST_AT_ONCE):
            some = keys[start : start + _MOST_AT_ONCE]
            if len(some) < _MANY or not await self._modify_many(some, added, removed):
                await self._modify(some, added, removed)

    async def move(self, source: bytes, keys: Sequence[bytes], target: bytes) -> dict[bytes, bytes]:
        """The key stays; to and from All Mail is what Gmail calls archiving."""
        here, there = source.decode(), target.decode()
        if there in FIXED - {ARCHIVE}:
            raise Refused("Gmail puts its own drafts and sent mail there, and nothing else.")
        keys = await self._still_in(here, keys)
        added, removed = labels_for_move(here, there)
        if there == TRASH:
            keys = await self._each(keys, [_trash(key) for key in keys])
        elif added or removed:  # else it is in All Mail as well as where it stays
            keys = await self._each(keys, [_modify(key, added, removed) for key in keys])
        return {key: key for key in keys}

    async def _still_in(self, folder: str, keys: Sequence[bytes]) -> list[bytes]:
        """What somebody has moved away meanwhile would lie in two folders."""
        own, states = await self.own_labels(), await self.states(keys)
        return [
            key
            for key in keys
            if (state := states.get(key)) is not None and folder in places(state.label_ids, own)
        ]

    async def delete(self, folder: bytes, keys: Sequence[bytes]) -> None:
        """A label goes where another folder still shows the message; else the message does."""
        here, own = folder.decode(), await self.own_labels()
        other: list[bytes] = []
        last: list[bytes] = []
        for key, state in (await self.states(keys)).items():
            if state is None:
                continue
            shown = places(state.label_ids, own)
            if shown == (here,):
                last.append(key)
            elif here in shown and here not in FIXED:
                other.append(key)
        await self._each(other, [_modify(key, [], [here]) for key in other])
        for start in range(0, len(last), _MOST_AT_ONCE):
            await self._delete(last[start : start + _MOST_AT_ONCE])

    async def append(
        self,
        folder: bytes,
        raw: bytes,
        *,
        flags: Flags,
        keywords: Sequence[str] = (),
        arrived: datetime | None = None,
    ) -> bytes:
        """messages.insert, which sends nothing; drafts by drafts.create. Sent mail Gmail knows by
        its From, and the date is that of the message.
        """
        name = folder.decode()
        if name == DRAFT or Flags.DRAFT in flags:
            answer = await self._client.upload(
                "drafts.create", "/drafts", "message/rfc822", [raw], [("uploadType", "media")]
            )
            return decoded(answer.content, _Draft).message.key
        labels = [name] * (name not in FIXED)
        labels += [UNREAD] * (Flags.SEEN not in flags) + [STARRED] * (Flags.FLAGGED in flags)
        kind, content = _related({"labelIds": labels}, raw)
        query = [("uploadType", "multipart"), ("internalDateSource", "dateHeader")]
        answer = await self._client.upload("messages.insert", "/messages", kind, content, query)
        return decoded(answer.content, Message).key

    async def send(self, raw: bytes, begun: bytes | None, told: Told) -> None:
        """messages.send; Gmail files it in Sent by itself. What has a key has left."""
        if begun is not None:
            return
        answer = await self._client.upload(
            "messages.send",
            "/messages/send",
            "message/rfc822",
            [raw],
            [("uploadType", "media"), ("fields", "id")],
        )
        await told(decoded(answer.content, Message).key)

    # -- folders

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder:
        """labels.create, for those above it, too: the API makes none by itself."""
        if not levels or not all(levels):
            raise Refused("A folder needs a name.")
        made: Label | None = None
        for depth in range(1, len(levels) + 1):
            made = await self._create(name_of(levels[:depth]))
        assert made is not None
        return self._known(made)

    async def rename_folder(self, folder: bytes, levels: Sequence[str]) -> RemoteFolder:
        """labels.patch, with those below it: their names begin with its own."""
        if not levels or not all(levels):
            raise Refused("A folder needs a name.")
        labels = {label.id: label for label in await self.list_labels()}
        before = labels.get(folder.decode())
        if before is None or not before.is_own:
            raise Refused("Gmail's own labels keep their names.", code="CANNOT")
        name = name_of(levels)
        renamed = await self._rename(before.id, name)
        for label in labels.values():
            if label.is_own and label.name.startswith(f"{before.name}/"):
                await self._rename(label.id, name + label.name[len(before.name) :])
        return self._known(renamed)

    async def delete_folder(self, folder: bytes) -> None:
        """labels.delete: its mail stays in All Mail."""
        call = Call(method="labels.delete", verb="DELETE", path=path_of(folder.decode()))
        await self._client.call(call)
        self._labels.pop(folder.decode(), None)

    # -- calls

    async def _create(self, name: str) -> Label:
        wanted = {
            "name": name,
            "labelListVisibility": "labelShow",
            "messageListVisibility": "show",
        }
        try:
            answer = await self._client.call(_post("labels.create", "/labels", wanted))
        except Refused as error:
            if error.code != "ALREADYEXISTS":
                raise
            for label in await self.list_labels():
                if label.is_own and label.name.casefold() == name.casefold():
                    return label
            raise
        return decoded(answer.content, Label)

    async def _rename(self, label: str, name: str) -> Label:
        call = Call(
            method="labels.update",
            verb="PATCH",
            path=path_of(label),
            content=msgspec.json.encode({"name": name}),
        )
        return decoded((await self._client.call(call)).content, Label)

    def _known(self, label: Label) -> RemoteFolder:
        self._labels[label.id] = label
        return RemoteFolder(wire=label.id.encode(), levels=levels_of(label.name), by_key=True)

    async def _modify_many(
        self, keys: Sequence[bytes], added: Sequence[str], removed: Sequence[str]
    ) -> bool:
        """Whether it was done: one message that is gone may spoil it for all."""
        wanted = {
            "ids": [key.decode() for key in keys],
            "addLabelIds": added,
            "removeLabelIds": removed,
        }
        try:
            await self._client.call(_post("messages.batchModify", "/messages/batchModify", wanted))
        except Refused:
            return False
        return True

    async def _modify(
        self, keys: Sequence[bytes], added: Sequence[str], removed: Sequence[str]
    ) -> None:
        await self._each(keys, [_modify(key, added, removed) for key in keys])

    async def _each(self, keys: Sequence[bytes], calls: Sequence[Call]) -> list[bytes]:
        """Those that are still there. Raises what Google says of the others, when all is done."""
        done: list[bytes] = []
        trouble: AccountError | None = None
        for key, answer in zip(keys, await self._client.batch(calls), strict=True):
            if not isinstance(answer, AccountError):
                done.append(key)
            elif not isinstance(answer, Refused) or answer.code != "NONEXISTENT":
                trouble = answer
        if trouble is not None:
            raise trouble
        return done

    async def _delete(self, keys: Sequence[bytes]) -> None:
        if len(keys) < _MANY // 2:
            calls = [
                Call(method="messages.delete", verb="DELETE", path=f"/messages/{key.decode()}")
                for key in keys
            ]
            await self._each(keys, calls)
        elif keys:
            wanted = {"ids": [key.decode() for key in keys]}
            await self._client.call(_post("messages.batchDelete", "/messages/batchDelete", wanted))


def _post(method: str, path: str, content: object) -> Call:
    return Call(method=method, verb="POST", path=path, content=msgspec.json.encode(content))


def _modify(key: bytes, added: Sequence[str], removed: Sequence[str]) -> Call:
    wanted = {"addLabelIds": added, "removeLabelIds": removed}
    return _post("messages.modify", f"/messages/{key.decode()}/modify", wanted)


def _trash(key: bytes) -> Call:
    return Call(method="messages.trash", verb="POST", path=f"/messages/{key.decode()}/trash")


def _related(metadata: object, raw: bytes) -> tuple[str, list[bytes]]:
    """(Content-Type, content) of what is told of a message together with it.

    developers.google.com/workspace/gmail/api/guides/uploads#multipart
    """
    boundary = secrets.token_hex(24)
    head = (
        f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
        f"{msgspec.json.encode(metadata).decode()}\r\n"
        f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return (
        f"multipart/related; boundary={boundary}",
        [head.encode(), raw, f"\r\n--{boundary}--\r\n".encode()],
    )
