"""What the doors of this room take and give."""

from datetime import datetime
from uuid import UUID

import msgspec

from posthouse.crm.views import Owes, Ref


class CompanyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A company in a list. Times are of what the reader may see."""

    id: UUID
    name: str
    domains: list[str]
    industry: str
    region: str
    level: str
    contacts: int
    last_at: datetime | None
    owes: Owes | None


class CompanyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Companies, the latest contact first."""

    items: list[CompanyRow]
    next_cursor: str | None


class CompanyView(msgspec.Struct, frozen=True, kw_only=True):
    """A company in full. Its people: GET /contacts?company=ID."""

    id: UUID
    version: int
    name: str
    domains: list[str]
    website: str
    industry: str
    region: str
    level: str
    note: str
    owner: Ref | None
    source: str
    contacts: int
    first_at: datetime | None
    last_at: datetime | None
    received: int
    sent: int
    owes: Owes | None
    owes_since: datetime | None
    created_at: datetime
    changed_at: datetime


class NewCompany(msgspec.Struct, frozen=True, kw_only=True):
    """A company to make. A domain belongs to one company at most; freemail domains to none."""

    name: str
    domains: list[str] = []
    website: str = ""
    industry: str = ""
    region: str = ""
    level: str = ""
    note: str = ""
    owner_id: UUID | None = None


class CompanyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; `version` is the one that was read. `domains` replaces them all."""

    version: int
    name: str | msgspec.UnsetType = msgspec.UNSET
    domains: list[str] | msgspec.UnsetType = msgspec.UNSET
    website: str | msgspec.UnsetType = msgspec.UNSET
    industry: str | msgspec.UnsetType = msgspec.UNSET
    region: str | msgspec.UnsetType = msgspec.UNSET
    level: str | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType = msgspec.UNSET
    owner_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
