"""SPF records: the whole grammar, read before anything is looked up (RFC 7208 4.6, 5, 6, 12)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from posthouse.protocols.mailauth.spf.macro import (
    Template,
    parse_domain_spec,
    parse_macro_string,
)

_TERM = re.compile(r"([+\-?~]?)([A-Za-z][A-Za-z0-9\-_.]*)(.*)\Z", re.DOTALL)
_DUAL_CIDR = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_CIDR_START = re.compile(r"(?:/[0-9]+)?(?://[0-9]+)?\Z")


MAX_RECORD = 8_192  # octets; RFC 7208 3.4 wants 450, the longest in the wild are about 4,000


class BadRecord(ValueError):
    """A syntax error anywhere in the record, which makes the result permerror."""


class Kind(StrEnum):
    ALL = "all"
    INCLUDE = "include"
    A = "a"
    MX = "mx"
    PTR = "ptr"
    IP4 = "ip4"
    IP6 = "ip6"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One directive. `target` is None where the current domain is meant."""

    qualifier: str
    kind: Kind
    target: Template | None = None
    network: IPv4Network | IPv6Network | None = None
    prefix4: int = 32
    prefix6: int = 128
    text: str

    @property
    def looks_up(self) -> bool:
        """Whether it counts against the limit of RFC 7208 4.6.4."""
        return self.kind not in (Kind.ALL, Kind.IP4, Kind.IP6)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRecord:
    mechanisms: tuple[Mechanism, ...]
    redirect: Template | None = None
    explanation: Template | None = None


def is_spf(octets: bytes) -> bool:
    """Whether a TXT value is an SPF record at all (RFC 7208 4.5)."""
    return octets[:6].lower() == b"v=spf1" and octets[6:7] in (b"", b" ")


def parse_record(octets: bytes) -> SpfRecord:
    """Reads a value for which `is_spf` holds. Raises BadRecord."""
    if len(octets) > MAX_RECORD:
        raise BadRecord("record too long")
    try:
        terms = octets[6:].decode("ascii").split(" ")
    except UnicodeDecodeError as error:
        raise BadRecord("not ASCII") from error
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, Template] = {}
    for term in filter(None, terms):
        match = _TERM.match(term)
        if match is None:
            raise BadRecord(f"not a term: {term[:40]!r}")
        qualifier, name, rest = match[1], match[2].lower(), match[3]
        try:
            if rest.startswith("="):
                _add_modifier(modifiers, qualifier, name, rest[1:])
            else:
                mechanisms.append(_mechanism(qualifier or "+", name, rest, term))
        except ValueError as error:  # BadMacro, and addresses that are none
            raise BadRecord(f"{term[:40]!r}: {error}") from error
    return SpfRecord(
        mechanisms=tuple(mechanisms),
        redirect=modifiers.get("redirect"),
        explanation=modifiers.get("exp"),
    )


def _add_modifier(modifiers: dict[str, Template], qualifier: str, name: str, value: str) -> None:
    if qualifier:
        raise BadRecord("a modifier takes no qualifier")
    if name not in ("redirect", "exp"):
        parse_macro_string(value)  # unknown modifiers are ignored, yet must be well-formed
        return
    if name in modifiers:
        raise BadRecord(f"{name}= twice")
    modifiers[name] = parse_domain_spec(value)


def _mechanism(qualifier: str, name: str, rest: str, text: str) -> Mechanism:
    try:
        kind = Kind(name)
    except ValueError as error:
        raise BadRecord("unknown mechanism") from error
    return _READERS[kind](qualifier, kind, rest, text)


def _read_all(qualifier: str, kind: Kind, rest: str, text: str) -> Mechanism:
    if rest:
        raise BadRecord("all takes no argument")
    return Mechanism(qualifier=qualifier, kind=kind, text=text)


def _read_target(qualifier: str, kind: Kind, rest: str, text: str) -> Mechanism:
    """include, exists: a domain is needed; ptr: it may be left out."""
    if not rest and kind is Kind.PTR:
        return Mechanism(qualifier=qualifier, kind=kind, text=text)
    if not rest.startswith(":"):
        raise BadRecord("a domain is missing")
    target = parse_domain_spec(rest[1:])
    return Mechanism(qualifier=qualifier, kind=kind, target=target, text=text)


def _read_hosts(qualifier: str, kind: Kind, rest: str, text: str) -> Mechanism:
    """a, mx: a domain and prefix lengths, each of which may be left out."""
    start = _CIDR_START.search(rest)
    cut = start.start() if start else len(rest)
    lengths = _DUAL_CIDR.match(rest[cut:])
    if lengths is None:
        raise BadRecord("broken prefix length")
    target = None
    if domain := rest[:cut]:
        if not domain.startswith(":"):
            raise BadRecord("not a domain")
        target = parse_domain_spec(domain[1:])
    return Mechanism(
        qualifier=qualifier,
        kind=kind,
        target=target,
        prefix4=_prefix(lengths[1], 32),
        prefix6=_prefix(lengths[2], 128),
        text=text,
    )


def _read_network(qualifier: str, kind: Kind, rest: str, text: str) -> Mechanism:
    if not rest.startswith(":"):
        raise BadRecord("an address is missing")
    address, slash, length = rest[1:].partition("/")
    longest, family = (32, IPv4Network) if kind is Kind.IP4 else (128, IPv6Network)
    if slash and not re.fullmatch(r"0|[1-9][0-9]{0,2}", length):
        raise BadRecord("broken prefix length")
    prefix = _prefix(length or None, longest)
    network: IPv4Network | IPv6Network = family((address, prefix), strict=False)
    return Mechanism(qualifier=qualifier, kind=kind, network=network, text=text)


def _prefix(digits: str | None, longest: int) -> int:
    length = longest if digits is None else int(digits)
    if length > longest:
        raise BadRecord("prefix length too long")
    return length


_READERS: dict[Kind, Callable[[str, Kind, str, str], Mechanism]] = {
    Kind.ALL: _read_all,
    Kind.INCLUDE: _read_target,
    Kind.A: _read_hosts,
    Kind.MX: _read_hosts,
    Kind.PTR: _read_target,
    Kind.IP4: _read_network,
    Kind.IP6: _read_network,
    Kind.EXISTS: _read_target,
}
