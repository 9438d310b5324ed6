"""Sequence sets (RFC 3501 9), kept as ranges: `1:4294967295` costs no more than `1`."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from posthouse.protocols.imap.errors import BadCommand

STAR = 0  # `*`: zero is no number of a message
_HIGHEST = 2**32 - 1
_ELEMENT = re.compile(rb"(\*|[1-9]\d{0,9})(?::(\*|[1-9]\d{0,9}))?\Z")


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges as the client wrote them: (first, last), either of which may be STAR.

    `saved` is `$`: what the last SEARCH with SAVE found (RFC 5182); who asks then knows it.
    """

    ranges: tuple[tuple[int, int], ...]
    saved: bool = False

    @classmethod
    def parse(cls, text: bytes) -> "SequenceSet":
        """Raises BadCommand unless `text` is a sequence-set."""
        if text == b"$":
            return cls((), saved=True)
        ranges = []
        for element in text.split(b","):
            match = _ELEMENT.match(element)
            if match is None:
                raise BadCommand("Invalid sequence set")
            first = _number(match[1])
            ranges.append((first, first if match[2] is None else _number(match[2])))
        return cls(tuple(ranges))

    @property
    def single(self) -> int | None:
        """The number when the set is one number, such as `7`."""
        if len(self.ranges) != 1 or self.ranges[0][0] != self.ranges[0][1]:
            return None
        return self.ranges[0][0] or None

    def bounds(self, highest: int) -> list[tuple[int, int]]:
        """Sorted, merged (low, high), where `*` is `highest`."""
        fixed = []
        for first, last in self.ranges:
            low, high = first or highest, last or highest
            if low > high:  # RFC 3501 9: 4:2 is 2:4, and 559:* includes the last message
                low, high = high, low
            fixed.append((low, high))
        fixed.sort()
        merged: list[tuple[int, int]] = []
        for low, high in fixed:
            if merged and low <= merged[-1][1] + 1:
                if high > merged[-1][1]:
                    merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        return merged

    def positions_of_uids(self, uids: "array[int]") -> list[range]:
        """Where the named uids stand in the sorted `uids`, as ascending ranges of indexes."""
        if not uids:
            return []
        found = []
        for low, high in self.bounds(uids[-1]):
            start, stop = bisect_left(uids, low), bisect_right(uids, high)
            if start < stop:
                found.append(range(start, stop))
        return found

    def positions_of_numbers(self, count: int) -> list[range]:
        """Indexes for message sequence numbers of a mailbox with `count` messages.

        Raises BadCommand for a number that no message has, and for `*` where there is none
        (RFC 9051 9, seq-number).
        """
        if self._names_more_than(count):
            raise BadCommand("No such message")
        return self.positions_within(count)

    def positions_within(self, count: int) -> list[range]:
        """The same, but numbers that no message has name nothing, as unknown uids do."""
        if not count:
            return []
        bounds = self.bounds(count)
        return [range(low - 1, min(high, count)) for low, high in bounds if low <= count]

    def _names_more_than(self, count: int) -> bool:
        return not count or self.bounds(count)[-1][1] > count

    def __contains__(self, number: int) -> bool:
        return any(low <= number <= high for low, high in self.bounds(_HIGHEST))


def _number(text: bytes) -> int:
    if text == b"*":
        return STAR
    number = int(text)
    if number > _HIGHEST:
        raise BadCommand("Number too big")
    return number


def compress(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers in their order as runs (first, last) of each one more than the one before."""
    first = last = -1
    for number in numbers:
        if number == last + 1 and first >= 0:
            last = number
            continue
        if first >= 0:
            yield first, last
        first = last = number
    if first >= 0:
        yield first, last


def format_set(numbers: Iterable[int]) -> bytes:
    """Numbers as the text of a sequence set that keeps their order: `1:3,7`."""
    return b",".join(
        b"%d" % first if first == last else b"%d:%d" % (first, last)
        for first, last in compress(numbers)
    )
