"""Sequence sets against the plain meaning of RFC 3501: sets of numbers."""

import time
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.sequence import SequenceSet, compress, format_set

numbers = st.one_of(st.none(), st.integers(1, 40))
ranges = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6)


def spell(number):
    return "*" if number is None else str(number)


@given(ranges, st.sets(st.integers(1, 40), min_size=1))
def test_uids_are_found_as_the_rfc_says(pairs, uids):
    ordered = array("I", sorted(uids))
    wanted = SequenceSet.parse(",".join(f"{spell(a)}:{spell(b)}" for a, b in pairs).encode())
    expected = set()
    for first, last in pairs:
        low, high = sorted((first or ordered[-1], last or ordered[-1]))
        expected |= {uid for uid in uids if low <= uid <= high}
    found = wanted.positions_of_uids(ordered)
    assert {ordered[i] for positions in found for i in positions} == expected
    flat = [i for positions in found for i in positions]
    assert flat == sorted(set(flat))


def test_the_star_is_the_last_message_even_below_the_range():
    assert SequenceSet.parse(b"559:*").positions_of_uids(array("I", [3, 7])) == [range(1, 2)]
    with pytest.raises(BadCommand):
        SequenceSet.parse(b"*:559").positions_of_numbers(2)


def test_numbers_without_a_message_are_bad():
    with pytest.raises(BadCommand):
        SequenceSet.parse(b"1:3").positions_of_numbers(2)
    for named in (b"1", b"*", b"1:*"):  # `*` too, where there is no message
        with pytest.raises(BadCommand):
            SequenceSet.parse(named).positions_of_numbers(0)
    assert SequenceSet.parse(b"2:1,2").positions_of_numbers(2) == [range(2)]


@pytest.mark.parametrize(
    "text", [b"", b"0", b"1:", b":1", b"1,,2", b"1:2:3", b"4294967296", b"01", b"1 2", b"*:0"]
)
def test_refused(text):
    with pytest.raises(BadCommand):
        SequenceSet.parse(text)


def test_huge_ranges_are_cheap():
    uids = array("I", range(1, 200_001))
    text = b",".join(b"%d:4294967295" % n for n in range(1, 5_000))
    started = time.process_time()
    found = SequenceSet.parse(text).positions_of_uids(uids)
    assert found == [range(200_000)]
    assert time.process_time() - started < 0.2


@given(st.sets(st.integers(1, 60)))
def test_formatting_reads_back(members):
    text = format_set(sorted(members))
    back = [n for first, last in compress(sorted(members)) for n in range(first, last + 1)]
    assert back == sorted(members)
    if members:
        parsed = SequenceSet.parse(text)
        assert {n for n in range(1, 61) if n in parsed} == members
