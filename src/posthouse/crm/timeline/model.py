"""Entries of the log, and what must be done to have exactly those that are wanted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

Kind = Literal["mail", "note", "call", "meeting"]
Direction = Literal["in", "out", "internal"]

# The mailbox of what has none: calls and meetings, which every member may know of.
NO_MAILBOX = UUID(int=0)


class Level(IntEnum):
    """How much of an entry a reader may see."""

    NONE = 0
    METADATA = 1
    SUBJECT = 2
    FULL = 3

    @property
    def word(self) -> Literal["metadata", "subject", "full"]:
        """As the outside reads it."""
        match self:
            case Level.FULL:
                return "full"
            case Level.SUBJECT:
                return "subject"
            case _:
                return "metadata"


class Content(msgspec.Struct, frozen=True, array_like=True):
    """The encrypted part of an entry."""

    subject: str
    summary: str
    attachments: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """A mailbox message belongs into the history of a contact, or only of a company."""

    mailbox_message_id: UUID
    contact_id: UUID | None
    company_id: UUID | None


class Present(NamedTuple):
    """A mail entry as it stands."""

    id: UUID
    mailbox_message_id: UUID
    contact_id: UUID | None
    company_id: UUID | None


@dataclass(slots=True)
class Difference:
    """What to remove, which entries get another company, what to add."""

    removed: list[Present] = field(default_factory=list)
    moved: list[tuple[Present, UUID | None]] = field(default_factory=list)
    added: list[Wanted] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a history as a reader may see it; what `level` withholds is None or empty."""

    id: UUID
    version: int
    kind: Kind
    direction: Direction | None
    automatic: bool
    at: datetime
    level: Level
    subject: str | None
    summary: str | None
    attachments: tuple[str, ...]
    attachment_count: int
    member_id: UUID | None
    member_name: str | None
    contact_ids: tuple[UUID, ...]
    company_id: UUID | None
    thread_id: UUID | None
    mailbox_message_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a reader may know of the exchange with one contact or company."""

    first_at: datetime | None = None
    last_at: datetime | None = None
    received: int = 0
    sent: int = 0
    events: int = 0
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None

    @property
    def owes(self) -> Literal["we", "they"] | None:
        """Who answers next."""
        return who_owes(self.last_in_at, self.last_out_at)

    @property
    def owes_since(self) -> datetime | None:
        """When the last word was said."""
        return max(filter(None, (self.last_in_at, self.last_out_at)), default=None)


def who_owes(
    last_in_at: datetime | None, last_out_at: datetime | None
) -> Literal["we", "they"] | None:
    """Whoever did not have the last word; machines' mail is not counted by the caller."""
    if last_in_at is None and last_out_at is None:
        return None
    if last_out_at is None or (last_in_at is not None and last_in_at > last_out_at):
        return "we"
    return "they"


def wanted_entries(people: Iterable[tuple[UUID, UUID | None, UUID | None]]) -> list[Wanted]:
    """Entries from (mailbox message, contact, company) of everyone a mail names.

    A contact stands once per mail, with the company of its surest address (the first that has
    one); a company stands alone only where none of its contacts is named.
    """
    contacts: dict[tuple[UUID, UUID], UUID | None] = {}
    companies: dict[tuple[UUID, UUID], None] = {}
    for mail, contact, company in people:
        if contact is not None:
            contacts[mail, contact] = contacts.get((mail, contact)) or company
        elif company is not None:
            companies[mail, company] = None
    told = {(mail, company) for (mail, _), company in contacts.items()}
    named = [Wanted(mail, contact, company) for (mail, contact), company in contacts.items()]
    return named + [Wanted(mail, None, company) for mail, company in companies.keys() - told]


def difference(wanted: Iterable[Wanted], present: Iterable[Present]) -> Difference:
    """How to get from what is present to what is wanted."""
    result = Difference()
    missing = {_identity(entry): entry for entry in wanted}
    for entry in present:
        found = missing.pop(_identity(entry), None)
        if found is None:
            result.removed.append(entry)
        elif found.company_id != entry.company_id:
            result.moved.append((entry, found.company_id))
    result.added = list(missing.values())
    return result


def _identity(entry: Wanted | Present) -> tuple[UUID, UUID | None, UUID | None]:
    # A company alone is its own identity; beside a contact it may change.
    company = entry.company_id if entry.contact_id is None else None
    return entry.mailbox_message_id, entry.contact_id, company


def mondays(now: datetime, count: int = 53) -> list[date]:
    """The Mondays of the last `count` weeks in UTC, this week's last."""
    today = now.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(count))]
