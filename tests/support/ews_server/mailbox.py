"""What Exchange keeps of a mailbox: folders, items, and what happened to them, in its order."""

import base64
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Literal

Happened = Literal["create", "update", "read", "delete"]
_BEGINNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
# EWS distinguishedfolderid: name → (display name, FolderClass), below the message root.
_STANDARD = {
    "inbox": ("Inbox", "IPF.Note"),
    "sentitems": ("Sent Items", "IPF.Note"),
    "drafts": ("Drafts", "IPF.Note"),
    "deleteditems": ("Deleted Items", "IPF.Note"),
    "junkemail": ("Junk Email", "IPF.Note"),
    "outbox": ("Outbox", "IPF.Note"),
    "calendar": ("Calendar", "IPF.Appointment"),
    "contacts": ("Contacts", "IPF.Contact"),
}


@dataclass(frozen=True, kw_only=True)
class StoredItem:
    """`kind` is its element's name. Whatever changes makes another change key (HOW
    ews-identifiers-in-exchange).
    """

    id: str
    change_key: str
    raw: bytes
    received: datetime
    kind: str = "Message"
    read: bool = False
    draft: bool = False
    categories: tuple[str, ...] = ()
    flag: int = 0
    verb: int = 0

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.raw).get("Message-ID", "")).strip()

    @property
    def wants_receipt(self) -> bool:
        return "Disposition-Notification-To" in message_from_bytes(self.raw)


@dataclass
class StoredFolder:
    """`log` is what SyncFolderItems tells from."""

    id: str
    parent: str
    name: str
    kind: str = "IPF.Note"
    hidden: bool = False
    items: dict[str, StoredItem] = field(default_factory=dict)
    log: list[tuple[Happened, str]] = field(default_factory=list)


class Mailbox:
    """One mailbox; whoever listens is told of each event with the folder's and the item's id."""

    def __init__(self) -> None:
        self.root = _id("root")
        self.folders: dict[str, StoredFolder] = {}
        self.distinguished = {"msgfolderroot": self.root}
        self.dumpster: list[StoredItem] = []
        self.purged: list[StoredItem] = []
        self.sent: list[bytes] = []
        self.receipts = 0
        self.listeners: list[Callable[[str, str, str], None]] = []
        self.epoch = 0  # of SyncStates: a server that was restored knows those before no more
        self._keys = itertools.count(1)
        self._clock = itertools.count()
        for name, (shown, kind) in _STANDARD.items():
            self.distinguished[name] = self.make_folder(shown, kind=kind).id

    # -- as another program, or a person in Outlook

    def folder(self, name: str) -> StoredFolder:
        """By its distinguished name, else by the one it shows."""
        if name in self.distinguished:
            return self.folders[self.distinguished[name]]
        return next(each for each in self.folders.values() if each.name == name)

    def make_folder(
        self, name: str, parent: str = "", *, kind: str = "IPF.Note", hidden: bool = False
    ) -> StoredFolder:
        folder = StoredFolder(_id("folder"), parent or self.root, name, kind, hidden)
        self.folders[folder.id] = folder
        return folder

    def below(self, folder_id: str) -> Iterator[StoredFolder]:
        """All of them, at any depth."""
        for each in [each for each in self.folders.values() if each.parent == folder_id]:
            yield each
            yield from self.below(each.id)

    def drop_folder(self, folder_id: str) -> None:
        """With everything in it."""
        for each in [*self.below(folder_id)]:
            del self.folders[each.id]
        self.folders.pop(folder_id, None)

    def deliver(self, folder: StoredFolder, raw: bytes, **told: object) -> StoredItem:
        """A new item, seconds after the one before."""
        received = told.pop("received", None) or _BEGINNING + timedelta(seconds=next(self._clock))
        item = StoredItem(
            id=_id("item"),
            change_key=self._key(),
            raw=raw,
            received=received,  # type: ignore[arg-type]
            **told,  # type: ignore[arg-type]
        )
        folder.items[item.id] = item
        self._happened("create", folder, item.id)
        return item

    def change(self, folder: StoredFolder, item_id: str, **told: object) -> StoredItem:
        """Any of its fields; of a change of the read flag alone SyncFolderItems says nothing more
        (EWS readflagchange).
        """
        changed = replace(folder.items[item_id], change_key=self._key(), **told)  # type: ignore[arg-type]
        folder.items[item_id] = changed
        self._happened("read" if set(told) == {"read"} else "update", folder, item_id)
        return changed

    def move(self, folder: StoredFolder, item_id: str, target: StoredFolder) -> StoredItem:
        """HOW how-to-move-and-copy-email-messages…: a new item with a new id, the old one is
        deleted; the change key stays (HOW deleting-items-by-using-ews-in-exchange).
        """
        item = folder.items.pop(item_id)
        self._happened("delete", folder, item_id)
        moved = replace(item, id=_id("item"))
        target.items[moved.id] = moved
        self._happened("create", target, moved.id)
        return moved

    def remove(self, folder: StoredFolder, item_id: str, *, recoverable: bool = True) -> None:
        """HOW deleting-items-by-using-ews-in-exchange: to Deletions, or to Purges."""
        (self.dumpster if recoverable else self.purged).append(folder.items.pop(item_id))
        self._happened("delete", folder, item_id)

    def holding(self, item_id: str) -> StoredFolder | None:
        """The folder an item lies in. Ids are told apart by case, too."""
        return next((each for each in self.folders.values() if item_id in each.items), None)

    # -- synchronisation

    def since(
        self, folder: StoredFolder, place: int, most: int
    ) -> tuple[list[tuple[Happened, str]], int]:
        """What is different since a place in the log, and the place after that."""
        before = {item_id for happened, item_id in folder.log[:place] if happened == "create"}
        found: dict[str, Happened] = {}
        while place < len(folder.log) and len(found) < most:
            happened, item_id = folder.log[place]
            place += 1
            if happened == "delete":
                if found.pop(item_id, None) != "create" or item_id in before:
                    found[item_id] = "delete"
            elif item_id in folder.items and found.get(item_id) not in ("create", "update"):
                found[item_id] = happened
        return [(happened, item_id) for item_id, happened in found.items()], place

    def forget_sync_states(self) -> None:
        """As after the mailbox was restored, or moved to another database."""
        self.epoch += 1

    def _happened(self, happened: Happened, folder: StoredFolder, item_id: str) -> None:
        folder.log.append((happened, item_id))
        for each in list(self.listeners):
            each(happened, folder.id, item_id)

    def _key(self) -> str:
        return base64.b64encode(b"CQ" + next(self._keys).to_bytes(8, "big")).decode()


def _id(kind: str) -> str:
    """Opaque, up to 512 octets, told apart by case (HOW ews-identifiers-in-exchange)."""
    return "AAMk" + base64.b64encode(kind.encode() + os.urandom(24)).decode()
