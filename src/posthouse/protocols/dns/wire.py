"""DNS messages as bytes (RFC 1035 4): a question, and the reply with its AD bit (RFC 4035)."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from posthouse.protocols.dns.model import (
    Answer,
    MailExchanger,
    Record,
    RecordType,
    ServiceHost,
    Status,
    Tlsa,
)

_TYPES = {
    RecordType.A: 1,
    RecordType.MX: 15,
    RecordType.TXT: 16,
    RecordType.AAAA: 28,
    RecordType.SRV: 33,
    RecordType.TLSA: 52,
}
_IN, _OPT = 1, 41
_PAYLOAD = 1232  # what passes everywhere in one piece (DNS flag day 2020)
_RESPONSE, _TRUNCATED, _DESIRED, _AUTHENTIC = 0x8000, 0x0200, 0x0100, 0x0020
_NOERROR, _NXDOMAIN = 0, 3
_MOST_RECORDS = 200
_MOST_JUMPS = 32


class BadMessage(ValueError):
    """It is not a reply to what was asked."""


class Truncated(Exception):
    """The reply did not fit; TCP has room for it."""


def make_query(number: int, name: str, kind: RecordType) -> bytes:
    """The question for a resolver. The AD bit says that we understand it (RFC 6840 5.7)."""
    head = struct.pack("!6H", number, _DESIRED | _AUTHENTIC, 1, 0, 0, 1)
    option = b"\0" + struct.pack("!HHIH", _OPT, _PAYLOAD, 0, 0)
    return head + _question(name, kind) + option


def read_reply(wire: bytes, number: int, name: str, kind: RecordType) -> Answer[Record]:
    """The answer in a reply. Raises BadMessage, Truncated."""
    try:
        return _read(wire, number, name, kind)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BadMessage("cut short") from error


def _question(name: str, kind: RecordType) -> bytes:
    labels = b"".join(bytes((len(label),)) + label.encode("ascii") for label in name.split("."))
    return labels + b"\0" + struct.pack("!HH", _TYPES[kind], _IN)


def _read(wire: bytes, number: int, name: str, kind: RecordType) -> Answer[Record]:
    found, flags, questions, answers, _, _ = struct.unpack_from("!6H", wire)
    if found != number or not flags & _RESPONSE or questions != 1:
        raise BadMessage("not a reply to us")
    asked, place = _name(wire, 12)
    if asked.lower() != name.lower() or struct.unpack_from("!HH", wire, place) != (
        _TYPES[kind],
        _IN,
    ):
        raise BadMessage("a reply to another question")
    if flags & _TRUNCATED:
        raise Truncated
    authentic = bool(flags & _AUTHENTIC)
    code = flags & 0xF
    if code == _NXDOMAIN:
        return Answer(status=Status.NXDOMAIN, authentic=authentic)
    if code != _NOERROR:
        return Answer(status=Status.TEMPORARY, detail=f"rcode {code}")
    if answers > _MOST_RECORDS:
        raise BadMessage("too many records")
    entries = list(_records(wire, place + 4, answers))
    records = [_value(wire, kind, *entry[2:]) for entry in entries if entry[0] == _TYPES[kind]]
    if not records:
        return Answer(status=Status.NO_DATA, authentic=authentic)
    if kind is RecordType.MX:
        records.sort(key=lambda record: (record.preference, record.host))  # type: ignore[union-attr]
    ttl = min(entry[1] for entry in entries)
    return Answer(status=Status.FOUND, records=tuple(records), ttl=ttl, authentic=authentic)


def _records(wire: bytes, place: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Type, TTL, and where the data begins and ends; aliases on the way are among them."""
    for _ in range(count):
        _, place = _name(wire, place)
        kind, group, ttl, length = struct.unpack_from("!HHIH", wire, place)
        place += 10
        if place + length > len(wire):
            raise BadMessage("cut short")
        if group == _IN:
            yield kind, ttl & 0x7FFFFFFF, place, place + length
        place += length


def _value(wire: bytes, kind: RecordType, start: int, end: int) -> Record:
    data = wire[start:end]
    match kind:
        case RecordType.A if len(data) == 4:
            return IPv4Address(data)
        case RecordType.AAAA if len(data) == 16:
            return IPv6Address(data)
        case RecordType.MX if len(data) > 2:
            host, _ = _name(wire, start + 2)
            return MailExchanger(struct.unpack_from("!H", data)[0], host.lower())
        case RecordType.SRV if len(data) > 6:
            priority, weight, port = struct.unpack_from("!3H", data)
            host, _ = _name(wire, start + 6)
            return ServiceHost(priority, weight, port, host.lower())
        case RecordType.TXT:
            return b"".join(_strings(data))
        case RecordType.TLSA if len(data) > 3:
            return Tlsa(data[0], data[1], data[2], data[3:])
        case _:
            raise BadMessage("a record of another shape")


def _strings(data: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        length = data[place]
        yield data[place + 1 : place + 1 + length]
        place += 1 + length


def _name(wire: bytes, place: int) -> tuple[str, int]:
    """A name without its final dot, and where what follows it begins."""
    labels: list[str] = []
    after: int | None = None
    for _ in range(128 + _MOST_JUMPS):
        length = wire[place]
        if length & 0xC0 == 0xC0:
            target = struct.unpack_from("!H", wire, place)[0] & 0x3FFF
            after = place + 2 if after is None else after
            if target >= place:
                raise BadMessage("a name that points forward")
            place = target
        elif length & 0xC0:
            raise BadMessage("a label of an unknown kind")
        elif length == 0:
            return ".".join(labels), place + 1 if after is None else after
        else:
            label = wire[place + 1 : place + 1 + length]
            if len(label) < length:
                raise BadMessage("cut short")
            labels.append(label.decode("ascii"))
            place += 1 + length
    raise BadMessage("a name without an end")
