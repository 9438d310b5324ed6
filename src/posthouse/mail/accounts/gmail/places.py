"""Our place in the feed: in a listing of everything, or in the history that goes on behind it."""

from collections.abc import Sequence

import msgspec

from posthouse.mail.accounts.gmail.labels import (
    ARCHIVE,
    DRAFT,
    INBOX,
    SENT,
    SPAM,
    STARRED,
    TRASH,
    UNREAD,
    flags_of,
)
from posthouse.mail.mailboxes.model import Flags

# What All Mail has and no other folder shows (support.google.com/mail/answer/7190).
_ARCHIVED = "has:nouserlabels -in:inbox -in:sent -in:drafts -in:chats"
_PARTS = (("", ""), (UNREAD, ""), ("", STARRED), (UNREAD, STARRED))


class Place(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "history": "h",
        "labels": "l",
        "step": "s",
        "page": "p",
    },
    omit_defaults=True,
):
    """`history`: all before is told, or will be by the listing that is under way at `step` (-1:
    none is). `labels` are those whose folders were known; `page` is where the next page begins.
    """

    history: str
    labels: tuple[str, ...] = ()
    step: int = -1
    page: str = ""


class Step(msgspec.Struct, frozen=True):
    """A list of one folder; with `flags` only of those messages that have them."""

    folder: str
    flags: Flags | None

    def query(self) -> list[tuple[str, str]]:
        """For messages.list."""
        wanted, words = [self.folder], []
        if self.folder == ARCHIVE:
            wanted, words = [], [_ARCHIVED]
        if self.flags is not None:
            for label, name, has in (
                (UNREAD, "unread", Flags.SEEN not in self.flags),
                (STARRED, "starred", Flags.FLAGGED in self.flags),
            ):
                if has:
                    wanted.append(label)
                else:
                    words.append(f"-is:{name}")
        query = [("labelIds", label) for label in wanted]
        if words:
            query.append(("q", " ".join(words)))
        if self.folder in (TRASH, SPAM):
            query.append(("includeSpamTrash", "true"))
        return query


def steps(labels: Sequence[str]) -> list[Step]:
    """Of a listing of everything: first what is there, the newest of each folder first; then the
    flags. Whose flags change in between is there all the same, and its change is history.
    """
    folders = [INBOX, SENT, DRAFT, *labels, ARCHIVE, TRASH, SPAM]
    there = [Step(folder, None) for folder in folders]
    flags = [
        Step(folder, flags_of({*part, *([DRAFT] if folder == DRAFT else [])}))
        for folder in folders
        for part in _PARTS
    ]
    return [*there, *flags]


def read_place(token: bytes) -> Place | None:
    """None for what is none of ours."""
    try:
        return msgspec.json.decode(token, type=Place)
    except msgspec.DecodeError:
        return None


def token_of(place: Place) -> bytes:
    """As it is kept."""
    return msgspec.json.encode(place)
