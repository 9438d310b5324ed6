"""What is found out about an address elsewhere, and who says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from posthouse.mail.accounts.model import Server
from posthouse.protocols.autoconfig import Protocol

# In the order in which they are believed.
Way = Literal["provider", "mx", "srv", "autoconfig", "autodiscover", "guess"]
Login = Literal["address", "local"]
FoundProtocol = Literal["imap", "pop3", "smtp", "ews"]
# What signs in: the password itself, a code made for programs, or only OAuth.
SecretKind = Literal["password", "code", "oauth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The same in both languages of the page."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a person does at the provider, one sentence each; equally many in both languages."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderServer:
    """One of a provider's servers, and the name that signs in to it."""

    protocol: Protocol
    server: Server
    login: Login = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A mail provider as its own help pages describe it.

    `mx` are names of its mail hosts, themselves or what they end in. `secret` is what is typed in
    place of the password and `secret_name` its name there; `secret_sometimes`: only when the
    member or his company has switched on a second step at sign-in. `switched_off`: IMAP is off
    until somebody switches it on. `steps` lead there, `page` is where they begin. `closed` says
    why such a mailbox cannot be linked at all.
    """

    key: str
    name: Words
    domains: frozenset[str]
    mx: tuple[str, ...]
    servers: tuple[ProviderServer, ...]
    secret: SecretKind
    secret_name: Words
    secret_sometimes: bool
    switched_off: bool
    page: str
    steps: Steps
    closed: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """A server to try. `detail` says where that was read: a host, or a provider's key.

    `vouched`: the provider itself says so, by a table of ours, over HTTPS, or under the address's
    own domain. What else DNS says, anybody on the way could have said: a person is to look at the
    name before a password goes there (RFC 6186 6).
    """

    protocol: FoundProtocol
    server: Server
    login: str
    way: Way
    detail: str
    vouched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What is known of an address. `servers` of a protocol are in the order to try them.

    `exchange` is the host of an Exchange server that answered, "" without. `takes_no_mail`: DNS
    says that there is no such domain, or that it takes no mail (RFC 7505).
    """

    address: str
    provider: Provider | None = None
    servers: tuple[FoundServer, ...] = ()
    exchange: str = ""
    takes_no_mail: bool = False

    def of(self, *protocols: FoundProtocol) -> Iterator[FoundServer]:
        """The servers of some protocols."""
        return (each for each in self.servers if each.protocol in protocols)
