"""What the doors of drafts, uploads and sending take and give. JSON snake_case, times in UTC."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from posthouse.protocols.dsn.model import Reason

Delivery = Literal["scheduled", "held", "queued", "deferred", "sent", "failed", "cancelled"]


class Person(msgspec.Struct, frozen=True):
    """An address with the name to show for it."""

    address: str
    name: str = ""


class DraftFields(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """A message being written. `attachments` are ids of uploads; an image of the text is an upload
    that `html` shows as `cid:ID`. `in_reply_to` and `forward_of` name messages as lists give them.
    `quote_html` is quoted below `html` when it is sent.
    """

    sender: Person | str | None = None
    to: list[Person | str] = []
    cc: list[Person | str] = []
    bcc: list[Person | str] = []
    subject: str = ""
    html: str | None = None
    text: str | None = None
    quote_html: str | None = None
    attachments: list[UUID] = []
    in_reply_to: UUID | None = None
    forward_of: UUID | None = None


class DraftSave(DraftFields, frozen=True, kw_only=True):
    """A draft as a window has it; `revision` is the one it was read at."""

    revision: int


class SavedDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What to name the next time."""

    id: UUID
    revision: int
    changed_at: datetime


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent up, ready to be attached."""

    id: UUID
    name: str
    type: str
    size: int


class Draft(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """A draft as it was saved last."""

    id: UUID
    revision: int
    changed_at: datetime
    thread_id: UUID | None
    sender: Person | None
    to: list[Person]
    cc: list[Person]
    bcc: list[Person]
    subject: str
    html: str | None
    text: str | None
    quote_html: str | None
    attachments: list[Upload]
    in_reply_to: UUID | None
    forward_of: UUID | None


class DraftPage(msgspec.Struct, frozen=True, kw_only=True):
    """Drafts, the one changed last first."""

    items: list[Draft]
    next_cursor: str | None


class NewMessage(DraftFields, frozen=True, kw_only=True):
    """A message to send. `draft_id`: the draft it was, which goes. `send_at`: not before then."""

    draft_id: UUID | None = None
    send_at: datetime | None = None


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the copy in Sent, to be read as a message; it may be undone until `undo_until`."""

    id: UUID
    thread_id: UUID
    undo_until: datetime


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """Where the message is to be written on; None when it came from a mail program."""

    draft_id: UUID | None


class RecipientDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient: what the next server said last, what that means, when it is tried again."""

    address: str
    delivery: Delivery
    attempts: int
    status: str
    reply: str
    host: str
    reason: Reason | None
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None


class MessageDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A sent message; `delivery` sums its recipients up: the worst first."""

    id: UUID | None
    delivery: Delivery
    send_at: datetime | None
    undo_until: datetime | None
    recipients: list[RecipientDelivery]


class OutboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """What is on its way out or failed, newest first."""

    items: list[MessageDelivery]
