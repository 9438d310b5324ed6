"""What a plan makes of any history: afterwards the ledger is what the server has."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.mail.accounts import plan
from posthouse.mail.accounts.model import ItemFlags, Opened
from posthouse.mail.accounts.plan import Known, Row

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTHING: frozenset[str] = frozenset()


@dataclass
class Server:
    """A folder elsewhere that speaks QRESYNC, CONDSTORE, or neither."""

    speaks: str
    tells_uid_next: bool = True
    validity: int = 7
    uid_next: int = 1
    modseq: int = 1
    items: dict[int, tuple[int, int]] = field(default_factory=dict)  # uid → (flags, modseq)
    vanished: list[tuple[int, int]] = field(default_factory=list)  # (modseq, uid)

    def change(self, act: str, number: int) -> None:
        self.modseq += 1
        uids = sorted(self.items)
        if act == "new":
            self.uid_next += number % 3  # holes
            self.items[self.uid_next] = (number % 4, self.modseq)
            self.uid_next += 1
        elif act == "renumber" and number == 0:
            self.validity += 1
            self.items = dict(enumerate(self.items.values(), 1))
            self.uid_next = len(self.items) + 1
            self.vanished.clear()
        elif uids and act == "flag":
            self.items[uids[number % len(uids)]] = (number % 8, self.modseq)
        elif uids and act == "expunge":
            uid = uids[number % len(uids)]
            del self.items[uid]
            self.vanished.append((self.modseq, uid))

    def open(self, known: Known) -> Opened:
        since = known.highest_modseq
        resynced = self.speaks == "qresync" and since > 0 and known.uid_validity == self.validity
        return Opened(
            uid_validity=self.validity,
            uid_next=self.uid_next if self.tells_uid_next else 0,
            exists=len(self.items),
            highest_modseq=0 if self.speaks == "neither" else self.modseq,
            resynced=resynced,
            vanished=plan.ranges_of(sorted(u for m, u in self.vanished if m > since))
            if resynced
            else (),
            changed=tuple(self.flags(1, self.uid_next, since)) if resynced else (),
        )

    def flags(self, low: int, high: int, since: int = 0) -> list[ItemFlags]:
        return [
            ItemFlags(uid, flags, (), modseq)
            for uid, (flags, modseq) in sorted(self.items.items())
            if low <= uid <= high and modseq > since
        ]


class Ledger:
    """Does the steps as `apply` does them, without a database."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.known = Known()
        self.rows: dict[int, Row] = {}

    def visit(self, now: datetime) -> None:
        opened = self.server.open(self.known)
        if plan.unchanged(self.known, opened) and not plan.is_stale(self.known, now):
            return
        for step in plan.steps_for(self.known, opened, now):
            self.do(step, opened, now)
        uid_next = max(self.known.uid_next, opened.uid_next)
        self.known = replace(
            self.known,
            uid_validity=opened.uid_validity,
            uid_next=uid_next,
            highest_modseq=opened.highest_modseq,
            count=opened.exists,
        )

    def do(self, step: plan.Step, opened: Opened, now: datetime) -> None:
        high = self.server.uid_next
        match step:
            case plan.Begin():
                self.rows.clear()
                self.known = Known(count=opened.exists, listed_down_to=high, uid_next=high)
                self.known = replace(self.known, compared_at=now)
                self.fill()
            case plan.TakeVanished(ranges):
                self.drop(uid for low, top in ranges for uid in range(low, top + 1))
            case plan.TakeFlags(items):
                self.take(items)
            case plan.AskChanged(since):
                self.take(self.server.flags(self.known.listed_down_to, high, since))
            case plan.ListNew(low, _):
                new = self.server.flags(low, high)
                self.rows.update({i.uid: Row(i.uid, i.flags or 0, NOTHING) for i in new})
                count = self.known.count + len(new)
                self.known = replace(self.known, uid_next=high, count=count)
            case plan.Count(there):
                if self.known.count != there:
                    self.compare(self.known.listed_down_to, flags=False)
            case plan.Compare(low, everything):
                self.compare(low)
                if everything:
                    self.known = replace(self.known, compared_at=now)

    def fill(self) -> None:
        span = plan.FIRST_WINDOW
        while (window := plan.window_below(self.known.listed_down_to, span)) is not None:
            found = self.server.flags(*window)
            uids, down_to = plan.newest_of([i.uid for i in found], window[0], 3)
            self.rows.update(
                {i.uid: Row(i.uid, i.flags or 0, NOTHING) for i in found if i.uid in uids}
            )
            span = plan.next_span(span, len(found))
            self.known = replace(self.known, listed_down_to=down_to)

    def compare(self, low: int, *, flags: bool = True) -> None:
        told = self.server.flags(low, self.known.uid_next - 1)
        if not flags:
            told = [ItemFlags(item.uid, None) for item in told]
        rows = [row for uid, row in self.rows.items() if low <= uid < self.known.uid_next]
        difference = plan.compare(rows, told)
        self.drop(difference.gone)
        self.take(difference.changed)
        assert difference.unlisted == []

    def drop(self, uids: Iterable[int]) -> None:
        for uid in uids:
            self.rows.pop(uid, None)

    def take(self, items: Iterable[ItemFlags]) -> None:
        for item in items:
            if item.uid in self.rows:
                self.rows[item.uid] = Row(item.uid, item.flags or 0, NOTHING)


