"""Questions and answers of DNS, and the Resolver that every room asks through."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Generic, Protocol, TypeVar

IPAddress = IPv4Address | IPv6Address


class RecordType(StrEnum):
    """The kinds of record that mail asks for."""

    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    TXT = "TXT"
    PTR = "PTR"
    TLSA = "TLSA"
    SRV = "SRV"


class Status(StrEnum):
    """How a question ended. Only TEMPORARY may end differently when asked again soon."""

    FOUND = "found"
    NO_DATA = "no data"  # the name exists, without records of this type
    NXDOMAIN = "nxdomain"  # the name does not exist, or cannot exist
    TEMPORARY = "temporary failure"  # time-out, SERVFAIL, REFUSED, broken answer


@dataclass(frozen=True, slots=True, order=True)
class MailExchanger:
    """One MX record. `host` is lower-case without the final dot; empty for the root (RFC 7505)."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One TLSA record: which certificate or key a server shows (RFC 6698 2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes


@dataclass(frozen=True, slots=True, order=True)
class ServiceHost:
    """One SRV record (RFC 2782). `host` as in MailExchanger; empty: the service is not offered."""

    priority: int
    weight: int
    port: int
    host: str


Record = IPv4Address | IPv6Address | MailExchanger | ServiceHost | Tlsa | bytes | str
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T_co]):
    """What DNS said: `records` is empty unless `status` is FOUND; `ttl` in seconds.

    `authentic`: a resolver that we trust has validated it (RFC 4035 3.2.3, the AD bit).
    """

    status: Status
    records: tuple[T_co, ...] = ()
    ttl: int = 0
    detail: str = ""
    authentic: bool = False

    @property
    def found(self) -> bool:
        return self.status is Status.FOUND

    @property
    def temporary(self) -> bool:
        return self.status is Status.TEMPORARY

    @property
    def void(self) -> bool:
        """No data or no such name: what RFC 7208 4.6.4 counts as a void lookup."""
        return self.status in (Status.NO_DATA, Status.NXDOMAIN)


class Resolver(Protocol):
    """Never raises for what DNS answers; a name that cannot be asked is NXDOMAIN.

    Names may be Unicode or A-labels, any case, with or without the final dot.
    """

    async def mx(self, name: str) -> Answer[MailExchanger]:
        """Sorted by preference, then host."""
        ...

    async def a(self, name: str) -> Answer[IPv4Address]: ...

    async def aaaa(self, name: str) -> Answer[IPv6Address]: ...

    async def txt(self, name: str) -> Answer[bytes]:
        """One entry a record, its character strings joined."""
        ...

    async def ptr(self, address: IPAddress) -> Answer[str]:
        """Names of an address, lower-case without the final dot."""
        ...

    async def srv(self, name: str) -> Answer[ServiceHost]:
        """Of `_service._protocol.domain`, in no order that means anything."""
        ...
