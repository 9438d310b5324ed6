"""What differs between the ledger and what a server says of a folder, and what is to be done.

Pure: no database, no network. RFC 7162 is why there are so many ways: QRESYNC tells everything,
CONDSTORE no expunges, and without both everything has to be compared now and then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from posthouse.mail.accounts.model import FolderStatus, ItemFlags, Opened, Ranges

# Whatever a server tells, everything is compared that often: some forget to tell of an expunge.
SAFETY_NET = timedelta(hours=24)
# Without CONDSTORE flags change without a word: all are compared that often, the newest each time.
FLAGS_EVERY = timedelta(minutes=10)
NEWEST = 500
FIRST_WINDOW = 200
WINDOW = 1_000
# UIDs may be very sparse; a list of so many takes some ten megabytes for a moment.
_WIDEST = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What we know of a folder. From `listed_down_to` up to before `uid_next` all UIDs are in the
    ledger; 0: never opened. `count` is how many the server had then.
    """

    uid_validity: int = 0
    uid_next: int = 0
    highest_modseq: int = 0
    count: int = 0
    listed_down_to: int = 0
    compared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Renumber:
    """UIDVALIDITY is another: no UID of the ledger means anything. Begin anew."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The first time: nothing below `uid_next` is listed."""

    uid_next: int


@dataclass(frozen=True, slots=True)
class TakeVanished:
    """The server told of it, and will not tell again (RFC 7162 3.2.10)."""

    uids: Ranges


@dataclass(frozen=True, slots=True)
class TakeFlags:
    """The server told of them."""

    items: tuple[ItemFlags, ...]


@dataclass(frozen=True, slots=True)
class AskChanged:
    """FETCH CHANGEDSINCE over all that is listed."""

    since: int


