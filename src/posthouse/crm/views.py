"""JSON shapes that several doors of this floor share. snake_case, times RFC 3339 in UTC."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Owes = Literal["we", "they"]


class Ref(msgspec.Struct, frozen=True):
    """Something with a name: a company, a contact or a member."""

    id: UUID
    name: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """How we know that an address belongs to a contact or company; confidence in percent.

    For a contact: a member said so; another spelling of an address (li+orders@); someone new at a
    company's domain; someone who wrote; someone we wrote to. A company: its domain; its contact.
    """

    address: str
    of: Literal["contact", "company"]
    kind: Literal["manual", "alias", "domain", "sender", "recipient", "contact"]
    confidence: int


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after, as text; None: there was nothing."""

    field: str
    before: str | None
    after: str | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One act on a record: who, when, what. `member` is None when mail itself caused it."""

    id: UUID
    at: datetime
    member: Ref | None
    action: str
    fields: list[FieldChange]


class ChangePage(msgspec.Struct, frozen=True, kw_only=True):
    """Changes, newest first."""

    items: list[Change]
    next_cursor: str | None


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a history.

    `level` says how much of it the reader may see: at `metadata` subject, summary, attachments and
    message are withheld (None or empty), at `subject` all but the subject. `message_id` is the
    mailbox message to open.
    """

    id: UUID
    kind: Literal["mail", "note", "call", "meeting"]
    direction: Literal["in", "out", "internal"] | None
    at: datetime
    level: Literal["metadata", "subject", "full"]
    automatic: bool
    subject: str | None
    summary: str | None
    attachments: list[str]
    attachment_count: int
    member: Ref | None
    contacts: list[Ref]
    company: Ref | None
    thread_id: UUID | None
    message_id: UUID | None
    version: int


class WeekCount(msgspec.Struct, frozen=True, kw_only=True):
    """Mails, calls and meetings of one week; `week` is its Monday in UTC."""

    week: date
    received: int
    sent: int


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, newest first. `weeks` (53 of them, oldest first) comes with the first page only."""

    items: list[TimelineEntry]
    next_cursor: str | None
    weeks: list[WeekCount] | None


class NewNote(msgspec.Struct, frozen=True, kw_only=True):
    """Something a member writes into a history. `at`: when it happened, now if left out."""

    kind: Literal["note", "call", "meeting"] = "note"
    text: str
    subject: str = ""
    direction: Literal["in", "out"] | None = None
    at: datetime | None = None


class NoteChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a note; `version` is the one that was read."""

    version: int
    text: str | msgspec.UnsetType = msgspec.UNSET
    subject: str | msgspec.UnsetType = msgspec.UNSET
    at: datetime | msgspec.UnsetType = msgspec.UNSET
