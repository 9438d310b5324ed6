"""The words of consent: services, what they grant, what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from posthouse.mail.accounts.model import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An authorization server. `providers` are the keys of the mail providers it speaks for.

    `extra` goes with every request for consent. `unlisted` are scopes that the answer does not
    name among those granted. `kind` is what the consent is good for; `api` the host of the service
    itself where that is not the provider's mail server.
    """

    key: str
    name: str
    authorization: str
    token: str
    scopes: tuple[str, ...]
    providers: frozenset[str]
    extra: Mapping[str, str] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    kind: Kind = "imap"
    api: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """This house, as it is registered at a service. Without a secret it is a public client."""

    service: Service
    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a service gave. `refresh` is "" when it goes on with the one it gave before."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: float
    scopes: frozenset[str] | None = None  # None: all that were asked for (RFC 6749 5.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What is kept of an account, encrypted."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The tokens of an account as they were read."""

    service: str
    tokens: Tokens
    version: int
    obtained_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A consent that was asked for: for what, and the secret half of PKCE.

    `account_id` is of an account that is linked already and needs a consent anew.
    """

    service: str
    provider: str
    address: str
    login: str
    name: str
    verifier: str = field(repr=False)
    account_id: UUID | None = None
    kind: Kind = "imap"
