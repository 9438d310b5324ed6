"""A linked account over the Gmail API, and somebody in Gmail at the other side."""

from posthouse.foundation.db import Database
from posthouse.mail.accounts.gmail.driver import connect_gmail
from posthouse.mail.accounts.gmail.labels import ARCHIVE, TRASH, flags_of, places
from posthouse.mail.mailboxes.model import Flags
from tests.support.gmail_server import GmailServer, Mailbox
from tests.support.house import Workspace
from tests.support.keyed import KeyedLinked, link_keyed
from tests.support.mirror import Mirror

# Ours → Gmail's.
_NAMES = {
    "INBOX": "INBOX",
    "Sent": "SENT",
    "Drafts": "DRAFT",
    "Trash": TRASH,
    "Junk": "SPAM",
    "Archive": ARCHIVE,
}
_LABELS = {Flags.SEEN: "UNREAD", Flags.FLAGGED: "STARRED"}


class InGmail:
    """As `tests.support.keyed.Elsewhere`; a mail is known by its id in every folder."""

    def __init__(self, server: GmailServer, box: Mailbox) -> None:
        self.server = server
        self.box = box

    def make_folder(self, name: str) -> None:
        self.box.create_label(name)

    def deliver(self, folder: str, raw: bytes) -> None:
        label = self._label(folder)
        self.box.insert(raw, ["UNREAD"] + [label] * (label != ARCHIVE))

    def uids(self, folder: str) -> list[str]:
        label = self._label(folder)
        return [key for key in self.box.messages if label in self._places(key)]

    def raw(self, folder: str, uid: str) -> bytes:
        return self.box.messages[uid].raw

    def set_flag(self, folder: str, uid: str, flag: Flags, on: bool) -> None:
        has = [_LABELS[flag]] if on is (flag is Flags.FLAGGED) else []
        self.box.modify(uid, has, [_LABELS[flag]] if not has else [])

    def move(self, folder: str, uid: str, target: str) -> None:
        here, there = self._label(folder), self._label(target)
        if there == TRASH:
            self.box.trash(uid)
        else:
            self.box.modify(
                uid,
                [there] if there != ARCHIVE else [],
                [here] if here not in (ARCHIVE, there) else [],
            )

    def delete(self, folder: str, uid: str) -> None:
        self.box.delete(uid)

    def mirror(self) -> Mirror:
        names = {label: name for name, label in _NAMES.items()}
        names |= {label.id: label.name for label in self.box.labels.values()}
        found: Mirror = {name: [] for name in names.values()}
        for key, mail in self.box.messages.items():
            for place in self._places(key):
                found[names[place]].append((mail.raw, int(flags_of(mail.labels)), ()))
        return {name: sorted(mails) for name, mails in found.items()}

    def _places(self, key: str) -> tuple[str, ...]:
        return places(self.box.messages[key].labels, self.box.labels)

    def _label(self, name: str) -> str:
        if name in _NAMES:
            return _NAMES[name]
        return next(label.id for label in self.box.labels.values() if label.name == name)


async def link_gmail(
    house: Database, workspace: Workspace, server: GmailServer, box: Mailbox
) -> KeyedLinked:
    """Link that mailbox."""
    return await link_keyed(
        house,
        workspace,
        "gmail",
        server.web.port,
        connect_gmail,
        InGmail(server, box),
        login=box.address,
        token=lambda: next(token for token, user in server.tokens.items() if user == box.address),
    )
