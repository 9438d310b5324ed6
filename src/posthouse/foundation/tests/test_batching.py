"""Batches: bounded, in order, nothing lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.batching import batches


@given(st.lists(st.integers(0, 30)), st.integers(1, 5), st.integers(0, 40))
def test_batches_are_bounded_and_lose_nothing(sizes: list[int], most: int, most_octets: int):
    made = list(batches(sizes, most=most, most_octets=most_octets, size=lambda size: size))
    assert [size for batch in made for size in batch] == sizes
    for batch in made:
        assert 0 < len(batch) <= most
        assert len(batch) == 1 or sum(batch) <= most_octets
    for batch, following in pairwise(made):
        assert len(batch) == most or sum(batch) + following[0] > most_octets


def test_what_is_alone_does_not_end_the_batch_that_was_begun():
    made = batches([1, -2, 3], most=9, most_octets=9, size=abs, alone=lambda item: item < 0)
    assert list(made) == [[-2], [1, 3]]
