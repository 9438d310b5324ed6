"""Doing what `plan` says in one open folder: the ledger and our folder become what is there.

Every piece is written down before the next one is asked for; the server's modseq is kept only when
all it told up to there is written (RFC 7162 3.2.10: it does not tell twice).
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import keywords, ledger, plan, remote_folders
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.flagging import take_flags
from posthouse.mail.accounts.model import (
    Change,
    Exists,
    Expunged,
    Flagged,
    ItemFlags,
    LinkedAccount,
    Opened,
    Ranges,
    Vanished,
)
from posthouse.mail.accounts.remote_folders import KnownFolder

_COMPARED = 5_000  # items of a window
_NO_BOUND = 1 << 32  # RFC 3501 2.3.1.1


class OpenFolder:
    """A folder that is open on `driver`, and what the ledger knows of it: `state`."""

    def __init__(
        self, database: Database, driver: Driver, account: LinkedAccount, state: KnownFolder
    ) -> None:
        self.state = state
        self.span = plan.FIRST_WINDOW
        self._database = database
        self._driver = driver
        self._account = account

    async def catch_up(self, opened: Opened, *, largest: int) -> None:
        """From what we knew to what the server says. Raises AccountError."""
        now = clock.now()
        known = self.state.known
        compared_at: datetime | None = None
        if plan.unchanged(known, opened) and not plan.is_stale(known, now):
            return
        for step in plan.steps_for(known, opened, now):
            match step:
                case plan.Renumber():
                    pass  # `begin` sees that there were numbers before
                case plan.Begin(uid_next):
                    await self._begin(opened, uid_next)
                    compared_at = now
                case plan.TakeVanished(uids):
                    await self.take_vanished(uids)
                case plan.TakeFlags(items):
                    await self.take_flags(items)
                case plan.AskChanged(since):
                    await self._ask_changed(since)
                case plan.ListNew(low, high):
                    await self.list_new(low, high, largest=largest)
                case plan.Count(there):
                    if self.state.known.count != there:
                        await self.compare(self.state.known.listed_down_to, flags=False)
                case plan.Compare(low, everything):
                    await self.compare(low, largest=largest)
                    compared_at = now if everything else compared_at
        await self._keep(opened, compared_at)

    async def list_new(self, low: int, high: int, *, largest: int) -> None:
        """UIDs from `low` to before `high` (0: no bound)."""
        uids = [uid for uid in await self._driver.uids(low, high - 1 if high else 0) if uid >= low]
        ours = await self._drop_others(low, (high or _NO_BOUND) - 1, uids)
        await self._list(uids, largest=largest, ours=ours)
        if uids:
            await self._reach(self.state.known.listed_down_to, max(uids) + 1, new=len(uids))

    async def list_older(self, *, largest: int, there: int) -> None:
        """The next window below what is listed; `there` is how many the server has."""
        known = self.state.known
        window = plan.window_below(known.listed_down_to, self.span)
        if window is None:
            return
        low, high = window
        found = await self._driver.uids(low, high)
        uids, down_to = plan.newest_of([u for u in found if low <= u <= high], low, plan.WINDOW)
        await self._drop_others(down_to, high, uids)
        await self._list(uids, largest=largest)
        self.span = plan.next_span(self.span, len(found))
        if self.span > plan.WINDOW:
            # Holes: the rest of the numbers may have nothing behind them.
            async with self._tx() as tx:
                if await ledger.count_items(tx, self.state) >= there:
                    down_to = 1
        await self._reach(down_to, known.uid_next)

    async def compare(self, low: int, *, flags: bool = True, largest: int = 0) -> None:
        """UIDs from `low` up, and flags, with the ledger's, window by window."""
        while True:
            async with self._tx() as tx:
                end = await ledger.window_end(tx, self.state, low, _COMPARED)
            high = (end or self.state.known.uid_next) - 1
            if high < low:
                return
            if flags:
                told = await self._driver.flags(((low, high),))
            else:
                found = await self._driver.uids(low, high)
                told = [ItemFlags(uid, None) for uid in found]
            told = [item for item in told if low <= item.uid <= high]
            async with self._tx() as tx:
                names = await keywords.names_of(tx, self._account.mailbox_id)
                rows = await ledger.rows_between(tx, self.state, low, high, names)
            difference = plan.compare(rows, told)
            await self.take_vanished(plan.ranges_of(difference.gone))
            await self.take_flags(difference.changed)
            await self._list(difference.unlisted, largest=largest)
            if end is None:
                return
            low = end

    async def take_vanished(self, uids: Ranges) -> int:
        """How many of them we knew."""
        if not uids:
            return 0
        async with self._tx() as tx:
            return await ledger.take_vanished(tx, self.state, uids)

    async def take_flags(self, items: Sequence[ItemFlags]) -> None:
        """What is other there than last time becomes so here; what was changed here alone stays."""
        told = {item.uid: item for item in items if item.flags is not None}
        for uids in _slices(sorted(told), plan.WINDOW):
            async with self._tx() as tx:
                some = [told[uid] for uid in uids]
                await take_flags(tx, self._account.mailbox_id, self.state, some)

    async def hear(self, changes: Iterable[Change], *, largest: int) -> None:
        """What was told while we waited. The modseq stays: the next visit asks from there."""
        gone = 0
        unclear = False
        exists: int | None = None
        for change in changes:
            match change:
                case Vanished(uids):
                    gone += await self.take_vanished(uids)
                case Flagged(item) if item is not None:
                    await self.take_flags([item])
                case Exists(count):
                    exists = count
                case Expunged() | Flagged():
                    unclear = True
        known = self.state.known
        if exists is not None:
            await self.list_new(known.uid_next, 0, largest=largest)
        if unclear:
            await self.compare(known.listed_down_to, largest=largest)
        count = self.state.known.count - gone if exists is None or gone or unclear else exists
        opened = Opened(
            uid_validity=known.uid_validity,
            uid_next=self.state.known.uid_next,
            exists=max(count, 0),
            highest_modseq=known.highest_modseq,
        )
        await self._keep(opened, None)

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)

    async def _begin(self, opened: Opened, uid_next: int) -> None:
        if not uid_next:  # RFC 3501 6.3.1: servers need not tell it
            uid_next = max(await self._driver.uids(1, 0), default=0) + 1
        async with self._tx() as tx:
            await remote_folders.begin_folder(tx, self.state, opened, uid_next)
        again = self.state.known.listed_down_to > 0
        self.span = plan.FIRST_WINDOW
        self.state = replace(
            self.state,
            generation=self.state.generation + again,
            known=plan.Known(
                uid_validity=opened.uid_validity,
                uid_next=uid_next,
                count=opened.exists,
                listed_down_to=uid_next,
            ),
        )

    async def _ask_changed(self, since: int) -> None:
        known = self.state.known
        whole: Ranges = ((known.listed_down_to, max(known.uid_next - 1, known.listed_down_to)),)
        await self.take_flags(await self._driver.flags(whole, changed_since=since))

    async def _list(self, uids: Sequence[int], *, largest: int, ours: Container[int] = ()) -> None:
        """Write down what is new; flags of `ours` may have changed since we put them there."""
        for some in _slices(sorted(uids), plan.WINDOW):
            wanted = set(some)
            items = await self._driver.items(plan.ranges_of(some))
            items = [item for item in items if item.uid in wanted]
            words = {word for item in items for word in item.keywords}
            async with self._tx() as tx:
                numbers = await keywords.numbers_for(tx, self._account.mailbox_id, words)
                await ledger.list_items(tx, self.state, items, numbers, largest=largest)
            await self.take_flags(
                [ItemFlags(i.uid, i.flags, i.keywords) for i in items if i.uid in ours]
            )

    async def _drop_others(self, low: int, high: int, uids: Sequence[int]) -> set[int]:
        """What we have put there ourselves is in the ledger before it is listed, and may be gone
        by then: nobody else would ever tell. Those that are there are returned.
        """
        async with self._tx() as tx:
            rows = await ledger.rows_between(tx, self.state, low, high, {})
        found = set(uids)
        await self.take_vanished(plan.ranges_of(r.uid for r in rows if r.uid not in found))
        return {row.uid for row in rows if row.uid in found}

    async def _reach(self, listed_down_to: int, uid_next: int, *, new: int = 0) -> None:
        known = replace(
            self.state.known,
            listed_down_to=listed_down_to,
            uid_next=max(uid_next, self.state.known.uid_next),
            count=self.state.known.count + new,
        )
        async with self._tx() as tx:
            await remote_folders.keep_bounds(
                tx, self.state, listed_down_to, known.uid_next, new=new
            )
        self._know(known)

    async def _keep(self, opened: Opened, compared_at: datetime | None) -> None:
        known = self.state.known
        uid_next = max(known.uid_next, opened.uid_next)
        async with self._tx() as tx:
            await remote_folders.keep_state(tx, self.state, opened, uid_next, compared_at)
        self._know(
            replace(
                known,
                uid_validity=opened.uid_validity or known.uid_validity,
                uid_next=uid_next,
                highest_modseq=opened.highest_modseq,
                count=opened.exists,
                compared_at=compared_at or known.compared_at,
            )
        )

    def _know(self, known: plan.Known) -> None:
        self.state = replace(self.state, known=known)


def _slices(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]
