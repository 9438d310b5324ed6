"""A company, and the rules for what may be written about one. Pure."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from posthouse.crm.links.domains import is_public, registrable_domain
from posthouse.crm.lookup import facet
from posthouse.foundation.errors import Invalid
from posthouse.protocols import mime

LONGEST_NAME = 200
LONGEST_WORD = 500
LONGEST_NOTE = 20_000
MOST_DOMAINS = 100
FACETS = ("industry", "region", "level")


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is encrypted together, apart from the name."""

    website: str = ""
    industry: str = ""
    region: str = ""
    level: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFields:
    """All that a member may write."""

    name: str
    domains: tuple[str, ...] = ()
    website: str = ""
    industry: str = ""
    region: str = ""
    level: str = ""
    note: str = ""
    owner_id: UUID | None = None

    @property
    def details(self) -> Details:
        return Details(**{name: getattr(self, name) for name in Details.__struct_fields__})

    def as_mapping(self) -> dict[str, Any]:
        """Field → value, for the history of changes."""
        return asdict(self)

    def facets(self) -> list[str]:
        """The exact values companies are chosen by."""
        return [facet(name, value) for name in FACETS if (value := getattr(self, name))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company as it stands."""

    id: UUID
    version: int
    fields: CompanyFields
    source: str
    created_at: datetime
    changed_at: datetime


def checked(given: CompanyFields) -> CompanyFields:
    """`given` trimmed, its domains reduced to what can be registered. Raises Invalid."""
    values = {field.name: getattr(given, field.name) for field in fields(given)}
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = value.strip()
            most = {"name": LONGEST_NAME, "note": LONGEST_NOTE}.get(name, LONGEST_WORD)
            if len(value) > most:
                raise Invalid(f"This is longer than {most} characters.", field=name)
    if not values["name"]:
        raise Invalid("A company needs a name.", field="name")
    if len(given.domains) > MOST_DOMAINS:
        raise Invalid(f"A company has at most {MOST_DOMAINS} domains.", field="domains")
    values["domains"] = tuple(sorted({company_domain(text) for text in given.domains}))
    return CompanyFields(**values)


def company_domain(text: str) -> str:
    """The registrable domain in `text`, which may be a host, an address or a URL.

    Raises Invalid where anybody can have an address.
    """
    host = text.strip().lower().rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    name = registrable_domain(mime.ascii_domain(host.partition(":")[0]))
    if name is None:
        raise Invalid(f"“{text}” is not a domain of a company.", field="domains")
    if is_public(name):
        raise Invalid(f"Anybody can have an address at {name}.", field="domains")
    return name
