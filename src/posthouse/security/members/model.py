"""Who signs in and with what: actors, roles, scopes, sessions, keys. No database, no clock."""

import unicodedata
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from posthouse.foundation.errors import Denied, Invalid, Unauthenticated
from posthouse.foundation.ids import id_from_hash
from posthouse.protocols.dns.names import BadName, ascii_name
from posthouse.protocols.mime.addresses import canonical
from posthouse.protocols.smtp.address import BadAddress, parse_address

# The page is written in these.
LANGUAGES = ("en", "zh-CN")


class Role(StrEnum):
    """What a member is to the workspace. An admin runs it, and reads nobody's personal mail."""

    ADMIN = "admin"
    MEMBER = "member"
    SYSTEM = "system"  # listeners, imports and commands of the operator; never signs in


class Scope(StrEnum):
    """What a credential may be used for. A session has them all, an API key those it was given."""

    MAIL_READ = "mail:read"
    MAIL_WRITE = "mail:write"
    MAIL_SEND = "mail:send"
    CRM_READ = "crm:read"
    CRM_WRITE = "crm:write"
    SETTINGS = "settings"
    ADMIN = "admin"


ALL_SCOPES = frozenset(Scope)
# What a key gets when nobody says: all that does not change who may do what.
DEFAULT_KEY_SCOPES = ALL_SCOPES - {Scope.ADMIN, Scope.SETTINGS}


class MailProtocol(StrEnum):
    """How mail programs come in: where app passwords are good, each for some or all of these."""

    IMAP = "imap"
    POP3 = "pop3"
    SMTP = "smtp"
    MANAGESIEVE = "managesieve"


class WrongDoor(Unauthenticated):
    """The password is right, and not one for this door."""


# A mail program reads, files and sends; it runs nothing and sees no customers.
APP_PASSWORD_SCOPES = frozenset({Scope.MAIL_READ, Scope.MAIL_WRITE, Scope.MAIL_SEND})

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is asking, and with which credential's scopes. `session_id` is None outside the page,
    `password_mark` tells one password of the member from the next where one was given,
    `app_password_id` says which app password was.
    """

    workspace_id: UUID
    member_id: UUID
    role: Role
    name: str
    address: str
    scopes: frozenset[Scope] = ALL_SCOPES
    session_id: UUID | None = None
    password_mark: bytes | None = field(default=None, compare=False, repr=False)
    app_password_id: UUID | None = None

    @classmethod
    def system(cls, workspace_id: UUID) -> "Actor":
        """The program itself: listeners, imports, commands of the operator."""
        return cls(
            workspace_id=workspace_id, member_id=_NOBODY, role=Role.SYSTEM, name="", address=""
        )

    @property
    def is_system(self) -> bool:
        return self.role is Role.SYSTEM

    @property
    def is_admin(self) -> bool:
        """Whether this credential may run the workspace."""
        return self.is_system or (self.role is Role.ADMIN and Scope.ADMIN in self.scopes)

    def require(self, scope: Scope) -> None:
        """Raises Denied unless the credential was given `scope`."""
        if scope not in self.scopes:
            raise Denied(f"This key may not be used for {scope}.")

    def require_admin(self) -> None:
        """Raises Denied unless the actor runs the workspace."""
        if not self.is_admin:
            raise Denied("Only an administrator of the workspace may do this.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One line of the staff directory."""

    id: UUID
    address: str
    name: str
    role: Role
    disabled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSettings:
    """What members set for themselves. `signature` is HTML, `preferences` belongs to the page."""

    name: str
    language: str
    time_zone: str
    preferences: dict[str, Any]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser."""

    id: UUID
    agent: str
    source: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key without its secret."""

    id: UUID
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPassword:
    """A password of one mail program, without the word. `last_source` is an IP address."""

    id: UUID
    name: str
    protocols: frozenset[MailProtocol]
    created_at: datetime
    last_used_at: datetime | None
    last_protocol: MailProtocol | None
    last_source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A DKIM key of a hosted domain. `private_key` is PKCS#8 DER."""

    domain: str
    selector: str
    algorithm: str
    txt: str
    private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """What the owner of a domain publishes."""

    name: str
    type: str
    value: str


def normal_address(text: str) -> str:
    """The form in which hosted and sign-in addresses are kept and compared.

    As `mime.canonical` writes them. Raises Invalid when it is not an address.
    """
    try:
        parse_address(text.strip())
    except BadAddress:
        raise Invalid(f"“{text}” is not an address.", field="address") from None
    return canonical(text)


def normal_domain(text: str) -> str:
    """A hosted domain in lower-case A-labels. Raises Invalid."""
    try:
        name = ascii_name(unicodedata.normalize("NFC", text.strip()))
        parse_address(f"postmaster@{name}")
    except (BadName, BadAddress):
        raise Invalid(f"“{text}” is not a domain.", field="domain") from None
    return name


def checked_scopes(names: list[str]) -> frozenset[Scope]:
    """The scopes with these names; the usual ones for none. Raises Invalid."""
    try:
        return frozenset(Scope(name) for name in names) or DEFAULT_KEY_SCOPES
    except ValueError:
        known = ", ".join(Scope)
        raise Invalid(f"The scopes are: {known}.", field="scope") from None


def checked_protocols(names: Collection[str]) -> frozenset[MailProtocol]:
    """The mail protocols with these names; all of them for none. Raises Invalid."""
    try:
        return frozenset(MailProtocol(name) for name in names) or frozenset(MailProtocol)
    except ValueError:
        known = ", ".join(MailProtocol)
        raise Invalid(f"The protocols are: {known}.", field="protocols") from None


def checked_language(language: str) -> str:
    """Raises Invalid unless the page is written in it."""
    if language not in LANGUAGES:
        raise Invalid(f"The languages are: {', '.join(LANGUAGES)}.", field="language")
    return language


def checked_time_zone(name: str) -> str:
    """Raises Invalid unless it is an IANA zone."""
    if name not in _time_zones():
        raise Invalid(f"“{name}” is not a time zone.", field="time_zone")
    return name


@cache
def _time_zones() -> frozenset[str]:
    """Their folder has six hundred files: each look costs milliseconds."""
    return frozenset(zoneinfo.available_timezones())


def dkim_row_id(domain: str, selector: str) -> UUID:
    """The place a DKIM key is encrypted for: its table has no ids of its own."""
    return id_from_hash(blake2b(f"{selector}._domainkey.{domain}".encode()).digest())


def dns_records(domain: str, hostname: str, keys: list[SigningKey]) -> list[DnsRecord]:
    """What makes mail for `domain` arrive at `hostname`, and mail from it trusted."""
    records = [
        DnsRecord(name=domain, type="MX", value=f"10 {hostname}."),
        DnsRecord(name=domain, type="TXT", value="v=spf1 mx -all"),
        DnsRecord(
            name=f"_dmarc.{domain}",
            type="TXT",
            value=f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}",
        ),
    ]
    return records + [
        DnsRecord(name=f"{key.selector}._domainkey.{domain}", type="TXT", value=key.txt)
        for key in keys
    ]
