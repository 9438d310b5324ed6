"""Counting what somebody did lately, in a shared map."""

import os

from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.tally import Tally, tally_size

NOON = 1_800_000_000.0  # a full minute


def two_processes(tally: int = 0) -> tuple[Tally, Tally]:
    board, key = memoryview(bytearray(tally_size(2, 2))), os.urandom(16)
    one, other = (
        Tally(board, key, seconds=60, tally=tally, tallies=2, number=number) for number in range(2)
    )
    return one, other


def test_a_limit_is_that_of_all_processes():
    one, other = two_processes()
    assert [one.admit("a", 3, NOON), other.admit("a", 3, NOON), one.admit("a", 3, NOON)] == [
        True,
        True,
        True,
    ]
    assert not one.admit("a", 3, NOON)
    assert not other.admit("a", 3, NOON + 59)
    assert other.admit("b", 3, NOON)


def test_the_window_moves_on():
    one, other = two_processes(1)
    for _ in range(10):
        assert one.admit("a", 10, NOON + 30)
    # A third of the next minute is past: two thirds of the ten still count.
    allowed = [other.admit("a", 10, NOON + 80) for _ in range(5)]
    assert allowed == [True, True, True, False, False]
    assert sum(one.admit("a", 10, NOON + 180) for _ in range(20)) == 10
    assert one.admit("a", 10, NOON + 20)  # a clock that was set back


def test_what_is_refused_does_not_count():
    tally = Tally.alone(60)
    assert tally.admit("a", 1, NOON)
    for second in range(60):
        assert not tally.admit("a", 1, NOON + second)
    assert tally.admit("a", 1, NOON + 120)


@given(st.lists(st.floats(0, 300), max_size=80), st.integers(1, 10))
def test_never_more_than_the_limit_in_one_clock_minute(times, limit):
    tally = Tally.alone(60)
    admitted = [time for time in sorted(times) if tally.admit("a", limit, NOON + time)]
    for minute in range(6):
        assert sum(time // 60 == minute for time in admitted) <= limit
