"""Long work in pieces that fit into memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(
    items: Iterable[T],
    *,
    most: int,
    most_octets: int,
    size: Callable[[T], int],
    alone: Callable[[T], bool] = lambda item: False,
) -> Iterator[list[T]]:
    """In order, at most so many at once and, unless one alone is larger, so many octets.

    What is `alone` gets a batch of its own at once; the one that was begun goes on behind it.
    """
    batch: list[T] = []
    octets = 0
    for item in items:
        if alone(item):
            yield [item]
            continue
        more = size(item)
        if batch and (len(batch) == most or octets + more > most_octets):
            yield batch
            batch, octets = [], 0
        batch.append(item)
        octets += more
    if batch:
        yield batch
