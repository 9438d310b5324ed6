"""Which way a mail took, by its Received fields (RFC 5321 4.4), and whether it fits its author."""

import re
from collections.abc import Iterator, Sequence

from posthouse.mail.filtering.headers import author, domain_of, house_of, same_house, shape
from posthouse.protocols import mime
from posthouse.protocols.mime.model import read_fields

_SAID = re.compile(r"from \[?([a-z0-9._-]{1,253})")
_BY = re.compile(r"\bby ([a-z0-9._-]{1,253})")
_WITH = re.compile(r"\bwith ([a-z0-9-]{1,20})")
_FOR = re.compile(r"\bfor <?([^\s<>;]{3,320})>?")
_ADDRESS = re.compile(r"\b(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-]\d{1,3}\b")
_RETURN = re.compile(rb"<([^<>\s]{0,320})>")
# Whom nobody answers: lists, bounces, programs.
_MACHINE = re.compile(
    r"(?:^|[-_.+=])(?:bounces?|owner|no-?reply|do-?not-?reply|notif\w{0,20}|news\w{0,20}|alerts?"
    r"|info|sales|support|admin|service|mailer|request|return|offers?|deals?|promo\w{0,20})"
    r"(?:$|[-_.+=\d])"
)
_MOST_HOPS = 12


def path_traits(hops: Sequence[str]) -> Iterator[str]:
    """Who handed it to whom."""
    yield f"hops {min(len(hops), 15)}"
    for text in hops[:_MOST_HOPS]:
        said = _SAID.match(text)
        if said:
            yield (
                f"greets {shape(said[1])}"
                if _ADDRESS.search(said[1])
                else f"hop {house_of(said[1])}"
            )
        if receiver := _BY.search(text):
            yield f"by {house_of(receiver[1])}"
        if protocol := _WITH.search(text):
            yield f"with {protocol[1]}"
        for octets in _ADDRESS.findall(text)[:2]:
            yield f"net {octets[0]}.{octets[1]}"
            yield f"net {octets[0]}.{octets[1]}.{octets[2]}"
        for doubt in ("forged", "unverified", "unknown"):
            if doubt in text:
                yield f"hop {doubt}"


def way_traits(prefix: bytes, scan: mime.Scan, hops: Sequence[str]) -> Iterator[str]:
    """Whether it came from the houses of its author and its Message-ID, and where it returns to."""
    who = author(scan)
    house = domain_of(who.address) if who else ""
    hops = hops[:_MOST_HOPS]
    houses = [house_of(said[1]) for said in map(_SAID.match, hops) if said]
    identity = (mime.message_id(scan) or "").strip("<>").rpartition("@")[2].lower()
    if houses:
        of_identity = house_of(identity) in houses if identity else None
        yield f"from author {house in houses}"
        yield f"from identity {of_identity}"
        yield f"from author {house in houses} identity {of_identity}"
    yield from _time_traits(scan, hops)
    yield from _envelope_traits(scan, hops)
    found = _RETURN.search(_return_path(prefix, scan))
    if found is None:
        return
    back = found[1].decode("latin-1").lower()
    if not back:
        yield "returns nowhere"
        return
    name, _, host = back.rpartition("@")
    yield f"returns {house_of(host)}"
    yield f"returns to author {who is not None and back == who.address.lower()}"
    yield f"returns to house {who is not None and same_house(back, who.address)}"
    yield f"returns by way {house_of(host) in houses}"
    yield f"returns shape {shape(name)}"
    if _MACHINE.search(name[:100]):
        yield "returns to a machine"


def _time_traits(scan: mime.Scan, hops: Sequence[str]) -> Iterator[str]:
    """How long before it was first received it says it was written: clocks differ by minutes."""
    written = mime.date(scan)
    times = (mime.parse_date(hop.rpartition(";")[2]) for hop in reversed(hops))
    received = next((time for time in times if time is not None), None)
    if written is None or received is None:
        return
    minutes = int((received - written).total_seconds() / 60)
    side = "late" if minutes >= 0 else "early"
    yield f"{side} {min(abs(minutes) // 10, 1 << 12).bit_length()}"


def _envelope_traits(scan: mime.Scan, hops: Sequence[str]) -> Iterator[str]:
    """Whether whom it was handed over for stands in the header (the `for` of RFC 5321 4.4)."""
    people = {found[1] for hop in hops if (found := _FOR.search(hop))}
    if not people:
        return
    named = [*mime.addresses(scan, b"to"), *mime.addresses(scan, b"cc")]
    yield f"for a receiver {any(one.address.lower() in people for one in named)}"


def hops_of(prefix: bytes, scan: mime.Scan) -> list[str]:
    """Received fields, the last hop first."""
    fields = [value for name, value in _trace(prefix) if name == b"received"]
    fields += scan.headers(b"received")
    return [" ".join(field[:1000].decode("latin-1").lower().split()) for field in fields]


def _return_path(prefix: bytes, scan: mime.Scan) -> bytes:
    """RFC 5321 4.4: written at the final delivery, so the first one counts."""
    said = [value for name, value in _trace(prefix) if name == b"return-path"]
    return said[0] if said else scan.header(b"return-path") or b""


def _trace(prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, value in read_fields(prefix, 0, len(prefix)):
        yield name.lower(), value