@dataclass(frozen=True, slots=True)
class ListNew:
    """UIDs from `low` to before `high`; 0 is no bound."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Count:
    """After listing what is new: compare UIDs unless that makes as many as are there."""

    there: int


@dataclass(frozen=True, slots=True)
class Compare:
    """UIDs and flags from `low` up, window by window; `all` when that is everything listed."""

    low: int
    everything: bool


Step = Renumber | Begin | TakeVanished | TakeFlags | AskChanged | ListNew | Count | Compare


def steps_for(known: Known, opened: Opened, now: datetime) -> list[Step]:
    """In the order in which they are to be done; the new state is kept after the last one."""
    if known.uid_validity and opened.uid_validity not in (0, known.uid_validity):
        return [Renumber(), Begin(opened.uid_next)]
    if not known.listed_down_to:
        return [Begin(opened.uid_next)]
    steps = _changes(known, opened)
    if opened.uid_next == 0 or opened.uid_next > known.uid_next:
        steps.append(ListNew(known.uid_next, opened.uid_next))
    if not opened.resynced:
        steps.append(Count(opened.exists))
    steps += _comparisons(known, opened, now)
    return steps


def unchanged(known: Known, opened: Opened) -> bool:
    """Whether the server says, with CONDSTORE, that it is as we left it."""
    return (
        known.listed_down_to > 0
        and opened.highest_modseq > 0
        and opened.highest_modseq == known.highest_modseq
        and opened.uid_validity in (0, known.uid_validity)
        and opened.uid_next in (0, known.uid_next)
        and opened.exists == known.count
    )


def is_stale(known: Known, now: datetime) -> bool:
    """Whether everything is to be compared, whatever the server says."""
    return known.compared_at is None or now - known.compared_at >= SAFETY_NET


def _changes(known: Known, opened: Opened) -> list[Step]:
    if opened.resynced:
        told: list[Step] = []
        if opened.vanished:
            told.append(TakeVanished(opened.vanished))
        if opened.changed:
            told.append(TakeFlags(opened.changed))
        return told
    if 0 < known.highest_modseq < opened.highest_modseq:
        return [AskChanged(known.highest_modseq)]
    return []


def _comparisons(known: Known, opened: Opened, now: datetime) -> list[Step]:
    age = None if known.compared_at is None else now - known.compared_at
    everything = Compare(known.listed_down_to, True)
    if age is None or is_stale(known, now):
        return [everything]
    if opened.resynced:
        return []
    with_modseq = known.highest_modseq > 0 and opened.highest_modseq > 0
    if with_modseq:
        # Going back it was made anew, and says nothing about what we know.
        return [everything] if opened.highest_modseq < known.highest_modseq else []
    if age >= FLAGS_EVERY or opened.highest_modseq > 0:
        return [everything]
    return [Compare(max(known.listed_down_to, known.uid_next - NEWEST), False)]


class Row(NamedTuple):
    """An item of the ledger as it is compared; keywords folded."""

    uid: int
    flags: int
    keywords: frozenset[str]


class Difference(NamedTuple):
    """`gone`: no longer told of; `changed`: other flags; `unlisted`: not in the ledger."""

    gone: list[int]
    changed: list[ItemFlags]
    unlisted: list[int]


def compare(ledger: Iterable[Row], told: Sequence[ItemFlags]) -> Difference:
    """Of one window of UIDs, both complete. Flags that were not told are not different."""
    rows = {row.uid: row for row in ledger}
    seen = {item.uid for item in told}
    return Difference(
        gone=sorted(uid for uid in rows if uid not in seen),
        changed=[item for item in told if item.uid in rows and differs(rows[item.uid], item)],
        unlisted=sorted(uid for uid in seen if uid not in rows),
    )


def differs(row: Row, item: ItemFlags) -> bool:
    """Whether the server tells other flags than last time."""
    return item.flags is not None and (
        row.flags != item.flags or row.keywords != folded(item.keywords)
    )


def folded(keywords: Iterable[str]) -> frozenset[str]:
    """Keywords are the same in any case (RFC 3501 2.3.2)."""
    return frozenset(word.casefold() for word in keywords)


def delta(before: int, now: int) -> tuple[int, int]:
    """(flags to add, flags to remove) here when the server told `before` and now tells `now`:
    what was changed here alone stays.
    """
    return now & ~before, before & ~now


def window_below(listed_down_to: int, span: int) -> tuple[int, int] | None:
    """The next window of UIDs (low, high) of a first sync; None when there is nothing below."""
    if listed_down_to <= 1:
        return None
    return max(1, listed_down_to - span), listed_down_to - 1


def next_span(span: int, found: int) -> int:
    """How wide the next window is: dense ones stay, sparse ones grow (UIDs have holes)."""
    if found * 4 >= min(span, WINDOW):
        return WINDOW
    return min(max(span, WINDOW) * 4, _WIDEST)


def newest_of(uids: Sequence[int], low: int, most: int) -> tuple[list[int], int]:
    """(the newest `most` of a window, from where on the window is listed then)."""
    ordered = sorted(uids)
    if len(ordered) <= most:
        return ordered, low
    taken = ordered[-most:]
    return taken, taken[0]


def ranges_of(uids: Iterable[int]) -> Ranges:
    """Ascending numbers as ranges."""
    ranges: list[tuple[int, int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1] = (ranges[-1][0], uid)
        else:
            ranges.append((uid, uid))
    return tuple(ranges)


def status_unchanged(known: Known, told: FolderStatus, now: datetime) -> bool:
    """Whether STATUS says that a folder need not be opened. Without modseqs it says nothing of
    flags: then it is opened now and then all the same.
    """
    if known.listed_down_to != 1 or known.compared_at is None:
        return False
    same = (
        told.uid_validity in (0, known.uid_validity)
        and told.uid_next == known.uid_next
        and told.exists == known.count
        and told.highest_modseq == known.highest_modseq
    )
    patience = SAFETY_NET if known.highest_modseq else FLAGS_EVERY
    return same and now - known.compared_at < patience
