"""The QRESYNC parameter, and the sets of uids it is about (RFC 7162 3.2.5)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.parser import TaggedError, parse
from posthouse.protocols.imap.reader import RawCommand
from posthouse.protocols.imap.responses import vanished_lines
from posthouse.protocols.imap.resync import Resync, among, holes, untouched_up_to
from posthouse.protocols.imap.sequence import SequenceSet

UIDS = st.sets(st.integers(1, 60)).map(sorted)
BOUNDS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=4)


def parsed(text):
    return parse(RawCommand(text=b"a SELECT INBOX (" + text + b")"))


def read(text):
    return parsed(text).resync


def numbers(text):
    return SequenceSet.parse(text)


def test_forms():
    assert read(b"QRESYNC (67890007 20050715194045000)") == Resync(
        uid_validity=67890007, modseq=20050715194045000
    )
    assert read(b"QRESYNC (7 9 41,43:211)").known == numbers(b"41,43:211")
    whole = read(b"CONDSTORE QRESYNC (7 9 41:211 (1,29,35 42,98,130))")
    assert (whole.numbers, whole.uids) == (numbers(b"1,29,35"), numbers(b"42,98,130"))
    assert read(b"QRESYNC (7 9 (1:3 5:7))").known is None


@pytest.mark.parametrize(
    "text",
    [
        b"QRESYNC",
        b"QRESYNC 7 9",
        b"QRESYNC (7)",
        b"QRESYNC (7 9 1:*)",
        b"QRESYNC (7 9 $)",
        b"QRESYNC (7 9 1:3 (1 1,2))",
        b"QRESYNC (7 9 1:3 (1 *))",
        b"QRESYNC (7 9 1:3 (1))",
        b"QRESYNC (7 9 1:3",
        b"QRESYNC (7 9223372036854775808)",
        b"QRESYNC (7 9) QRESYNC (7 9)",
    ],
)
def test_what_is_refused(text):
    with pytest.raises(TaggedError) as caught:
        read(text)
    assert isinstance(caught.value.cause, BadCommand)


@given(st.text("QRESYNC(1:9,*$ )", max_size=40))
def test_anything_is_read_or_refused(text):
    with contextlib.suppress(TaggedError):
        read(b"QRESYNC (" + text.encode())


@given(BOUNDS, UIDS, st.integers(0, 60))
def test_holes_and_what_is_among(pairs, uids, above):
    bounds = SequenceSet(tuple(pairs)).bounds(60)
    within = {number for low, high in bounds for number in range(low, high + 1)}
    missing = [n for low, high in holes(bounds, uids, above) for n in range(low, high + 1)]
    assert missing == sorted(n for n in within - set(uids) if n > above)
    assert among(bounds, uids) == sorted(within & set(uids))


@given(UIDS, UIDS)
def test_untouched_means_nothing_below_is_gone(known, gone):
    left = [uid for uid in known if uid not in gone]
    chosen = known[::2] or [1]
    resync = Resync(
        uid_validity=1,
        modseq=1,
        numbers=SequenceSet(tuple((i, i) for i in range(1, 2 * len(chosen), 2))),
        uids=SequenceSet(tuple((uid, uid) for uid in chosen)),
    )
    reached = untouched_up_to(resync, left)
    assert not [uid for uid in known if uid <= reached and uid not in left]


def test_a_huge_claim_costs_nothing():
    resync = read(b"QRESYNC (7 9 1:4294967295 (1:4294967295 1:4294967295))")
    assert untouched_up_to(resync, range(1, 50_000)) == 10_000
    assert vanished_lines(holes([(1, 2**32 - 1)], [5], 0), earlier=True) == (
        b"* VANISHED (EARLIER) 1:4,6:4294967295\r\n"
    )
