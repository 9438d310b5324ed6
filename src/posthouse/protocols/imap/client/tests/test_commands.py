"""Commands: every argument is one argument, whatever is in it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.client import commands as c
from posthouse.protocols.imap.client.names import decode_name
from posthouse.protocols.imap.errors import ImapError
from posthouse.protocols.imap.flags import SystemFlag
from posthouse.protocols.imap.reader import CommandReader, RawCommand
from posthouse.protocols.imap.scanner import Scanner
from posthouse.protocols.imap.sequence import SequenceSet


def test_literals_wait_unless_they_need_not():
    append = c.command("APPEND", c.string(b"Sent"), c.Literal(b"hi\r\n"))
    assert append.pieces(b"A1", c.Literals.ASK) == [b'A1 APPEND "Sent" {4}\r\n', b"hi\r\n\r\n"]
    assert append.pieces(b"A1", c.Literals.PLUS) == [b'A1 APPEND "Sent" {4+}\r\nhi\r\n\r\n']
    large = c.command("LOGIN", c.Literal(b"x" * 4_097), c.Literal(b"\x00", binary=True))
    first, second = large.pieces(b"A1", c.Literals.MINUS)
    assert (first, second[-11:]) == (b"A1 LOGIN {4097}\r\n", b" ~{1+}\r\n\x00\r\n")


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_what_a_server_named_stays_one_argument(first, second):
    pieces = c.command("COPY", c.string(first), c.string(second)).pieces(b"A1", c.Literals.PLUS)
    reader = CommandReader()
    reader.feed(b"".join(pieces))
    command = reader.next_event()
    assert isinstance(command, RawCommand)
    assert reader.next_event() is None
    scanner = Scanner(command)
    try:
        scanner.tag()
        scanner.space()
        scanner.keyword()
        scanner.space()
        assert scanner.astring() == first
        scanner.space()
        assert scanner.astring() == second
    except ImapError:
        assert b"\x00" in first + second  # no astring may hold it


def test_words_that_are_none():
    for wrong in ("", "A B", "A\r\nB", "A(", "\xe4"):
        with pytest.raises((ValueError, UnicodeEncodeError)):
            c.atom(wrong)
    assert c.flags(SystemFlag.SEEN, ["$Label", "a b", "x\r\ny", "\\Seen", ""]) == b"(\\Seen $Label)"
    assert c.identity({"name": "Posthouse"}) == b'("name" "Posthouse")'
    assert c.date_time(datetime(2024, 2, 1, 9, tzinfo=UTC)) == b'" 1-Feb-2024 09:00:00 +0000"'
    assert (c.uid_range(5, 0), c.uid_range(5, 9)) == (b"5:*", b"5:9")


@given(st.lists(st.integers(1, 2**32 - 1), max_size=400))
def test_sets_ascend_and_fit(uids):
    pieces = list(c.uid_sets(c.ranges_of(uids)))
    assert all(len(piece) <= c.MAX_SET for piece in pieces)
    bounds = [one for piece in pieces for one in SequenceSet.parse(piece).ranges]
    assert bounds == sorted(bounds)
    assert all(low <= high for low, high in bounds)
    assert sum(high - low + 1 for low, high in bounds) == len(set(uids))


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        (b"INBOX", "INBOX"),
        (b"&XfJT0ZAB-", "已发送"),
        ("已发送".encode(), "已发送"),
        ("已发送".encode("gb18030"), "已发送"),
        (b"Q&A", "Q&A"),
        (b"&AGE-b", "ab"),  # not canonical: an ASCII letter needs no shift
        (b"&2D-x", "&2D-x"),
        (b"\xff\xfe\xfd", "ÿþý"),
    ],
)
def test_names_are_read(wire, name):
    assert decode_name(wire) == name


@given(st.binary(max_size=60))
def test_every_name_is_read(wire):
    decode_name(wire)
