"""Zones from a dict, shared by the name server of the tests and by a resolver without a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any, cast

from posthouse.protocols.dns import (
    Answer,
    BadName,
    IPAddress,
    MailExchanger,
    RecordType,
    ServiceHost,
    Status,
    Tlsa,
    ascii_name,
    reverse_name,
)
from posthouse.protocols.dns.model import Record

MAX_ALIASES = 8

# {"example.org": {"MX": [(10, "mx.example.org")], "TXT": ["v=spf1 -all"], "A": ["192.0.2.1"]}}
# Keys besides the five types: "CNAME": ["other.name"], "FAIL": ["TIMEOUT" or "SERVFAIL"] (for the
# types that have no records), "TTL": [seconds]. "*.example.org" stands for names that do not exist.
Zones = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a name server would say: `rcode` NOERROR, NXDOMAIN, SERVFAIL, or TIMEOUT (nothing)."""

    rcode: str
    values: tuple[Any, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    ttl: int = 300


class ZoneBook:
    """Looks names up as an authoritative and recursive server for the whole world would."""

    def __init__(self, zones: Zones) -> None:
        self._names: dict[str, Mapping[str, Sequence[Any]]] = {}
        for name, records in zones.items():
            self.put(name, records)

    def put(self, name: str, records: Mapping[str, Sequence[Any]]) -> None:
        """Sets everything that is known of a name."""
        self._names[name.lower().removesuffix(".")] = records

    def look_up(self, name: str, kind: str) -> Found:
        name = name.lower().removesuffix(".")
        aliases: list[tuple[str, str]] = []
        while len(aliases) < MAX_ALIASES:
            records = self._records(name)
            if records is None:
                exists = any(other.endswith("." + name) for other in self._names)
                rcode = "NOERROR" if exists else "NXDOMAIN"
                return Found(rcode=rcode, aliases=tuple(aliases))
            ttl = int(records.get("TTL", [300])[0])
            if kind in records:
                values = tuple(records[kind])
                return Found(rcode="NOERROR", values=values, aliases=tuple(aliases), ttl=ttl)
            if "FAIL" in records:
                return Found(rcode=records["FAIL"][0])
            if "CNAME" not in records:
                return Found(rcode="NOERROR", aliases=tuple(aliases), ttl=ttl)
            target = str(records["CNAME"][0]).lower().removesuffix(".")
            aliases.append((name, target))
            name = target
        return Found(rcode="SERVFAIL")

    def _records(self, name: str) -> Mapping[str, Sequence[Any]] | None:
        if name in self._names:
            return self._names[name]
        labels = name.split(".")
        for cut in range(1, len(labels)):
            parent = ".".join(labels[cut:])
            if "*." + parent in self._names:
                return self._names["*." + parent]
            if parent in self._names:
                return None
        return None


class ZoneResolver:
    """A Resolver that answers from zones at once. Records what it was asked in `questions`."""

    def __init__(self, zones: Zones) -> None:
        self.book = ZoneBook(zones)
        self.questions: list[tuple[str, str]] = []

    async def mx(self, name: str) -> Answer[MailExchanger]:
        return cast(Answer[MailExchanger], self._answer(name, RecordType.MX))

    async def a(self, name: str) -> Answer[IPv4Address]:
        return cast(Answer[IPv4Address], self._answer(name, RecordType.A))

    async def aaaa(self, name: str) -> Answer[IPv6Address]:
        return cast(Answer[IPv6Address], self._answer(name, RecordType.AAAA))

    async def txt(self, name: str) -> Answer[bytes]:
        return cast(Answer[bytes], self._answer(name, RecordType.TXT))

    async def ptr(self, address: IPAddress) -> Answer[str]:
        return cast(Answer[str], self._answer(reverse_name(address), RecordType.PTR))

    async def srv(self, name: str) -> Answer[ServiceHost]:
        return cast(Answer[ServiceHost], self._answer(name, RecordType.SRV))

    def _answer(self, name: str, kind: RecordType) -> Answer[Record]:
        try:
            name = ascii_name(name)
        except BadName as error:
            return Answer(status=Status.NXDOMAIN, detail=str(error))
        self.questions.append((name, kind.value))
        found = self.book.look_up(name, kind.value)
        if found.rcode == "NXDOMAIN":
            return Answer(status=Status.NXDOMAIN)
        if found.rcode != "NOERROR":
            return Answer(status=Status.TEMPORARY, detail=found.rcode)
        if not found.values:
            return Answer(status=Status.NO_DATA)
        records = [record_of(kind, value) for value in found.values]
        if kind is RecordType.MX:
            records.sort(key=lambda record: cast(MailExchanger, record))
        return Answer(status=Status.FOUND, records=tuple(records), ttl=found.ttl)


def record_of(kind: RecordType, value: Any) -> Record:
    match kind:
        case RecordType.A:
            return IPv4Address(value)
        case RecordType.AAAA:
            return IPv6Address(value)
        case RecordType.MX:
            return MailExchanger(int(value[0]), str(value[1]).lower().removesuffix("."))
        case RecordType.TXT:
            return b"".join(strings_of(value))
        case RecordType.PTR:
            return str(value).lower().removesuffix(".")
        case RecordType.SRV:
            priority, weight, port, host = str(value).split()
            target = host.lower().removesuffix(".")
            return ServiceHost(int(priority), int(weight), int(port), target)
        case RecordType.TLSA:
            usage, selector, matching, data = str(value).split()
            return Tlsa(int(usage), int(selector), int(matching), bytes.fromhex(data))


def strings_of(value: Any) -> list[bytes]:
    """The character strings of a TXT value: str or bytes, or a list of them; at most 255 each."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    strings: list[bytes] = []
    for part in parts:
        # latin-1 lets a test write any octet as \x80
        octets = part if isinstance(part, bytes) else str(part).encode("latin-1")
        strings += [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
    return strings
