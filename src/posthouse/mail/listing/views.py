"""JSON shapes of mailboxes, threads and messages. snake_case, times RFC 3339 in UTC."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from posthouse.mail.mailboxes.model import SpecialUse
from posthouse.protocols.dsn.model import Reason

Theme = Literal["light", "dark", "system"]
Language = Literal["en", "zh-CN"]
Owes = Literal["we", "they"]
LevelWord = Literal["metadata", "subject", "full"]
Result = Literal["pass", "fail", "none"]
Delivery = Literal["held", "scheduled", "queued", "deferred", "sent", "failed", "cancelled"]
ReasonKind = Literal[
    "forged",
    "virus",
    "rspamd",
    "words",
    "subject",
    "form",
    "links",
    "sender",
    "markup",
    "list",
    "path",
]
Act = Literal["done", "trash", "junk", "inbox", "move", "read", "unread", "flag", "unflag"]


class CompanyRef(msgspec.Struct, frozen=True):
    """A company by its name."""

    id: UUID
    name: str


class FolderView(msgspec.Struct, frozen=True, kw_only=True):
    """A folder with its counts. `role` is its special use; other folders have none."""

    id: UUID
    name: str
    role: SpecialUse | None
    unread: int
    total: int


class MailboxView(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox as the asking member has it, its standard folders first."""

    id: UUID
    address: str
    aliases: list[str]
    name: str
    shared: bool
    level: LevelWord | None
    may_write: bool
    may_send: bool
    folders: list[FolderView]


class MailboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """All mailboxes of the asking member: the own one first."""

    items: list[MailboxView]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The member who asks, and what they set for themselves."""

    member_id: UUID
    name: str
    address: str
    role: Literal["admin", "member"]
    workspace_id: UUID
    workspace: str
    language: Language
    time_zone: str
    theme: Theme
    signature: str
    preferences: dict[str, Any]
    mailboxes: list[MailboxView]


class MeChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; the rest stays. Preferences are merged; null removes one."""

    name: str | None = None
    language: Language | None = None
    time_zone: str | None = None
    theme: Theme | None = None
    signature: str | None = None
    preferences: dict[str, Any] | None = None


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """Someone named in a message. `contact_id` when the address is a contact's."""

    name: str
    address: str
    contact_id: UUID | None = None


class ThreadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in a list: what its newest message says, and figures of all its messages.

    `level` says how much is shown: at `metadata` subject and summary are empty, at `subject` the
    summary is. `people` wrote it (in Sent and Drafts: to whom), earliest first. `owes`: whose turn
    it is by the last message of a person. `mailbox_id`, `folder_id`: where to act on it.
    """

    id: UUID
    mailbox_id: UUID
    folder_id: UUID | None
    message_id: UUID
    level: LevelWord
    subject: str
    summary: str
    people: list[PersonView]
    company: CompanyRef | None
    messages: int
    last_at: datetime
    unread: bool
    flagged: bool
    draft: bool
    attachments: int
    owes: Owes | None


class ThreadPage(msgspec.Struct, frozen=True, kw_only=True):
    """Threads, the newest message first."""

    items: list[ThreadRow]
    next_cursor: str | None


class AttachmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message; `size` in bytes, near enough until it is fetched. `url` serves it."""

    id: str
    name: str
    type: str
    size: int
    url: str


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about the sender. `verdict` sums it up; the words are RFC 8601's.

    `sealers` forwarded it and sealed what they saw (RFC 8617), the first one first; `vouched_by` is
    the one whose word counts here, where the way has broken the author's own proof.
    """

    verdict: Result
    domain: str
    spf: str
    dkim: str
    dmarc: str
    arc: str
    sealers: list[str]
    vouched_by: str


class JunkReason(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a message went to Junk by itself. `examples` are words, hosts or addresses
    from the message, of `form` the names of tricks; at a lower level there are none. Of `virus` and
    `rspamd` they are these programs' names for what they found.
    """

    kind: ReasonKind
    examples: list[str]


class RecipientState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message got to one recipient; `reply` is what the other server said last, and
    `reason` what that means.
    """

    address: str
    state: Delivery
    reply: str
    reason: Reason | None
    next_try_at: datetime | None


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as one mailbox holds it, as much of it as the reader may see (`level`).

    `html` is clean: nothing in it runs or loads from elsewhere, inline images point to this API,
    remote ones are out and counted. It keeps the marks by which mail programs show what they quote
    and their signatures. `text` is the plain body; None when there is only `html`.
    """

    id: UUID
    thread_id: UUID
    mailbox_id: UUID
    folder_ids: list[UUID]
    level: LevelWord
    from_: PersonView = msgspec.field(name="from")
    to: list[PersonView]
    cc: list[PersonView]
    bcc: list[PersonView]
    reply_to: list[PersonView]
    subject: str
    summary: str
    at: datetime
    outgoing: bool
    automatic: bool
    unread: bool
    flagged: bool
    answered: bool
    draft: bool
    html: str | None
    text: str | None
    remote_images: int
    attachments: list[AttachmentView]
    authentication: Authentication | None
    junk_reasons: list[JunkReason]
    delivery: Delivery | None
    recipients: list[RecipientState]
    send_at: datetime | None
    undo_until: datetime | None


class ThreadView(msgspec.Struct, frozen=True, kw_only=True):
    """An opened thread: all its messages the reader may see, the oldest first."""

    id: UUID
    subject: str
    level: LevelWord
    messages: list[MessageView]
    contact_id: UUID | None
    company: CompanyRef | None
    owes: Owes | None


class ThreadActs(msgspec.Struct, frozen=True, kw_only=True):
    """What to do to messages that lie in `folder`: all of the threads `ids`, and `message_ids`.

    `done` moves to Archive, `trash`, `junk` and `inbox` to the folder of that use, `move` to `to`.
    """

    mailbox: UUID
    folder: UUID
    act: Act
    ids: list[UUID] = []
    message_ids: list[UUID] = []
    to: UUID | None = None


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages changed, and what undoes exactly that when it is sent to the same door."""

    messages: int
    undo: ThreadActs | None
