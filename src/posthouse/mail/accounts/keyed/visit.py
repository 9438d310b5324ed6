"""A visit to an account by key: all its feeds, what changed here, then what waits to be brought.

It may end anywhere and begin again: the ledger and our places in the feeds say what is to be done.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import BULK_OVER
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.keyed import ledger
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.feeds import Feed
from posthouse.mail.accounts.keyed.folder_changes import KeyedFolderChanges
from posthouse.mail.accounts.keyed.folders import KeyedFolders
from posthouse.mail.accounts.keyed.model import FeedExpired
from posthouse.mail.accounts.keyed.news import topic, topic_of
from posthouse.mail.accounts.keyed.reading import Reader
from posthouse.mail.accounts.ledger import are_waiting, note_visit
from posthouse.mail.accounts.looking import settle
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pushing import folders_changed_here
from posthouse.mail.accounts.writing_back import WriteBack

_NEWEST = 200  # of each folder, before anything older
# New mail is looked for while a first sync goes on, and all folders of it have their turn.
_TURN_SECONDS = 20.0


class KeyedVisit:
    """One driver's visits to one account."""

    def __init__(
        self,
        database: Database,
        driver: KeyedDriver,
        account: LinkedAccount,
        hands: Hands,
        *,
        largest: int,
    ) -> None:
        self._database = database
        self._driver = driver
        self._account = account
        self._hands = hands
        self._noted = 0
        self._news = asyncio.Event()
        self._folders = KeyedFolders(database, driver, account, hands, largest=largest)
        self._reader = Reader(database, driver, account, self._folders)
        self._changes = KeyedFolderChanges(database, driver, account, self._folders, self._reader)
        self._write_back = WriteBack(
            database, self._folders.by_uid, account, self._folders, self._changes
        )

    @property
    def stored(self) -> int:
        """Messages that were brought."""
        return self._folders.stored

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """News that is told while a visit runs is looked for by the `watch` behind it."""
        account = self._account
        topics = topic(account.id), topic_of(account.kind, account.address)
        with self._database.signals.subscribe(*topics) as self._news:
            yield

    async def run(self) -> None:
        """Everything once; the first sync goes on until it is done. Raises AccountError, Full."""
        self._news.clear()
        await self._folders.look_around(bring_back=False)
        await self._changes.delete(self._write_back.pusher)
        await self._begin()
        await self._catch_up()
        await self._note()
        if self._unfinished() or await self._are_waiting():
            await self._backfill()
            await self._catch_up()
        if await self._reader.check_counts():
            await self._catch_up()
        await self._note()

    async def watch(self, seconds: float) -> bool:
        """As soon as something is told, here or there, bring and carry it over. False when nothing
        was until then. Raises AccountError, Full.
        """
        ours = [f"folder:{each.state.folder_id}" for each in self._folders]
        ours.append(f"mailbox:{self._account.mailbox_id}")
        with self._database.signals.subscribe(*ours) as changed_here:
            if await self._is_changed_here():  # since it was carried over, and before we listened
                changed_here.set()
            if not await self._anything(changed_here, seconds):
                return False
        self._news.clear()
        await self._catch_up()
        if self._unfinished():
            await self._backfill()
            await self._catch_up()
        await self._note()
        return True

    async def _anything(self, changed_here: asyncio.Event, seconds: float) -> bool:
        """Whether something happened there or here before the time is over."""
        there = asyncio.create_task(self._driver.wait(seconds))
        told = [asyncio.create_task(each.wait()) for each in (self._news, changed_here)]
        try:
            await asyncio.wait({there, *told}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            heard = there.done() and there.result()
            return heard or self._news.is_set() or changed_here.is_set()
        finally:
            for task in (there, *told):
                task.cancel()
            await asyncio.gather(there, *told, return_exceptions=True)

    async def _is_changed_here(self) -> bool:
        async with self._tx() as tx:
            return bool(await folders_changed_here(tx, self._account.id))

    async def _begin(self) -> None:
        """The newest of each folder that was never looked at: of use in seconds."""
        for folder in self._folders:
            if folder.state.known.listed_down_to or self._folders.feed_of(folder).complete:
                continue
            await self._reader.list_newest(folder, _NEWEST)
            await self._folders.bring(folder)

    async def _catch_up(self) -> None:
        """The server's changes, then ours. What leaves waits for what may turn up elsewhere, in a
        folder that was read before or that is new.
        """
        await self._read()
        pushed, leaving = await self._write_back.push(), await self._are_leaving()
        if leaving:
            await self._folders.look_around()
        if pushed or leaving:
            await self._read()
        if not self._unfinished():
            await self._settle()

    async def _read(self) -> None:
        for feed, _ in self._folders.feeds_in_order():
            if feed.complete:
                await self._reader.read(feed)
        for folder in self._folders:
            await self._folders.bring(folder)

    # -- the rest of a first sync

    async def _backfill(self) -> None:
        try:
            async with self._hands.much_to_do():
                while pending := self._unfinished():
                    for feed in pending:
                        await self._fill(feed)
                        await self._glance()
                for folder in self._folders:
                    await self._folders.bring(folder, bulk=True)
        finally:
            self._database.signals.send([BULK_OVER])

    def _unfinished(self) -> list[Feed]:
        return [feed for feed, _ in self._folders.feeds_in_order() if not feed.complete]

    async def _fill(self, feed: Feed) -> None:
        """Page after page, until all is told or the others have their turn."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _TURN_SECONDS
        place = feed.remote_folder_id
        while not feed.complete and loop.time() < end:
            try:
                await self._reader.read_page(feed)
            except FeedExpired:
                await self._reader.begin_again(feed)
            feed = self._folders.feeds[place]
            for folder in self._folders:
                if place in (None, folder.state.id):
                    await self._folders.bring(folder, bulk=True)

    async def _glance(self) -> None:
        """New mail does not wait for the history."""
        for feed, folders in self._folders.feeds_in_order()[:1]:
            if feed.complete:
                await self._reader.read(feed)
                for folder in folders[:1]:
                    await self._folders.bring(folder, bulk=True)
        await self._note()

    # -- what is written down

    async def _are_leaving(self) -> bool:
        async with self._tx() as tx:
            return await ledger.are_leaving(tx, self._account.id)

    async def _are_waiting(self) -> bool:
        async with self._tx() as tx:
            return await are_waiting(tx, self._account.id)

    async def _note(self) -> None:
        """That we were there, and how much came since the last time this was said."""
        async with self._tx() as tx:
            stored, self._noted = self.stored - self._noted, self.stored
            await note_visit(tx, self._account.id, clock.now(), stored=stored)

    async def _settle(self) -> None:
        await settle(self._database, self._account)

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)
