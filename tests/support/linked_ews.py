"""A linked account by EWS, and somebody in Outlook at the other side."""

from posthouse.foundation.db import Database
from posthouse.mail.accounts.ews.driver import connect_ews
from posthouse.mail.accounts.model import Secret
from posthouse.mail.mailboxes.model import Flags
from tests.support.ews_server import PASSWORD, USER, EwsServer, Mailbox, StoredFolder
from tests.support.house import Workspace
from tests.support.keyed import KeyedLinked, link_keyed
from tests.support.mirror import Mirror

# Ours → Exchange's.
_NAMES = {
    "INBOX": "inbox",
    "Sent": "sentitems",
    "Drafts": "drafts",
    "Trash": "deleteditems",
    "Junk": "junkemail",
}
_NO_MAIL = {"outbox", "calendar", "contacts"}


class Outlook:
    """As `tests.support.keyed.Elsewhere`."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box

    def make_folder(self, name: str) -> None:
        above, _, own = name.rpartition("/")
        self.box.make_folder(own, self.folder(above).id if above else "")

    def deliver(self, folder: str, raw: bytes) -> None:
        self.box.deliver(self.folder(folder), raw)

    def uids(self, folder: str) -> list[str]:
        return list(self.folder(folder).items)

    def raw(self, folder: str, uid: str) -> bytes:
        return self.folder(folder).items[uid].raw

    def set_flag(self, folder: str, uid: str, flag: Flags, on: bool) -> None:
        if flag is Flags.SEEN:
            self.box.change(self.folder(folder), uid, read=on)
        else:
            self.box.change(self.folder(folder), uid, flag=2 * on)

    def move(self, folder: str, uid: str, target: str) -> None:
        self.box.move(self.folder(folder), uid, self.folder(target))

    def delete(self, folder: str, uid: str) -> None:
        self.box.remove(self.folder(folder), uid, recoverable=False)

    def mirror(self) -> Mirror:
        hidden = {self.box.distinguished[name] for name in _NO_MAIL}
        return {
            self._path(folder): sorted(
                (
                    item.raw,
                    Flags.SEEN * item.read
                    | Flags.FLAGGED * (item.flag == 2)
                    | Flags.DRAFT * item.draft
                    | Flags.ANSWERED * (item.verb in (102, 103)),
                    tuple(sorted(item.categories)),
                )
                for item in folder.items.values()
            )
            for folder in self.box.folders.values()
            if folder.id not in hidden
        }

    def folder(self, name: str) -> StoredFolder:
        """By our name for it."""
        by_path = {self._path(each): each for each in self.box.folders.values()}
        return by_path[name]

    def _path(self, folder: StoredFolder) -> str:
        for ours, theirs in _NAMES.items():
            if self.box.distinguished[theirs] == folder.id:
                return ours
        if folder.parent == self.box.root:
            return folder.name
        return f"{self._path(self.box.folders[folder.parent])}/{folder.name}"


async def link_ews(house: Database, workspace: Workspace, server: EwsServer) -> KeyedLinked:
    """Link the mailbox of the server."""
    return await link_keyed(
        house,
        workspace,
        "ews",
        server.server(),
        connect_ews,
        Outlook(server.mailbox),
        login=USER,
        secret=Secret(password=PASSWORD),
        way=server.outside(),
    )
