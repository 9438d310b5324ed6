"""What the doors of this room take and give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from posthouse.crm.views import Evidence, Owes, Ref

State = Literal["unverified", "verified", "ignored"]


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """A contact in a list. Times and counts are of what the reader may see."""

    id: UUID
    name: str
    title: str
    address: str
    company: Ref | None
    state: State
    last_at: datetime | None
    owes: Owes | None
    events: int


class ContactPage(msgspec.Struct, frozen=True, kw_only=True):
    """Contacts, the latest contact first."""

    items: list[ContactRow]
    next_cursor: str | None


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """A contact in full. `evidence` says for each address how we know."""

    id: UUID
    version: int
    name: str
    title: str
    phones: list[str]
    language: str
    note: str
    addresses: list[str]
    company: Ref | None
    owner: Ref | None
    source: str
    state: State
    verified: bool
    evidence: list[Evidence]
    first_at: datetime | None
    last_at: datetime | None
    received: int
    sent: int
    owes: Owes | None
    owes_since: datetime | None
    created_at: datetime
    changed_at: datetime


class NewContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact to make. Its addresses must not belong to another contact."""

    name: str
    addresses: list[str] = []
    title: str = ""
    phones: list[str] = []
    language: str = ""
    note: str = ""
    company_id: UUID | None = None
    owner_id: UUID | None = None


class ContactChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; `version` is the one that was read. `addresses` replaces them all."""

    version: int
    name: str | msgspec.UnsetType = msgspec.UNSET
    addresses: list[str] | msgspec.UnsetType = msgspec.UNSET
    title: str | msgspec.UnsetType = msgspec.UNSET
    phones: list[str] | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType = msgspec.UNSET
    company_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    owner_id: UUID | msgspec.UnsetType | None = msgspec.UNSET


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """Take another contact's addresses and history over; the other one goes."""

    contact_id: UUID
    version: int
