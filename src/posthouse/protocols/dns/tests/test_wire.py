"""DNS messages beside dnspython, and whatever else may come over a network."""

import contextlib
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.dns import (
    Answer,
    MailExchanger,
    RecordType,
    ServiceHost,
    Status,
    Tlsa,
)
from posthouse.protocols.dns.model import Record
from posthouse.protocols.dns.wire import BadMessage, Truncated, make_query, read_reply

NAME = "mx.example.org"


def reply(kind: RecordType, *records: str, rcode: int = 0, flags: int = 0, name: str = NAME):
    query = dns.message.from_wire(make_query(7, name, kind))
    made = dns.message.make_response(query, recursion_available=True)
    made.set_rcode(dns.rcode.Rcode(rcode))
    made.flags |= flags
    for record in records:
        owner, _, text = record.partition(" ")
        made.answer.append(dns.rrset.from_text(owner, 300, "IN", *text.split(" ", 1)))
    return made.to_wire()


def read(wire: bytes, kind: RecordType) -> Answer[Record]:
    return read_reply(wire, 7, NAME, kind)


def test_the_question():
    query = dns.message.from_wire(make_query(7, "_25._tcp.mx.example.org", RecordType.TLSA))
    assert query.id == 7
    assert query.question[0].to_text() == "_25._tcp.mx.example.org. IN TLSA"
    assert query.flags & dns.flags.AD
    assert query.flags & dns.flags.RD
    assert query.payload == 1232


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        (RecordType.A, "A 192.0.2.1", ip_address("192.0.2.1")),
        (RecordType.AAAA, "AAAA 2001:db8::1", ip_address("2001:db8::1")),
        (RecordType.MX, "MX 10 A.Example.org.", MailExchanger(10, "a.example.org")),
        (RecordType.MX, "MX 0 .", MailExchanger(0, "")),
        (RecordType.SRV, "SRV 1 2 993 I.Example.org.", ServiceHost(1, 2, 993, "i.example.org")),
        (RecordType.SRV, "SRV 0 0 0 .", ServiceHost(0, 0, 0, "")),
        (RecordType.TXT, 'TXT "one" "two"', b"onetwo"),
        (RecordType.TLSA, "TLSA 3 1 1 " + "ab" * 32, Tlsa(3, 1, 1, b"\xab" * 32)),
    ],
)
def test_records(kind: RecordType, text: str, found: Record):
    answer = read(reply(kind, f"{NAME}. {text}", flags=dns.flags.AD), kind)
    assert (answer.status, answer.records, answer.ttl) == (Status.FOUND, (found,), 300)
    assert answer.authentic


def test_aliases_on_the_way():
    wire = reply(RecordType.A, f"{NAME}. CNAME b.example.org.", "b.example.org. A 192.0.2.2")
    answer = read(wire, RecordType.A)
    assert answer.records == (ip_address("192.0.2.2"),)
    assert not answer.authentic


def test_what_is_not_there():
    assert read(reply(RecordType.A), RecordType.A).status is Status.NO_DATA
    assert read(reply(RecordType.A, rcode=3), RecordType.A).status is Status.NXDOMAIN
    assert read(reply(RecordType.A, rcode=2), RecordType.A).status is Status.TEMPORARY
    assert not read(reply(RecordType.A, rcode=2, flags=dns.flags.AD), RecordType.A).authentic
    with pytest.raises(Truncated):
        read(reply(RecordType.A, flags=dns.flags.TC), RecordType.A)


def test_replies_to_something_else():
    wire = reply(RecordType.A, f"{NAME}. A 192.0.2.1")
    query = make_query(7, NAME, RecordType.A)
    for number, name, kind, data in (
        (8, NAME, RecordType.A, wire),
        (7, "other.example.org", RecordType.A, wire),
        (7, NAME, RecordType.AAAA, wire),
        (7, NAME, RecordType.A, query),
        (7, NAME, RecordType.A, wire[: wire.index(b"\xc0\x00\x02") + 2]),
        (7, NAME, RecordType.A, b""),
    ):
        with pytest.raises(BadMessage):
            read_reply(data, number, name, kind)


def test_names_that_go_in_circles():
    head = make_query(7, NAME, RecordType.A)[:12]
    for tail in (b"\xc0\x0c", b"\xc0\xff", b"\x01a\xc0\x0c", b"\x80", b"\x3f"):
        with pytest.raises(BadMessage):
            read_reply(head[:2] + b"\x80" + head[3:] + tail, 7, NAME, RecordType.A)


@given(st.binary(max_size=200), st.sampled_from(list(RecordType)[:4]), st.integers(12, 60))
def test_any_bytes_are_a_reply_or_none(tail: bytes, kind: RecordType, cut: int):
    for wire in (tail, reply(kind, f"{NAME}. A 192.0.2.1")[:cut] + tail):
        with contextlib.suppress(BadMessage, Truncated):
            read(wire, kind)
