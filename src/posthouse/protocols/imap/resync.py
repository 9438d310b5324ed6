"""Quick resynchronisation (RFC 7162 3.2.5): what a client that comes back says of itself."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.scanner import MAX_NZ_NUMBER, Scanner
from posthouse.protocols.imap.sequence import STAR, SequenceSet

_MATCHED_MOST = 10_000  # pairs of number and uid that are compared; they only shorten an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """The QRESYNC parameter of SELECT. `known` is None where the client knows all uids.

    `numbers` and `uids` say which message number some uids had.
    """

    uid_validity: int
    modseq: int
    known: SequenceSet | None = None
    numbers: SequenceSet | None = None
    uids: SequenceSet | None = None


def parse_resync(scanner: Scanner) -> Resync:
    """`(uidvalidity modseq [known-uids] [(known-numbers known-uids)])`"""
    scanner.expect(b"(")
    uid_validity = scanner.number(MAX_NZ_NUMBER)
    scanner.space()
    modseq = scanner.number()
    known = numbers = uids = None
    if scanner.skip(b" "):
        if not scanner.at(b"("):
            known = _known_set(scanner)
        if known is None or scanner.skip(b" "):
            scanner.expect(b"(")
            numbers = _known_set(scanner)
            scanner.space()
            uids = _known_set(scanner)
            scanner.expect(b")")
    scanner.expect(b")")
    if numbers is not None and uids is not None and _size(numbers) != _size(uids):
        raise BadCommand("As many message numbers as uids are needed")
    return Resync(uid_validity=uid_validity, modseq=modseq, known=known, numbers=numbers, uids=uids)


def _known_set(scanner: Scanner) -> SequenceSet:
    """RFC 7162 7: a sequence set without `*`."""
    found = SequenceSet.parse(scanner.sequence_text())
    if found.saved or any(STAR in ends for ends in found.ranges):
        raise BadCommand("Known uids are numbers")
    return found


def _size(numbers: SequenceSet) -> int:
    return sum(high - low + 1 for low, high in numbers.bounds(0))


def among(bounds: Sequence[tuple[int, int]], numbers: Sequence[int]) -> list[int]:
    """Those of the ascending `numbers` that lie within `bounds`."""
    found: list[int] = []
    for low, high in bounds:
        found += numbers[bisect_left(numbers, low) : bisect_right(numbers, high)]
    return found


def holes(
    bounds: Sequence[tuple[int, int]], uids: Sequence[int], above: int
) -> Iterator[tuple[int, int]]:
    """Runs of numbers within `bounds` and over `above` that are not among the ascending `uids`."""
    for first, high in bounds:
        low = max(first, above + 1)
        for index in range(bisect_left(uids, low), bisect_right(uids, high)):
            if low < uids[index]:
                yield low, uids[index] - 1
            low = uids[index] + 1
        if low <= high:
            yield low, high


def untouched_up_to(resync: Resync, uids: Sequence[int]) -> int:
    """The highest uid whose message number is still what the client says: nothing below is gone."""
    if resync.numbers is None or resync.uids is None:
        return 0
    reached = 0
    pairs = zip(_each(resync.numbers), _each(resync.uids), strict=True)
    for number, uid in islice(pairs, _MATCHED_MOST):
        if number > len(uids) or uids[number - 1] != uid:
            break
        reached = uid
    return reached


def _each(numbers: SequenceSet) -> Iterator[int]:
    return chain.from_iterable(range(low, high + 1) for low, high in numbers.bounds(0))
