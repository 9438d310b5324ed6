"""The folders of one connection: which there are, entering one, bringing what waits in it."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import keywords, ledger, plan, remote_folders
from posthouse.mail.accounts.apply import OpenFolder
from posthouse.mail.accounts.bringing import Bringer
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.looking import look_around
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.recognising import recognise
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.accounts.renaming import is_gone, take_renames
from posthouse.mail.accounts.storing import Target

PARKED_FOR = timedelta(hours=6)
_MANY = 250  # waiting items from which on workers are called for
_ORDER = {"inbox": 0, "sent": 1, "drafts": 2, None: 3, "archive": 4, "trash": 5, "junk": 6}


class Folders:
    """Of one account over one connection, of which one folder is open at a time."""

    def __init__(
        self,
        database: Database,
        driver: Driver,
        account: LinkedAccount,
        hands: Hands,
        *,
        largest: int,
    ) -> None:
        self.largest = largest
        self.remote: dict[bytes, RemoteFolder] = {}
        self._database = database
        self._driver = driver
        self._account = account
        self._hands = hands
        self._bringer = Bringer(database, driver, hands)
        self._folders: dict[bytes, OpenFolder] = {}

    def __iter__(self) -> Iterator[OpenFolder]:
        """The Inbox first, then in the order in which people want them."""
        return iter(sorted(self._folders.values(), key=_rank))

    @property
    def stored(self) -> int:
        """Messages that were brought."""
        return self._bringer.stored

    @property
    def inbox(self) -> OpenFolder | None:
        """None only when a server hides it."""
        return next((each for each in self if each.state.is_inbox), None)

    def unfinished(self) -> list[OpenFolder]:
        """Those that were not listed to their end, and may be."""
        now = clock.now()
        return [
            each
            for each in self
            if not each.state.complete
            and each.state.wire in self.remote
            and (each.state.parked_until is None or each.state.parked_until <= now)
        ]

    async def look_around(self) -> None:
        """The folders there, each with one of ours but for those that were deleted here; missing
        ones leave.
        """
        told = await self._driver.folders()
        await take_renames(self._database, self._driver, self._account, told)
        self.remote, states = await look_around(
            self._database, self._account, told, self._is_gone, bring_back=False
        )
        for state in states:
            folder = self._folders.get(state.wire)
            if folder is None:
                self.add(state)
            else:
                folder.state = state
        there = {state.wire for state in states}
        self._folders = {wire: each for wire, each in self._folders.items() if wire in there}

    def add(self, state: KnownFolder) -> OpenFolder:
        """One more."""
        folder = OpenFolder(self._database, self._driver, self._account, state)
        self._folders[state.wire] = folder
        return folder

    def deleted_here(self) -> list[OpenFolder]:
        """Those that have no folder of ours any more."""
        return [each for each in self if each.state.folder_id is None]

    def of(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None:
        """The row, and the folder there, of a folder of ours."""
        for folder in self._folders.values():
            if folder.state.folder_id == folder_id and folder.state.wire in self.remote:
                return folder.state.id, self.remote[folder.state.wire]
        return None

    async def unchanged(self) -> set[bytes]:
        """Folders that STATUS says need not be opened."""
        asked = [
            self.remote[wire]
            for wire, folder in self._folders.items()
            if folder.state.complete and not folder.state.is_inbox and wire in self.remote
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

    async def look(self, folder: OpenFolder) -> None:
        """What is new there, and what waits."""
        if not await self.enter(folder):
            return
        if folder.state.known.listed_down_to == folder.state.known.uid_next:
            await self.list_older(folder)  # the newest of a first sync
        await self.bring(folder)

    async def enter(self, folder: OpenFolder, *, write: bool = False) -> bool:
        """Open it and catch up; False when the server does not let us."""
        state, now = folder.state, clock.now()
        remote = self.remote.get(state.wire)
        if remote is None or (state.parked_until is not None and state.parked_until > now):
            return False
        try:
            opened = await self._driver.open(remote, state.remembered, write=write)
            await folder.catch_up(opened, largest=self.largest)
        except Refused:
            async with self._tx() as tx:
                await remote_folders.park_folder(tx, state, now + PARKED_FOR)
            return False
        return opened.writable or not write

    async def list_older(self, folder: OpenFolder) -> None:
        """One window more of the open folder."""
        await folder.list_older(largest=self.largest, there=folder.state.known.count)

    async def bring(self, folder: OpenFolder, *, bulk: bool = False) -> None:
        """Everything of the open folder that waits."""
        target: Target | None = None
        while True:
            async with self._tx() as tx:
                waiting = await ledger.waiting(tx, folder.state)
                if waiting:
                    target = await self._target(tx, folder)
            if not waiting or target is None:
                return
            if await recognise(self._database, self._driver, target, waiting):
                continue
            if bulk or len(waiting) < _MANY:
                await self._bringer.bring(target, waiting, bulk=bulk)
            else:
                async with self._hands.much_to_do():
                    await self._bringer.bring(target, waiting, bulk=True)

    async def _is_gone(self, state: KnownFolder) -> bool:
        return await is_gone(self._driver, state)

    async def _target(self, tx: Tx, folder: OpenFolder) -> Target:
        assert folder.state.folder_id is not None  # since we looked around
        return Target(
            account=self._account,
            folder=folder.state,
            folder_id=folder.state.folder_id,
            names=await keywords.names_of(tx, self._account.mailbox_id),
        )

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


def _rank(folder: OpenFolder) -> int:
    return _ORDER["inbox" if folder.state.is_inbox else folder.state.special_use]
