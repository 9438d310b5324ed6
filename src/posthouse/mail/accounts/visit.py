"""A visit: one pass over an account, all folders, then what waits to be brought, newest first.

It may end anywhere and begin again: the ledger says what is still to be done.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import BULK_OVER
from posthouse.mail.accounts import keywords, ledger, plan, pushing, remote_folders
from posthouse.mail.accounts.apply import OpenFolder
from posthouse.mail.accounts.bringing import Bringer
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.looking import look_around, settle
from posthouse.mail.accounts.model import (
    Change,
    Expunged,
    LinkedAccount,
    RemoteFolder,
    Vanished,
)
from posthouse.mail.accounts.pushing import Pusher
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.accounts.storing import Target
from posthouse.mail.mailboxes.folders import read_folder
from posthouse.mail.mailboxes.model import SEPARATOR

_PARKED_FOR = timedelta(hours=6)
# New mail is looked for while a first sync goes on, and all folders of it have their turn.
_TURN_SECONDS = 20.0
_LEAVINGS = 500
_MANY = 250  # waiting items from which on workers are called for
_ORDER = {"inbox": 0, "sent": 1, "drafts": 2, None: 3, "archive": 4, "trash": 5, "junk": 6}

log = logging.getLogger(__name__)


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
        self._largest = largest
        self._bringer = Bringer(database, driver, hands)
        self._noted = 0
        self._pusher = Pusher(database, driver, account)
        self._unwilling: set[UUID] = set()
        self._remote: dict[bytes, RemoteFolder] = {}
        self._folders: dict[bytes, OpenFolder] = {}

    @property
    def stored(self) -> int:
        """Messages that were brought."""
        return self._bringer.stored

    async def run(self) -> None:
        """Everything once; the first sync goes on until it is done. Raises AccountError, Full."""
        await self._look_around()
        await self._look_at(self._in_order())
        await self._push()
        await self._settle()
        await self._note()
        if self._unfinished():
            await self._backfill()
            await self._settle()
            await self._note()

    async def watch(self, seconds: float) -> None:
        """Wait in the Inbox; bring what comes, carry over what changes here, as it happens.

        Raises AccountError, Full.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        inbox = next((each for each in self._in_order() if each.state.is_inbox), None)
        ours = [f"folder:{each.state.folder_id}" for each in self._folders.values()]
        with self._database.signals.subscribe(*ours) as changed_here:
            if inbox is None or not await self._enter(inbox):
                await asyncio.sleep(seconds)
                return
            await self._bring(inbox)
            while (left := end - loop.time()) > 0:
                changes = await _whatever_is_first(self._driver.wait(left), changed_here)
                if changes:
                    await inbox.hear(changes, largest=self._largest)
                    await self._bring(inbox)
                if changed_here.is_set():
                    changed_here.clear()
                    if await self._push() and await self._enter(inbox):
                        await self._bring(inbox)
                if any(isinstance(change, Vanished | Expunged) for change in changes):
                    # Deleted there, or moved: whoever moved it finds it again where it is.
                    await self._look_at(self._in_order()[1:])
                    await self._settle()
                    await self._enter(inbox)
                if changes:
                    await self._note()

    # -- folders

    async def _look_around(self) -> None:
        """The folders there, each with one of ours; missing ones leave."""
        told = await self._driver.folders()
        self._remote, states = await look_around(self._database, self._account, told, self._is_gone)
        for state in states:
            folder = self._folders.get(state.wire)
            if folder is None:
                opened = OpenFolder(self._database, self._driver, self._account, state)
                self._folders[state.wire] = opened
            else:
                folder.state = state
        there = {state.wire for state in states}
        self._folders = {wire: each for wire, each in self._folders.items() if wire in there}

    async def _is_gone(self, state: KnownFolder) -> bool:
        try:
            await self._driver.open(state.named, None)
        except Refused:
            return True
        return False

    async def _unchanged(self) -> set[bytes]:
        """Folders that STATUS says need not be opened."""
        asked = [
            self._remote[wire]
            for wire, folder in self._folders.items()
            if folder.state.complete and not folder.state.is_inbox and wire in self._remote
        ]
        if not asked:
            return set()
        now = clock.now()
        found: set[bytes] = set()
        for told in await self._driver.status(asked):
            folder = self._folders.get(told.wire)
            if folder is not None and plan.status_unchanged(folder.state.known, told, now):
                found.add(told.wire)
        async with self._tx() as tx:
            waiting = await remote_folders.folders_waiting(tx, self._account.id)
        return {wire for wire in found if self._folders[wire].state.id not in waiting}

    def _in_order(self) -> list[OpenFolder]:
        return sorted(self._folders.values(), key=_rank)

    # -- one folder

    async def _look_at(self, folders: Sequence[OpenFolder]) -> None:
        untouched = await self._unchanged()
        for folder in folders:
            if folder.state.wire not in untouched:
                await self._look(folder)

    async def _look(self, folder: OpenFolder) -> None:
        if not await self._enter(folder):
            return
        if folder.state.known.listed_down_to == folder.state.known.uid_next:
            await self._list_older(folder)  # the newest of a first sync
        await self._bring(folder)

    async def _enter(self, folder: OpenFolder, *, write: bool = False) -> bool:
        """Open it and catch up; False when the server does not let us."""
        state, now = folder.state, clock.now()
        remote = self._remote.get(state.wire)
        if remote is None or (state.parked_until is not None and state.parked_until > now):
            return False
        try:
            opened = await self._driver.open(remote, state.remembered, write=write)
            await folder.catch_up(opened, largest=self._largest)
        except Refused:
            async with self._tx() as tx:
                await remote_folders.park_folder(tx, state, now + _PARKED_FOR)
            return False
        return opened.writable or not write

    async def _list_older(self, folder: OpenFolder) -> None:
        await folder.list_older(largest=self._largest, there=folder.state.known.count)

    async def _bring(self, folder: OpenFolder, *, bulk: bool = False) -> None:
        """Everything of it that waits."""
        target: Target | None = None
        while True:
            async with self._tx() as tx:
                waiting = await ledger.waiting(tx, folder.state)
                if waiting:
                    target = await self._target(tx, folder)
            if not waiting or target is None:
                return
            if bulk or len(waiting) < _MANY:
                await self._bringer.bring(target, waiting, bulk=bulk)
            else:
                async with self._hands.much_to_do():
                    await self._bringer.bring(target, waiting, bulk=True)

    async def _target(self, tx: Tx, folder: OpenFolder) -> Target:
        assert folder.state.folder_id is not None  # since we looked around
        return Target(
            account=self._account,
            folder=folder.state,
            folder_id=folder.state.folder_id,
            names=await keywords.names_of(tx, self._account.mailbox_id),
        )

    # -- what changed here

    async def _push(self) -> bool:
        """Carry it over; whether there was anything."""
        async with self._tx() as tx:
            found = await pushing.folders_changed_here(tx, self._account.id)
        begun = False
        for folder in self._in_order():
            changed = found.get(folder.state.id)
            if changed is None or folder.state.id in self._unwilling:
                continue
            begun = True
            try:
                if await self._enter(folder, write=True):
                    await self._pusher.push(folder.state, changed, self._find_target)
                    continue
            except Refused as error:
                log.warning("accounts: a server refuses a change", extra={"code": error.code})
            # The next connection tries again: what is other here stays so.
            self._unwilling.add(folder.state.id)
        return begun

    async def _find_target(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None:
        """The folder there for one of ours; it is made when there is none."""
        for folder in self._folders.values():
            if folder.state.folder_id == folder_id and folder.state.wire in self._remote:
                return folder.state.id, self._remote[folder.state.wire]
        async with self._tx() as tx:
            ours = await read_folder(tx, folder_id)
        made = await self._driver.create_folder(ours.name.split(SEPARATOR))
        self._remote[made.wire] = made
        async with self._tx() as tx:
            await remote_folders.insert_folder(tx, self._account.id, made, folder_id, mirrored=True)
            for state in await remote_folders.list_folders(tx, self._account.id):
                if state.wire == made.wire and state.folder_id == folder_id:
                    opened = OpenFolder(self._database, self._driver, self._account, state)
                    self._folders[made.wire] = opened
                    return state.id, made
        return None

    # -- the rest of a first sync

    async def _backfill(self) -> None:
        try:
            async with self._hands.much_to_do():
                while pending := self._unfinished():
                    for folder in pending:
                        await self._fill(folder)
                        await self._glance()
        finally:
            self._database.signals.send([BULK_OVER])

    def _unfinished(self) -> list[OpenFolder]:
        now = clock.now()
        return [
            each
            for each in self._in_order()
            if not each.state.complete
            and each.state.wire in self._remote
            and (each.state.parked_until is None or each.state.parked_until <= now)
        ]

    async def _fill(self, folder: OpenFolder) -> None:
        """Window after window, until it is complete or the others have their turn."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _TURN_SECONDS
        if not await self._enter(folder):
            folder.state = replace(folder.state, parked_until=clock.now() + _PARKED_FOR)
            return
        while not folder.state.complete and loop.time() < end:
            await self._list_older(folder)
            await self._bring(folder, bulk=True)

    async def _glance(self) -> None:
        """New mail does not wait for the history."""
        for folder in self._in_order()[:1]:
            if await self._enter(folder):
                await self._bring(folder, bulk=True)
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


def _rank(folder: OpenFolder) -> int:
    return _ORDER["inbox" if folder.state.is_inbox else folder.state.special_use]


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
