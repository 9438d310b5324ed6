"""Reading feeds: page after page into the ledger, and comparing everything when a feed has ended,
once a day, and when the server counts otherwise than we do.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.keyed import feeds, ledger
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.feeds import Feed
from posthouse.mail.accounts.keyed.folders import KeyedFolders, MirroredFolder
from posthouse.mail.accounts.keyed.ledger import Place
from posthouse.mail.accounts.keyed.model import FeedExpired, Item, Page
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.plan import SAFETY_NET

_COMPARED = 5_000  # items of a window


class Reader:
    """Reads the feeds of one account during one visit."""

    def __init__(
        self,
        database: Database,
        driver: KeyedDriver,
        account: LinkedAccount,
        folders: KeyedFolders,
    ) -> None:
        self._database = database
        self._driver = driver
        self._account = account
        self._folders = folders
        self._doubts: dict[UUID, int] = {}

    async def read(self, feed: Feed) -> None:
        """A feed that was told to its end before, to its end. Raises AccountError."""
        if _is_stale(feed, clock.now()):
            await self._compare(feed)
            return
        try:
            while (await self.read_page(feed)).more:
                feed = self._folders.feeds[feed.remote_folder_id]
        except FeedExpired:
            await self._compare(feed)

    async def read_page(self, feed: Feed) -> Page:
        """The next page, and our place after it, in one transaction. Raises AccountError."""
        page = await self._driver.changes(self._folders.name_of(feed), feed.token)
        await self._know_folders(page)
        now = clock.now()
        after = replace(feed, token=page.token)
        if not feed.complete and not page.more:
            after = replace(after, complete=True, compared_at=feed.compared_at or now)
        async with self._tx() as tx:
            await self._folders.taker.take(tx, page.changes)
            after = await feeds.keep_place(tx, feed, after)
            if after.complete and not feed.complete:
                ids = [each.state.id for each in self._of(after)]
                await ledger.note_listed(tx, ids, complete=True)
        self._folders.feeds[feed.remote_folder_id] = after
        return page

    async def begin_again(self, feed: Feed) -> None:
        """It ended before everything was told once: what was told is compared, once it is."""
        async with self._tx() as tx:
            after = await feeds.keep_place(tx, feed, replace(feed, token=None))
        self._folders.feeds[feed.remote_folder_id] = after

    async def list_newest(self, folder: MirroredFolder, most: int) -> None:
        """Of a folder that was never looked at. Raises AccountError."""
        items = await self._driver.newest(folder.state.wire, most)
        if items:
            async with self._tx() as tx:
                await feeds.hold_place(tx, self._folders.feed_of(folder))
                await self._folders.taker.take(tx, items)

    async def check_counts(self) -> bool:
        """What the server counts, into the ledger. Where it is another count than ours, twice in
        a row, a feed has left something out, and everything is compared: whether it was.

        Raises AccountError.
        """
        compared = False
        counted = await self._count(self._folders)
        doubtful: dict[UUID, int] = {}
        for feed, folders in self._folders.feeds_in_order():
            if not feed.complete:
                continue
            off = {
                each.state.id: there - live - each.state.uncounted
                for each in folders
                if each.state.id in counted
                for there, live in [counted[each.state.id]]
            }
            wrong = {folder: by for folder, by in off.items() if by}
            if wrong and all(self._doubts.get(folder) == by for folder, by in wrong.items()):
                await self._compare(feed)
                compared = True
            else:
                doubtful |= wrong
        self._doubts = doubtful
        return compared

    async def _compare(self, feed: Feed) -> None:
        """Everything that is there with everything the ledger has. The place we had stays good
        until we are through.
        """
        now = clock.now()
        told: dict[UUID, bytearray] = {}
        token: bytes | None = None
        more = True
        while more:
            page = await self._driver.changes(self._folders.name_of(feed), token)
            await self._know_folders(page)
            async with self._tx() as tx:
                await feeds.hold_place(tx, feed)
                _note(told, await self._folders.taker.take(tx, page.changes))
            token, more = page.token, page.more
        believed = True
        for folder in self._of(feed):
            believed &= await self._sweep(feed, folder, told.get(folder.state.id, bytearray()))
        await self._folders.refresh()
        async with self._tx() as tx:
            after = replace(feed, token=token, complete=True, compared_at=now if believed else None)
            after = await feeds.keep_place(tx, feed, after)
            ids = [each.state.id for each in self._of(after)]
            await ledger.note_listed(tx, ids, complete=True)
        self._folders.feeds[feed.remote_folder_id] = after

    async def _sweep(self, feed: Feed, folder: MirroredFolder, told: bytearray) -> bool:
        """What was not told has left. Not believed, the first time, when the server counts more
        than it has told.
        """
        missing = [uid async for uid in self._not_in(folder, told)]
        counted = (await self._count([folder])).get(folder.state.id)
        uncounted = 0
        if counted is not None:
            there, live = counted
            uncounted = there - (live - len(missing))
            async with self._tx() as tx:
                await ledger.keep_uncounted(tx, {folder.state.id: uncounted})
        if missing and uncounted > max(folder.state.uncounted, 0):
            return False
        for start in range(0, len(missing), _COMPARED):
            async with self._tx() as tx:
                await feeds.hold_place(tx, feed)
                some = missing[start : start + _COMPARED]
                await ledger.take_gone(tx, [(folder.state.id, uid) for uid in some])
        return True

    async def _not_in(self, folder: MirroredFolder, told: bytearray) -> AsyncIterator[int]:
        after = 0
        while True:
            async with self._tx() as tx:
                uids = await ledger.present(tx, folder.state, after, _COMPARED)
            for uid in uids:
                if not _has(told, uid):
                    yield uid
            if len(uids) < _COMPARED:
                return
            after = uids[-1]

    async def _count(self, folders: Iterable[MirroredFolder]) -> dict[UUID, tuple[int, int]]:
        """Folder → (how many the server counts, how many the ledger has)."""
        some = list(folders)
        counts = await self._driver.counts([each.state.wire for each in some])
        there = {
            each.state.id: counts[each.state.wire] for each in some if each.state.wire in counts
        }
        async with self._tx() as tx:
            live = await ledger.count_live(tx, [each.state.id for each in some])
            # Where the server does not count, there is nothing to go by but what its feed told.
            told = {each.state.id: live.get(each.state.id, 0) for each in some}
            await ledger.keep_counts(tx, told | there)
        return {folder: (count, live.get(folder, 0)) for folder, count in there.items()}

    async def _know_folders(self, page: Page) -> None:
        """Folders that were made since we looked around."""
        told = {change.folder for change in page.changes if isinstance(change, Item)}
        if told - self._folders.remote.keys():
            await self._folders.look_around()

    def _of(self, feed: Feed) -> Sequence[MirroredFolder]:
        return [each for each in self._folders if feed.remote_folder_id in (None, each.state.id)]

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


def _is_stale(feed: Feed, now: datetime) -> bool:
    return feed.compared_at is None or now - feed.compared_at >= SAFETY_NET


def _note(told: dict[UUID, bytearray], places: Iterable[Place]) -> None:
    """One bit for each uid: uids are ours, and dense."""
    for folder, uid in places:
        bits = told.setdefault(folder, bytearray())
        if len(bits) <= uid >> 3:
            bits.extend(bytes((uid >> 3) + 1024 - len(bits)))
        bits[uid >> 3] |= 1 << (uid & 7)


def _has(bits: bytearray, uid: int) -> bool:
    return uid >> 3 < len(bits) and bool(bits[uid >> 3] >> (uid & 7) & 1)