changes = st.lists(
    st.tuples(
        st.sampled_from(["new", "new", "new", "flag", "expunge", "visit", "renumber"]),
        st.integers(0, 60),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(changes, st.sampled_from(["qresync", "condstore", "neither"]), st.booleans())
def test_after_any_history_the_ledger_is_what_the_server_has(
    history: list[tuple[str, int]], speaks: str, tells_uid_next: bool
):
    server = Server(speaks, tells_uid_next)
    ledger = Ledger(server)
    now = NOON
    for act, number in history:
        if act == "visit":
            now += timedelta(seconds=number)
            ledger.visit(now)
            # Who comes and goes is known at once, in every way.
            assert set(ledger.rows) == set(server.items)
        else:
            server.change(act, number)
    ledger.visit(now + plan.FLAGS_EVERY)
    assert {u: row.flags for u, row in ledger.rows.items()} == {
        u: flags for u, (flags, _) in server.items.items()
    }


@given(st.sets(st.integers(1, 200)))
def test_ranges_are_the_numbers(uids: set[int]):
    ranges = plan.ranges_of(sorted(uids))
    assert {n for low, high in ranges for n in range(low, high + 1)} == uids
    assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(ranges))


@given(st.integers(0, 31), st.integers(0, 31), st.integers(0, 31))
def test_what_was_changed_here_alone_stays(ours: int, before: int, now: int):
    added, removed = plan.delta(before, now)
    merged = (ours | added) & ~removed
    assert merged & (before ^ now) == now & (before ^ now)
    assert merged & ~(before ^ now) == ours & ~(before ^ now)


@given(st.integers(1, 1 << 32), st.lists(st.integers(0, 2000), min_size=1, max_size=40))
def test_windows_reach_the_first_uid(uid_next: int, found: list[int]):
    """However sparse the numbers are: in a bounded number of windows."""
    listed, span, windows = uid_next, plan.FIRST_WINDOW, 0
    while (window := plan.window_below(listed, span)) is not None:
        assert 1 <= window[0] <= window[1] < listed
        listed, span = window[0], plan.next_span(span, 0)
        windows += 1
    assert windows <= (uid_next >> 18) + 8


def test_flags_that_are_not_told_are_not_different():
    difference = plan.compare([Row(1, 5, NOTHING)], [ItemFlags(1, None)])
    assert difference == plan.Difference([], [], [])
