"""One mailbox as Exchange keeps it: folders, messages with ids that last, a log of changes."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any, Literal

# A/resources/mailfolder: well-known folder names
WELL_KNOWN = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
    "archive": "Archive",
    "outbox": "Outbox",
}
ROOT = "msgfolderroot"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_SIZE, _VERB = "Integer 0xe08", "Integer 0x1081"


@dataclass(kw_only=True)
class GraphFolder:
    """`kind` is what @odata.type says of it."""

    id: str
    name: str
    parent: str
    kind: Literal["mailFolder", "mailSearchFolder"] = "mailFolder"


@dataclass(kw_only=True)
class GraphMessage:
    """`change` is behind its changeKey: another one whenever anything changed."""

    id: str
    folder: str
    raw: bytes
    received: datetime
    change: int
    is_read: bool = False
    flagged: bool = False
    is_draft: bool = False
    categories: list[str] = field(default_factory=list)
    verb: int = 0


@dataclass(kw_only=True)
class Faults:
    """What a delta may do and still be one: it tells things twice, in any order, late."""

    duplicate: bool = False
    reorder: random.Random | None = None
    omit: set[str] = field(default_factory=set)  # ids that no delta tells of: a gap


@dataclass(frozen=True)
class Change:
    """In the log of a folder."""

    seq: int
    folder: str
    id: str


class GraphMailbox:
    """What a test does as somebody in Outlook, and what the server reads."""

    def __init__(self) -> None:
        self.folders: dict[str, GraphFolder] = {}
        self.messages: dict[str, GraphMessage] = {}
        self.purged: dict[str, GraphMessage] = {}
        self.log: list[Change] = []
        self.oldest = 0  # tokens from before are not known any more
        self.faults = Faults()
        self._ids = 0
        self._known: dict[str, str] = {}
        for name, shown in WELL_KNOWN.items():
            self._known[name] = self.make_folder(shown).id

    # -- what somebody in Outlook does

    def make_folder(self, name: str, parent: str = ROOT) -> GraphFolder:
        folder = GraphFolder(id=self._new("AQMkF"), name=name, parent=parent)
        self.folders[folder.id] = folder
        return folder

    def rename_folder(self, folder: str, name: str) -> None:
        self.folders[self.find(folder)].name = name

    def delete_folder(self, folder: str) -> None:
        """For good, with everything in it."""
        gone = self.find(folder)
        for message in list(self.in_folder(gone)):
            self.purge(message.id)
        for child in [each.id for each in self.folders.values() if each.parent == gone]:
            self.delete_folder(child)
        del self.folders[gone]

    def deliver(
        self, raw: bytes, folder: str = "inbox", *, draft: bool = False, read: bool = False
    ) -> GraphMessage:
        message = GraphMessage(
            id=self._new("AAkALgAA"),
            folder=self.find(folder),
            raw=raw,
            received=_EPOCH + timedelta(minutes=self._ids),
            change=0,
            is_draft=draft,
            is_read=read,
        )
        self.messages[message.id] = message
        self.touch(message)
        return message

    def touch(self, message: GraphMessage) -> None:
        """It is another one now, and told of."""
        self._log(message.folder, message.id)
        message.change = len(self.log)

    def move(self, identifier: str, folder: str) -> GraphMessage:
        message = self.messages[identifier]
        self._log(message.folder, identifier)
        message.folder = self.find(folder)
        self.touch(message)
        return message

    def purge(self, identifier: str) -> None:
        message = self.purged[identifier] = self.messages.pop(identifier)
        self._log(message.folder, identifier)

    def edit(self, identifier: str, raw: bytes) -> None:
        message = self.messages[identifier]
        message.raw = raw
        self.touch(message)

    def forget_tokens(self) -> None:
        """All that were given until now."""
        self.oldest = len(self.log) + 1
        self._log("", "")

    # -- reading

    def find(self, folder: str) -> str:
        """By id or well-known name. Raises KeyError."""
        found = self._known.get(folder.lower(), folder)
        if found != ROOT and found not in self.folders:
            raise KeyError(folder)
        return found

    def named(self, path: str) -> str:
        """The id of a folder by the names on its way."""
        at = ROOT
        for name in path.split("/"):
            at = next(each.id for each in self.children(at) if each.name == name)
        return at

    def children(self, parent: str) -> list[GraphFolder]:
        return [each for each in self.folders.values() if each.parent == self.find(parent)]

    def in_folder(self, folder: str) -> Iterator[GraphMessage]:
        return (each for each in self.messages.values() if each.folder == folder)

    def changed_since(self, folder: str, seq: int) -> list[str]:
        """Ids with something to tell, each once, in the order of their last change."""
        last = {each.id: each.seq for each in self.log if each.folder == folder and each.seq > seq}
        found = sorted(last.keys() - self.faults.omit, key=lambda each: last[each])
        if self.faults.duplicate:
            found += found
        if self.faults.reorder is not None:
            self.faults.reorder.shuffle(found)
        return found

    def shown_id(self, message: GraphMessage, *, immutable: bool) -> str:
        """G/outlook-immutable-id: without the header an id changes when the item is moved."""
        return message.id if immutable else f"{message.id}.{message.folder}"

    def by_id(self, identifier: str) -> GraphMessage:
        """Raises KeyError."""
        name, _, folder = identifier.partition(".")
        message = self.messages[name]
        if folder and folder != message.folder:
            raise KeyError(identifier)
        return message

    def _new(self, prefix: str) -> str:
        self._ids += 1
        number = base64.urlsafe_b64encode(self._ids.to_bytes(6)).decode()
        return f"{prefix}{number}="

    def _log(self, folder: str, identifier: str) -> None:
        self.log.append(Change(len(self.log) + 1, folder, identifier))


def shown_message(box: GraphMailbox, message: GraphMessage, *, immutable: bool) -> dict[str, Any]:
    """A/resources/message; extended properties as A/singlevaluelegacyextendedproperty-get."""
    parsed = message_from_bytes(message.raw, policy=policy.default)
    key = base64.b64encode(b"%016d" % message.change).decode()
    return {
        "@odata.etag": f'W/"{key}"',
        "id": box.shown_id(message, immutable=immutable),
        "changeKey": key,
        "categories": list(message.categories),
        "receivedDateTime": message.received.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "internetMessageId": str(parsed.get("Message-ID", "")),
        "subject": str(parsed.get("Subject", "")),
        "parentFolderId": message.folder,
        "isRead": message.is_read,
        "isDraft": message.is_draft,
        "flag": {"flagStatus": "flagged" if message.flagged else "notFlagged"},
        "singleValueExtendedProperties": [
            {"id": _SIZE, "value": str(len(message.raw))},
            *([{"id": _VERB, "value": str(message.verb)}] if message.verb else []),
        ],
    }


def change_message(message: GraphMessage, told: dict[str, Any]) -> None:
    """A/message-update: of a message that is no draft these alone can be changed here."""
    message.is_read = told.get("isRead", message.is_read)
    message.categories = list(told.get("categories", message.categories))
    if "flag" in told:
        message.flagged = told["flag"]["flagStatus"] == "flagged"
    for each in told.get("singleValueExtendedProperties", ()):
        if each["id"].lower() == _VERB.lower():
            message.verb = int(each["value"])
