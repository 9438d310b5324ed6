"""The fields of ARC, each read by itself (RFC 8617 4.1), and the sets that they make."""

from __future__ import annotations

import re
from dataclasses import dataclass

from posthouse.protocols.mailauth.keys import KeyKind
from posthouse.protocols.mailauth.message import Field
from posthouse.protocols.mailauth.signature import (
    BadSignature,
    Signature,
    read_canonicalisation,
    read_kind,
    read_name,
    read_octets,
)
from posthouse.protocols.mailauth.tags import TagError, colon_list, parse_tags

MAX_INSTANCES = 50  # RFC 8617 4.2.1
RESULTS = b"arc-authentication-results"
SIGNATURE = b"arc-message-signature"
SEAL = b"arc-seal"
NAMES = frozenset((RESULTS, SIGNATURE, SEAL))
_INSTANCE = re.compile(r"0*([1-9][0-9]?)\Z")
_RESULTS_INSTANCE = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*0*([1-9][0-9]?)[ \t\r\n]*;")


class BrokenChain(ValueError):
    """The chain fails whatever DNS says. The text is for `reason=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One ARC-Seal: who sealed, with what, and what the chain was before."""

    field: Field
    kind: KeyKind
    domain: str
    selector: str
    validation: str
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSet:
    """The three fields that one intermediary added."""

    results: Field
    signature: Field
    seal: Field

    @property
    def results_value(self) -> bytes:
        """What the ARC-Authentication-Results says, without its instance."""
        return self.results.value.partition(b";")[2]


def read_sets(fields: tuple[Field, ...]) -> list[ArcSet]:
    """The sets from the first instance on; none without ARC. Raises BrokenChain (RFC 8617 5.2)."""
    found: dict[int, dict[bytes, Field]] = {}
    for field in fields:
        if field.name in NAMES:
            instance = _instance(field)
            if field.name in found.setdefault(instance, {}):
                raise BrokenChain(f"two {field.name.decode()} of one instance")
            found[instance][field.name] = field
    if sorted(found) != list(range(1, len(found) + 1)):
        raise BrokenChain("an instance is missing")
    for instance, members in found.items():
        if members.keys() != NAMES:
            raise BrokenChain(f"set {instance} is not whole")
    return [
        ArcSet(
            results=found[instance][RESULTS],
            signature=found[instance][SIGNATURE],
            seal=found[instance][SEAL],
        )
        for instance in sorted(found)
    ]


def read_seal(field: Field) -> Seal:
    """Reads an ARC-Seal (RFC 8617 4.1.3). Raises BrokenChain."""
    tags = _tags(field, ("a", "b", "cv", "d", "i", "s"))
    if "h" in tags or "bh" in tags:
        raise BrokenChain("a seal names fields")  # RFC 8617 4.1.3
    try:
        return Seal(
            field=field,
            kind=read_kind(tags["a"]),
            domain=read_name(tags["d"], "d"),
            selector=read_name(tags["s"], "s"),
            validation=tags["cv"].lower(),
            value=read_octets(tags["b"], "b"),
        )
    except BadSignature as error:
        raise BrokenChain(str(error)) from error


def read_signature(field: Field) -> Signature:
    """Reads an ARC-Message-Signature: DKIM's tags without `v=` (RFC 8617 4.1.2).

    Raises BrokenChain.
    """
    tags = _tags(field, ("a", "b", "bh", "d", "h", "i", "s"))
    names = tuple(name.encode("utf-8") for name in colon_list(tags["h"]))
    if SEAL in names:
        raise BrokenChain("a message signature covers seals")
    try:
        relaxed_header, relaxed_body = read_canonicalisation(tags.get("c", "simple/simple"))
        return Signature(
            field=field,
            kind=read_kind(tags["a"]),
            relaxed_header=relaxed_header,
            relaxed_body=relaxed_body,
            domain=read_name(tags["d"], "d"),
            selector=read_name(tags["s"], "s"),
            identity="",
            names=names,
            body_hash=read_octets(tags["bh"], "bh"),
            value=read_octets(tags["b"], "b"),
        )
    except BadSignature as error:
        raise BrokenChain(str(error)) from error


def _instance(field: Field) -> int:
    if field.name == RESULTS:
        found = _RESULTS_INSTANCE.match(field.value)
        number = found[1].decode() if found else ""
    else:
        number = _tags(field, ("i",))["i"]
    match = _INSTANCE.match(number)
    if match is None or int(match[1]) > MAX_INSTANCES:
        raise BrokenChain("an instance is no number from 1 to 50")
    return int(match[1])


def _tags(field: Field, required: tuple[str, ...]) -> dict[str, str]:
    try:
        text = field.value.decode("utf-8")
        tags = parse_tags(text)
    except (TagError, UnicodeDecodeError) as error:
        raise BrokenChain("syntax error") from error
    if any(not item.strip() for item in text.split(";")[:-1]):
        raise BrokenChain("an empty tag")  # DKIM's readers pass over it; here nothing is left open
    for name in required:
        if not tags.get(name):
            raise BrokenChain(f"{name}= missing")
    return tags
