"""A contact, and the rules for what may be written about one. Pure."""

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from posthouse.crm.links import canonical_address
from posthouse.foundation.errors import Invalid

State = Literal["unverified", "verified", "ignored"]
Source = Literal["manual", "mail", "import"]

LONGEST_NAME = 200
LONGEST_WORD = 500
LONGEST_NOTE = 20_000
MOST_ADDRESSES = 50
MOST_PHONES = 20
_LANGUAGE = re.compile(r"^$|^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")  # RFC 5646 2.1, loosely


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is encrypted together, apart from the name."""

    title: str = ""
    phones: tuple[str, ...] = ()
    language: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFields:
    """All that a member may write. `addresses` are canonical."""

    name: str
    addresses: tuple[str, ...] = ()
    title: str = ""
    phones: tuple[str, ...] = ()
    language: str = ""
    note: str = ""
    company_id: UUID | None = None
    owner_id: UUID | None = None

    @property
    def details(self) -> Details:
        return Details(**{name: getattr(self, name) for name in Details.__struct_fields__})

    def as_mapping(self) -> dict[str, Any]:
        """Field → value, for the history of changes."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact as it stands."""

    id: UUID
    version: int
    state: State
    fields: ContactFields
    source: Source
    created_at: datetime
    changed_at: datetime


def checked(given: ContactFields) -> ContactFields:
    """`given` trimmed, its addresses canonical. Raises Invalid."""
    values = {field.name: getattr(given, field.name) for field in fields(given)}
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = _trimmed(name, value)
    if not values["name"]:
        raise Invalid("A contact needs a name.", field="name")
    if not _LANGUAGE.match(values["language"]):
        raise Invalid("The language is a tag such as zh-CN.", field="language")
    if len(given.addresses) > MOST_ADDRESSES or len(given.phones) > MOST_PHONES:
        raise Invalid(
            f"A contact has at most {MOST_ADDRESSES} addresses and {MOST_PHONES} telephones."
        )
    phones = (_trimmed("phones", phone) for phone in given.phones)
    values["phones"] = tuple(dict.fromkeys(phone for phone in phones if phone))
    values["addresses"] = tuple(dict.fromkeys(map(canonical_address, given.addresses)))
    return ContactFields(**values)


def _trimmed(name: str, value: str) -> str:
    most = {"name": LONGEST_NAME, "note": LONGEST_NOTE}.get(name, LONGEST_WORD)
    if len(value) > most:
        raise Invalid(f"This is longer than {most} characters.", field=name)
    return value.strip()
