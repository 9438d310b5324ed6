"""Hosted addresses and their spellings."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from posthouse.foundation.errors import Invalid
from posthouse.mail.quotas.model import Usage
from posthouse.security.members import normal_address, normal_domain

MOST_MAILBOXES = 500
MOST_ELSEWHERE = 50
# RFC 5233 1: what separates the user from the detail; "+" is what everybody expects.
_DETAIL = "+"
# RFC 5321 4.5.1 demands the first, RFC 2142 expects the second.
_ALWAYS = frozenset({"postmaster", "abuse"})


class AddressKind(StrEnum):
    """What an address is to the mailboxes behind it."""

    MAILBOX = "mailbox"
    ALIAS = "alias"
    GROUP = "group"
    CATCH_ALL = "catch-all"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedAddress:
    """An address of the workspace with the own addresses of its mailboxes, in order.

    `forward_to` are the addresses elsewhere that get its mail, too.
    """

    address: str
    kind: AddressKind
    mailboxes: tuple[str, ...]
    forward_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where mail for an address goes: to mailboxes, `onward` to addresses elsewhere, or both.

    `usage` is of a single mailbox that has limits.
    """

    workspace_id: UUID
    mailbox_ids: tuple[UUID, ...]
    usage: Usage | None = None
    onward: tuple[str, ...] = ()


def spellings(address: str) -> list[str]:
    """A canonical address, then what else it may mean, the nearest first.

    `anna+orders@acme.example` is Anna's when nobody has made just that address; what nobody has
    goes to the catch-all.
    """
    local, _, domain = address.rpartition("@")
    user, _, _ = local.partition(_DETAIL)
    named = [local, user] if user else [local]
    return list(dict.fromkeys([*(f"{each}@{domain}" for each in named), f"@{domain}"]))


def is_always_there(address: str) -> bool:
    """Whether every domain must receive it."""
    return address.rpartition("@")[0] in _ALWAYS


def normal_hosted(text: str) -> str:
    """An address, or a catch-all `@domain`, as it is kept. Raises Invalid."""
    if text.strip().startswith("@"):
        return f"@{normal_domain(text.strip()[1:])}"
    address = normal_address(text)
    if _DETAIL in address.rpartition("@")[0]:
        raise Invalid("What stands behind a plus is for the mailbox's own use.", field="address")
    return address


def kind_of(address: str, *, own: bool, group: bool) -> AddressKind:
    """Of a kept address."""
    if own:
        return AddressKind.MAILBOX
    if address.startswith("@"):
        return AddressKind.CATCH_ALL
    return AddressKind.GROUP if group else AddressKind.ALIAS
