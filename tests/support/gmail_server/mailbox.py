"""A user's mailbox as Gmail has it: messages with labels, and the history of what happened."""

import random
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import getaddresses, parsedate_to_datetime

# G /guides/labels, "Types of labels"
SYSTEM = ["INBOX", "SENT", "DRAFT", "TRASH", "SPAM", "UNREAD", "STARRED", "IMPORTANT", "CHAT"]
SYSTEM += [f"CATEGORY_{each}" for each in ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS")]
FIXED = {"SENT", "DRAFT"}  # ibid.: "Can be manually applied: no"


class Nope(Exception):
    """An error of the API: status, reason, message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


@dataclass
class Mail:
    """G /reference/rest/v1/users.messages#Message; `date` is internalDate in milliseconds."""

    id: str
    raw: bytes
    labels: set[str]
    date: int
    history: int = 0


@dataclass
class Label:
    id: str
    name: str


@dataclass
class Record:
    """G /reference/rest/v1/users.history/list#History; one change of one message each."""

    id: int
    kind: str  # messagesAdded, messagesDeleted, labelsAdded, labelsRemoved
    message: str
    labels: tuple[str, ...] = ()


@dataclass
class Mailbox:
    """`now` is the clock for internalDate in seconds; ids of history have random gaps
    (G /reference/rest/v1/users.history/list: "not contiguous with random gaps").
    """

    address: str
    now: float = 1_764_000_000.0
    messages: dict[str, Mail] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    history: list[Record] = field(default_factory=list)
    history_id: int = 1_000
    forgotten: int = 0
    sent: list[tuple[bytes, tuple[str, ...]]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    count: int = 0

    # -- what happens to messages

    def insert(
        self, raw: bytes, labels: Collection[str] = ("INBOX", "UNREAD"), date: float | None = None
    ) -> str:
        """As it arrives, or by messages.insert."""
        self.count += 1
        self.now += 1
        identifier = f"{0x19A0000000000000 + self.count * 0x1F3:016x}"
        for label in labels:
            self.require_label(label)
        mail = Mail(identifier, raw, set(labels), int((date or self.now) * 1000))
        self.messages[identifier] = mail
        self._note(mail, "messagesAdded")
        return identifier

    def modify(self, identifier: str, add: Iterable[str], remove: Iterable[str]) -> Mail:
        """messages.modify: labels that are there already make no history."""
        mail = self.mail(identifier)
        for label in (*add, *remove):
            self.require_label(label)
        added = tuple(sorted(set(add) - mail.labels))
        removed = tuple(sorted(set(remove) & mail.labels))
        if added:
            mail.labels.update(added)
            self._note(mail, "labelsAdded", added)
        if removed:
            mail.labels.difference_update(removed)
            self._note(mail, "labelsRemoved", removed)
        return mail

    def trash(self, identifier: str) -> Mail:
        """What is in the Trash is not in the Inbox; its other labels stay."""
        return self.modify(identifier, ["TRASH"], ["INBOX", "SPAM"])

    def delete(self, identifier: str) -> None:
        """For good."""
        mail = self.mail(identifier)
        del self.messages[identifier]
        self.drafts = {d: m for d, m in self.drafts.items() if m != identifier}
        self._note(mail, "messagesDeleted")

    def make_draft(self, raw: bytes) -> str:
        """The draft's id; that of its message is another one."""
        message = self.insert(raw, ["DRAFT"])
        self.drafts[f"r{self.count:012}"] = message
        return f"r{self.count:012}"

    def update_draft(self, draft: str, raw: bytes) -> str:
        """G /guides/drafts: its message is replaced by another one with another id."""
        if draft not in self.drafts:
            raise Nope(404, "notFound", "Requested entity was not found.")
        old = self.drafts.pop(draft)
        self.delete(old)
        self.drafts[draft] = self.insert(raw, ["DRAFT"])
        return self.drafts[draft]

    def send(self, raw: bytes) -> str:
        """To everybody in To, Cc and Bcc, and into Sent, without Bcc for the others."""
        message = message_from_bytes(raw)
        fields = [str(v) for n in ("to", "cc", "bcc") for v in message.get_all(n, [])]
        recipients = tuple(address for _, address in getaddresses(fields) if address)
        if not recipients:  # G /guides/handle-errors, 400
            raise Nope(400, "invalidArgument", "Recipient address required")
        self.sent.append((raw, recipients))
        labels = ["SENT"]
        if self.address in recipients:
            labels += ["INBOX", "UNREAD"]
        return self.insert(raw, labels)

    # -- labels

    def create_label(self, name: str) -> Label:
        self._require_free(name)
        self.count += 1
        label = Label(f"Label_{self.count}", name)
        self.labels[label.id] = label
        return label

    def rename_label(self, identifier: str, name: str) -> Label:
        label = self._own_label(identifier)
        if name.casefold() != label.name.casefold():
            self._require_free(name)
        label.name = name
        return label

    def delete_label(self, identifier: str) -> None:
        """G /reference/rest/v1/users.labels/delete: "removes it from any messages … that it is
        applied to". Nothing is said of history, so none is made.
        """
        self._own_label(identifier)
        del self.labels[identifier]
        for mail in self.messages.values():
            mail.labels.discard(identifier)

    def require_label(self, identifier: str) -> None:
        if identifier not in self.labels and identifier not in SYSTEM:
            raise Nope(400, "invalidArgument", f"Invalid label: {identifier}")

    def _own_label(self, identifier: str) -> Label:
        if identifier in SYSTEM:
            raise Nope(400, "invalidArgument", "Cannot update or delete system labels.")
        if identifier not in self.labels:
            raise Nope(404, "notFound", "Requested entity was not found.")
        return self.labels[identifier]

    def _require_free(self, name: str) -> None:
        """G /guides/labels: "no USER label … with the same name as any SYSTEM label"."""
        if not name or name.upper() in SYSTEM:
            raise Nope(400, "invalidArgument", "Invalid label name")
        if any(label.name.casefold() == name.casefold() for label in self.labels.values()):
            raise Nope(409, "aborted", "Label name exists or conflicts")

    # -- finding

    def mail(self, identifier: str) -> Mail:
        if identifier not in self.messages:
            raise Nope(404, "notFound", "Requested entity was not found.")
        return self.messages[identifier]

    def find(self, labels: Collection[str], q: str, spam_trash: bool) -> list[Mail]:
        """Newest first. Only those with all labels; SPAM and TRASH when they are asked for."""
        hidden = set() if spam_trash else {"SPAM", "TRASH"} - set(labels)
        found = [
            mail
            for mail in self.messages.values()
            if set(labels) <= mail.labels
            and not hidden & mail.labels
            and all(self._matches(mail, word) for word in q.split())
        ]
        return sorted(found, key=lambda mail: (-mail.date, mail.id))

    def _matches(self, mail: Mail, word: str) -> bool:
        """support.google.com/mail/answer/7190, as much as tests ask for."""
        if word.startswith("-"):
            return not self._matches(mail, word[1:])
        operator, _, value = word.partition(":")
        if operator == "is":
            return {"unread": "UNREAD", "starred": "STARRED"}[value] in mail.labels
        if operator == "in":
            names = {"inbox": "INBOX", "sent": "SENT", "drafts": "DRAFT", "chats": "CHAT"}
            return names[value] in mail.labels
        if operator == "has" and value == "nouserlabels":
            return not mail.labels & set(self.labels)
        if operator == "rfc822msgid":
            found = re.search(rb"(?im)^message-id:\s*(<[^>]*>)", mail.raw)
            return found is not None and found[1].decode() in (value, f"<{value}>")
        raise AssertionError(word)

    def since(self, start: int) -> list[Record]:
        """What happened after that; 404 when it is forgotten or was never given."""
        if start < self.forgotten or start > self.history_id:
            raise Nope(404, "notFound", "Requested entity was not found.")
        return [record for record in self.history if record.id > start]

    def forget_history(self) -> None:
        """G /guides/sync, "Limitations": records may be kept for hours only."""
        self.history.clear()
        self.history_id += self.chance.randrange(1, 9)
        self.forgotten = self.history_id

    def _note(self, mail: Mail, kind: str, labels: tuple[str, ...] = ()) -> None:
        self.history_id += self.chance.randrange(1, 9)
        mail.history = self.history_id
        self.history.append(Record(self.history_id, kind, mail.id, labels))


def date_header(raw: bytes) -> float | None:
    """Of the Date field, when it is valid."""
    text = message_from_bytes(raw)["date"]
    try:
        return parsedate_to_datetime(str(text)).timestamp() if text else None
    except (TypeError, ValueError):
        return None
