"""A visit: one pass over an account, all folders, then what waits to be brought, newest first.

It may end anywhere and begin again: the ledger says what is still to be done.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import BULK_OVER
from posthouse.mail.accounts import ledger
from posthouse.mail.accounts.apply import OpenFolder
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.folder_changes import FolderChanges
from posthouse.mail.accounts.folders import PARKED_FOR, Folders
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.looking import settle
from posthouse.mail.accounts.model import Change, Expunged, LinkedAccount, Vanished
from posthouse.mail.accounts.writing_back import WriteBack

# New mail is looked for while a first sync goes on, and all folders of it have their turn.
_TURN_SECONDS = 20.0


class Visit:
    """One connection's visits to one account."""

    def __init__(
        self,
        database: Database,
        driver: Driver,
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
        self._folders = Folders(database, driver, account, hands, largest=largest)
        self._changes = FolderChanges(database, driver, account, self._folders)
        self._write_back = WriteBack(database, driver, account, self._folders, self._changes)

    @property
    def stored(self) -> int:
        """Messages that were brought."""
        return self._folders.stored

    async def run(self) -> None:
        """Everything once; the first sync goes on until it is done. Raises AccountError, Full."""
        await self._folders.look_around()
        await self._changes.delete(self._write_back.pusher)
        await self._look_at(list(self._folders))
        await self._write_back.push()
        await self._settle()
        await self._note()
        if self._folders.unfinished():
            await self._backfill()
            await self._settle()
            await self._note()

    async def watch(self, seconds: float) -> None:
        """Wait in the Inbox; bring what comes, carry over what changes here, as it happens.

        Raises AccountError, Full.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        inbox = self._folders.inbox
        ours = [f"folder:{each.state.folder_id}" for each in self._folders]
        ours.append(f"mailbox:{self._account.mailbox_id}")
        with self._database.signals.subscribe(*ours) as changed_here:
            if inbox is None or not await self._folders.enter(inbox):
                await asyncio.sleep(seconds)
                return
            await self._folders.bring(inbox)
            while (left := end - loop.time()) > 0:
                changes = await _whatever_is_first(self._driver.wait(left), changed_here)
                if changes:
                    await inbox.hear(changes, largest=self._folders.largest)
                    await self._folders.bring(inbox)
                if changed_here.is_set():
                    changed_here.clear()
                    if await self._write_back.push() and await self._folders.enter(inbox):
                        await self._folders.bring(inbox)
                if any(isinstance(change, Vanished | Expunged) for change in changes):
                    # Deleted there, or moved: whoever moved it finds it again where it is.
                    await self._look_at(list(self._folders)[1:])
                    await self._settle()
                    await self._folders.enter(inbox)
                if changes:
                    await self._note()

    async def _look_at(self, folders: Sequence[OpenFolder]) -> None:
        untouched = await self._folders.unchanged()
        for folder in folders:
            if folder.state.wire not in untouched:
                await self._folders.look(folder)

    # -- the rest of a first sync

    async def _backfill(self) -> None:
        try:
            async with self._hands.much_to_do():
                while pending := self._folders.unfinished():
                    for folder in pending:
                        await self._fill(folder)
                        await self._glance()
        finally:
            self._database.signals.send([BULK_OVER])

    async def _fill(self, folder: OpenFolder) -> None:
        """Window after window, until it is complete or the others have their turn."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _TURN_SECONDS
        if not await self._folders.enter(folder):
            folder.state = replace(folder.state, parked_until=clock.now() + PARKED_FOR)
            return
        while not folder.state.complete and loop.time() < end:
            await self._folders.list_older(folder)
            await self._folders.bring(folder, bulk=True)

    async def _glance(self) -> None:
        """New mail does not wait for the history."""
        inbox = self._folders.inbox
        if inbox is not None and await self._folders.enter(inbox):
            await self._folders.bring(inbox, bulk=True)
        await self._note()

    async def _note(self) -> None:
        """That we were there, and how much came since the last time this was said."""
        async with self._tx() as tx:
            stored, self._noted = self.stored - self._noted, self.stored
            await ledger.note_visit(tx, self._account.id, clock.now(), stored=stored)

    async def _settle(self) -> None:
        await settle(self._database, self._account)

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


async def _whatever_is_first(
    told: Coroutine[Any, Any, list[Change]], event: asyncio.Event
) -> list[Change]:
    """What the server tells; [] as soon as the event is set. What is not yet told is told later."""
    waiting = asyncio.create_task(told)
    other = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({waiting, other}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else []
    finally:
        for task in (waiting, other):
            task.cancel()
        await asyncio.gather(waiting, other, return_exceptions=True)
