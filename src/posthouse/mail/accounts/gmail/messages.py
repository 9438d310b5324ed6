"""Messages as the Gmail API tells them, in part: what each answer has is said by its method."""

from datetime import UTC, datetime

import msgspec

from posthouse.mail.accounts.errors import Broken

_KEY_LETTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
_LONGEST_KEY = 128


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """`id` alone in lists and history; everything but content with format=minimal.

    `internal_date` is in milliseconds since 1970, as text.
    """

    id: str
    label_ids: list[str] = []
    internal_date: str = ""
    size_estimate: int = 0

    @property
    def key(self) -> bytes:
        """It becomes part of addresses. Raises Broken."""
        if not 0 < len(self.id) <= _LONGEST_KEY or not _KEY_LETTERS.issuperset(self.id):
            raise Broken("Google names a message in an unheard-of way.")
        return self.id.encode()

    @property
    def arrived(self) -> datetime | None:
        """When, as Gmail has it."""
        if not self.internal_date.isdigit():
            return None
        try:
            return datetime.fromtimestamp(int(self.internal_date) / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return None


class MessageList(msgspec.Struct, frozen=True, rename="camel"):
    """A page of messages.list."""

    messages: list[Message] = []
    next_page_token: str = ""


class _Touched(msgspec.Struct, frozen=True):
    message: Message


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """A piece of history; one may be about several messages, each in several ways."""

    id: str
    messages_added: list[_Touched] = []
    messages_deleted: list[_Touched] = []
    labels_added: list[_Touched] = []
    labels_removed: list[_Touched] = []

    def touched(self) -> dict[bytes, bool]:
        """Key → whether the message is gone for good."""
        changed = (*self.messages_added, *self.labels_added, *self.labels_removed)
        found = {each.message.key: False for each in changed}
        return found | {each.message.key: True for each in self.messages_deleted}


class HistoryList(msgspec.Struct, frozen=True, rename="camel"):
    """A page of history.list; `history_id` is where the mailbox is now."""

    history: list[Record] = []
    next_page_token: str = ""
    history_id: str = ""


class Profile(msgspec.Struct, frozen=True, rename="camel"):
    """What getProfile tells."""

    email_address: str = ""
    history_id: str = ""
