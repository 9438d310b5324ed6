"""Labels as folders: which a message lies in, and which labels change when it is moved.

developers.google.com/workspace/gmail/api/guides/labels
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.mailboxes.model import Flags, SpecialUse

ARCHIVE = "ARCHIVE"  # our name for All Mail, which is no label
UNREAD, STARRED, DRAFT, SENT, TRASH, SPAM, INBOX = (
    "UNREAD",
    "STARRED",
    "DRAFT",
    "SENT",
    "TRASH",
    "SPAM",
    "INBOX",
)
CHAT = "CHAT"  # no mail
FLAGS = Flags.SEEN | Flags.FLAGGED | Flags.DRAFT


class Label(msgspec.Struct, frozen=True, rename="camel"):
    """As labels.list tells it."""

    id: str
    name: str = ""
    type: str = "system"

    @property
    def is_own(self) -> bool:
        """Made by its user."""
        return self.type == "user"


class _System(NamedTuple):
    levels: tuple[str, ...]
    use: SpecialUse | None
    is_view: bool = False


# Names as Gmail's own IMAP has them without its prefix.
_SYSTEM: Mapping[str, _System] = {
    INBOX: _System(("INBOX",), "inbox"),
    SENT: _System(("Sent Mail",), "sent"),
    DRAFT: _System(("Drafts",), "drafts"),
    ARCHIVE: _System(("All Mail",), "archive"),
    TRASH: _System(("Trash",), "trash"),
    SPAM: _System(("Spam",), "junk"),
    STARRED: _System(("Starred",), None, True),
    "IMPORTANT": _System(("Important",), None, True),
}
SHOWN = frozenset({INBOX, SENT, DRAFT})
# "Can be manually applied: no".
FIXED = frozenset({SENT, DRAFT, ARCHIVE})


def folders_for(labels: Collection[Label]) -> list[RemoteFolder]:
    """System folders first; categories and the like are none, over IMAP neither."""
    there = {label.id for label in labels} | {ARCHIVE}
    system = [
        RemoteFolder(
            wire=name.encode(),
            levels=each.levels,
            special_use=each.use,
            is_view=each.is_view,
            by_key=True,
        )
        for name, each in _SYSTEM.items()
        if name in there
    ]
    return [*system, *(_own(label) for label in labels if label.is_own)]


def path_of(label: str) -> str:
    """Of labels.get and its like; what Google calls a label is none of ours to trust."""
    return f"/labels/{quote(label, safe='')}"


def levels_of(name: str) -> tuple[str, ...]:
    """`Customers/North` lies below `Customers`, also where that is no label."""
    return tuple(filter(None, name.split("/"))) or (name,)


def name_of(levels: Collection[str]) -> str:
    """The name of a label for these levels."""
    return "/".join(level.replace("/", "-") for level in levels)


def places(labels: Collection[str], own: Collection[str]) -> tuple[str, ...]:
    """The folders that show a message; `own` are the labels that are folders beside Gmail's."""
    if CHAT in labels:
        return ()
    if TRASH in labels:
        return (TRASH,)
    if SPAM in labels:
        return (SPAM,)
    shown = tuple(label for label in sorted(labels) if label in SHOWN or label in own)
    return shown or (ARCHIVE,)


def flags_of(labels: Collection[str]) -> Flags:
    """Of a message with these labels."""
    flags = Flags(0)
    if UNREAD not in labels:
        flags |= Flags.SEEN
    if STARRED in labels:
        flags |= Flags.FLAGGED
    if DRAFT in labels:
        flags |= Flags.DRAFT
    return flags


def labels_for(add: int, remove: int) -> tuple[list[str], list[str]]:
    """(labels to add, labels to remove) for flags to add and to remove."""
    added = [STARRED] * bool(add & Flags.FLAGGED) + [UNREAD] * bool(remove & Flags.SEEN)
    removed = [STARRED] * bool(remove & Flags.FLAGGED) + [UNREAD] * bool(add & Flags.SEEN)
    return added, removed


def labels_for_move(source: str, target: str) -> tuple[list[str], list[str]]:
    """(labels to add, labels to remove) when something is moved; Trash is not for this."""
    added = [] if target in FIXED else [target]
    removed = [] if source in FIXED else [source]
    return added, removed


def _own(label: Label) -> RemoteFolder:
    return RemoteFolder(wire=label.id.encode(), levels=levels_of(label.name), by_key=True)
