"""A linked account by Graph, and somebody in Outlook at the other side."""

from posthouse.foundation.db import Database
from posthouse.mail.accounts.graph import connect_graph
from posthouse.mail.mailboxes.model import Flags
from tests.support.graph_server import GraphMailbox, GraphServer
from tests.support.graph_server.mailbox import ROOT
from tests.support.house import Workspace
from tests.support.keyed import KeyedLinked, link_keyed
from tests.support.mirror import Mirror

# Ours → Exchange's.
_NAMES = {
    "INBOX": "Inbox",
    "Sent": "Sent Items",
    "Drafts": "Drafts",
    "Trash": "Deleted Items",
    "Junk": "Junk Email",
    "Archive": "Archive",
}


class Outlook:
    """As `tests.support.keyed.Elsewhere`."""

    def __init__(self, box: GraphMailbox) -> None:
        self.box = box

    def make_folder(self, name: str) -> None:
        above, _, own = name.rpartition("/")
        self.box.make_folder(own, self.box.named(above) if above else ROOT)

    def deliver(self, folder: str, raw: bytes) -> None:
        self.box.deliver(raw, self._id(folder))

    def uids(self, folder: str) -> list[str]:
        return [each.id for each in self.box.in_folder(self._id(folder))]

    def raw(self, folder: str, uid: str) -> bytes:
        return self.box.messages[uid].raw

    def set_flag(self, folder: str, uid: str, flag: Flags, on: bool) -> None:
        message = self.box.messages[uid]
        if flag is Flags.SEEN:
            message.is_read = on
        else:
            message.flagged = on
        self.box.touch(message)

    def move(self, folder: str, uid: str, target: str) -> None:
        self.box.move(uid, self._id(target))

    def delete(self, folder: str, uid: str) -> None:
        self.box.purge(uid)

    def mirror(self) -> Mirror:
        found: Mirror = {}
        for folder in self.box.folders.values():
            path = self._path(folder.id)
            if path == "Outbox":
                continue
            found[path] = sorted(
                (each.raw, self._flags(each.id), tuple(sorted(each.categories)))
                for each in self.box.in_folder(folder.id)
            )
        return found

    def _flags(self, uid: str) -> int:
        message = self.box.messages[uid]
        return (
            Flags.SEEN * message.is_read
            | Flags.FLAGGED * message.flagged
            | Flags.DRAFT * message.is_draft
            | Flags.ANSWERED * (message.verb in (102, 103))
        )

    def _path(self, identifier: str) -> str:
        folder = self.box.folders[identifier]
        if folder.parent == ROOT:
            ours = {theirs: name for name, theirs in _NAMES.items()}
            return ours.get(folder.name, folder.name)
        return f"{self._path(folder.parent)}/{folder.name}"

    def _id(self, name: str) -> str:
        top, *rest = name.split("/")
        return self.box.named("/".join([_NAMES.get(top, top), *rest]))


async def link_graph(house: Database, workspace: Workspace, server: GraphServer) -> KeyedLinked:
    """Link the mailbox of the server."""
    return await link_keyed(
        house,
        workspace,
        "graph",
        server.port,
        connect_graph,
        Outlook(server.box),
        token=lambda: server.token,
    )
