"""Cutting the client's bytes into commands: any chunks, and nothing beyond the limits is kept."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.reader import (
    CommandReader,
    ContinuationWanted,
    RawCommand,
    ReaderLimits,
    RejectedCommand,
)

LIMITS = ReaderLimits(line=200, literal=100, append=1_000, literals=3, swallow=5_000)
INPUT = (
    b"a1 NOOP\r\n"
    b"a2 LOGIN {3}\r\nann {5+}\r\npass\n\r\n"
    b"a3 APPEND Sent (\\Seen) {300+}\r\n" + b"m" * 300 + b"\r\n"
    b"a4 LOGIN x {101+}\r\n" + b"z" * 101 + b" {4+}\r\nabcd\r\n"
    b"a5 APPEND Sent {1001}\r\n"
    b"a6 SELECT {0}\r\n\r\n"
    b"a7 SEARCH {1+}\r\na {1+}\r\na {1+}\r\na {1+}\r\na\r\n"
    b"\n"
    b"a8 LOGOUT\n"
)


def pull(reader):
    events = []
    while (event := reader.next_event()) is not None:
        events.append(event)
    return events


def test_a_session():
    reader = CommandReader(LIMITS)
    reader.feed(INPUT)
    assert pull(reader) == [
        RawCommand(text=b"a1 NOOP"),
        ContinuationWanted(),
        RawCommand(text=b"a2 LOGIN {3}\r\n {5+}\r\n", literals=(b"ann", b"pass\n")),
        RawCommand(text=b"a3 APPEND Sent (\\Seen) {300+}\r\n", literals=(b"m" * 300,)),
        RejectedCommand(tag=b"a4", text="Literal too big", code="TOOBIG"),
        RejectedCommand(tag=b"a5", text="Message too big", code="TOOBIG"),
        ContinuationWanted(),
        RawCommand(text=b"a6 SELECT {0}\r\n", literals=(b"",)),
        RejectedCommand(tag=b"a7", text="Too many literals"),
        RawCommand(text=b""),
        RawCommand(text=b"a8 LOGOUT"),
    ]


@given(st.lists(st.integers(0, len(INPUT)), max_size=30))
def test_chunk_boundaries_change_nothing(cuts):
    whole, pieces = CommandReader(LIMITS), CommandReader(LIMITS)
    whole.feed(INPUT)
    edges = [0, *sorted(cuts), len(INPUT)]
    events = []
    for start, end in itertools.pairwise(edges):
        pieces.feed(INPUT[start:end])
        events += pull(pieces)
    assert events == pull(whole)


@given(st.binary(max_size=400))
def test_any_bytes_give_events(noise):
    reader = CommandReader(LIMITS)
    for octet in noise:
        reader.feed(bytes([octet]))
        pull(reader)
        assert len(reader) <= LIMITS.line + 1


def test_a_million_parentheses_are_refused_at_once():
    reader = CommandReader()
    started = time.process_time()
    reader.feed(b"a SEARCH " + b"(" * 1_000_000)
    event = reader.next_event()
    assert event == RejectedCommand(tag=b"a", text="Line too long", code="TOOBIG", fatal=True)
    assert len(reader) == 0
    assert time.process_time() - started < 0.1


def test_an_endless_line_byte_by_byte_is_linear():
    reader = CommandReader(ReaderLimits(line=60_000))
    started = time.process_time()
    for _ in range(60_000):
        reader.feed(b"x")
        assert reader.next_event() is None
    reader.feed(b"x")
    assert isinstance(reader.next_event(), RejectedCommand)
    assert time.process_time() - started < 2


def test_a_huge_announced_literal_is_refused_before_it_comes():
    reader = CommandReader(LIMITS)
    reader.feed(b"a APPEND x {99999999999999999999}\r\n")
    assert pull(reader) == [RejectedCommand(tag=b"a", text="Message too big", code="TOOBIG")]
    reader.feed(b"a APPEND x {99999999999+}\r\n")
    rejected = pull(reader)
    assert [event.fatal for event in rejected] == [True]


def test_a_refused_literal_is_not_read_as_commands():
    reader = CommandReader(LIMITS)
    inner = b"x LOGOUT\r\n" * 20
    reader.feed(b"a LOGIN n {%d+}\r\n%b\r\nb NOOP\r\n" % (len(inner), inner))
    rejected, following = pull(reader)
    assert (rejected.tag, following.text) == (b"a", b"b NOOP")


def test_bare_lines_between_commands():
    reader = CommandReader(LIMITS)
    reader.feed(b"a IDLE\r\nDONE\r\nb NOOP\r\n")
    assert reader.next_event() == RawCommand(text=b"a IDLE")
    assert reader.next_line(100) == b"DONE"
    assert reader.next_event() == RawCommand(text=b"b NOOP")
    assert reader.next_line(100) is None
    reader.feed(b"y" * 101)
    with pytest.raises(BadCommand):
        reader.next_line(100)


def test_discarding_forgets_half_a_command():
    reader = CommandReader(LIMITS)
    reader.feed(b"a STARTTLS\r\nb LOGIN x {5}\r\nab")
    assert reader.next_event() == RawCommand(text=b"a STARTTLS")
    assert reader.next_event() == ContinuationWanted()
    assert reader.next_event() is None
    reader.discard()
    reader.feed(b"c NOOP\r\n")
    assert pull(reader) == [RawCommand(text=b"c NOOP")]
