"""The folders of an account by key: which there are, their feeds, bringing what waits in them."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import keywords, mirroring
from posthouse.mail.accounts.bringing import Bringer
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.keyed import feeds, ledger
from posthouse.mail.accounts.keyed.by_uid import ByUid
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.feeds import Feed
from posthouse.mail.accounts.keyed.model import WHOLE_ACCOUNT
from posthouse.mail.accounts.keyed.taking import Taker
from posthouse.mail.accounts.looking import look_around
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder, list_folders
from posthouse.mail.accounts.storing import Target

_MANY = 250  # waiting items from which on workers are called for
_ORDER = {"inbox": 0, "sent": 1, "drafts": 2, None: 3, "archive": 4, "trash": 5, "junk": 6}


@dataclass(slots=True)
class MirroredFolder:
    """A folder there that has one here; `state` is what the ledger knows of it."""

    state: KnownFolder


class KeyedFolders:
    """Of one account during one visit."""

    def __init__(
        self,
        database: Database,
        driver: KeyedDriver,
        account: LinkedAccount,
        hands: Hands,
        *,
        largest: int,
    ) -> None:
        self.remote: dict[bytes, RemoteFolder] = {}
        self.feeds: dict[UUID | None, Feed] = {}
        self.taker = Taker(account, driver.traits, largest=largest)
        self.by_uid = ByUid(database, driver, account, self.taker)
        self._database = database
        self._driver = driver
        self._account = account
        self._hands = hands
        self._bringer = Bringer(database, self.by_uid, hands)
        self._folders: dict[bytes, MirroredFolder] = {}

    def __iter__(self) -> Iterator[MirroredFolder]:
        """The Inbox first, then in the order in which people want them."""
        return iter(sorted(self._folders.values(), key=_rank))

    @property
    def stored(self) -> int:
        """Messages that were brought."""
        return self._bringer.stored

    def feeds_in_order(self) -> list[tuple[Feed, list[MirroredFolder]]]:
        """Each with the folders it tells of; that of the Inbox first."""
        if None in self.feeds:
            return [(self.feeds[None], list(self))]
        return [(self.feeds[each.state.id], [each]) for each in self]

    def feed_of(self, folder: MirroredFolder) -> Feed:
        """The one that tells of it."""
        return self.feeds[folder.state.id if self._driver.traits.feed_per_folder else None]

    def name_of(self, feed: Feed) -> bytes:
        """As the driver knows it."""
        wires = {each.state.id: wire for wire, each in self._folders.items()}
        return WHOLE_ACCOUNT if feed.remote_folder_id is None else wires[feed.remote_folder_id]

    async def look_around(self, *, bring_back: bool = True) -> None:
        """The folders there, each with one of ours; missing ones leave, renamed ones are renamed.
        Those that were deleted here come back, or are `deleted_here`. Raises AccountError.
        """
        told = await self._driver.folders()
        self.remote, states = await look_around(
            self._database, self._account, told, self._is_gone, bring_back=bring_back
        )
        for state in sorted(states, key=lambda each: each.label.count("/")):
            if (named := self.remote[state.wire]).name != state.label:
                async with self._tx() as tx:
                    await mirroring.rename_along(tx, self._account.id, state, named)
                    await ledger.keep_label(tx, state, named)
        self._folders = {state.wire: MirroredFolder(state) for state in states}
        await self._open_feeds()

    def deleted_here(self) -> list[MirroredFolder]:
        """Those that have no folder of ours any more."""
        return [each for each in self if each.state.folder_id is None]

    async def refresh(self) -> None:
        """What the ledger says of them now."""
        async with self._tx() as tx:
            for state in await list_folders(tx, self._account.id):
                if (folder := self._folders.get(state.wire)) is not None:
                    folder.state = state

    def add(self, state: KnownFolder) -> MirroredFolder:
        """One that was just made there."""
        made = self._folders[state.wire] = MirroredFolder(state)
        self.taker.folders[state.wire] = state
        return made

    async def look(self, folder: MirroredFolder) -> None:
        """Its feed tells of it when the account is looked at the next time."""
        await self._open_feeds()

    def of(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None:
        """The row, and the folder there, of a folder of ours."""
        for folder in self._folders.values():
            if folder.state.folder_id == folder_id and folder.state.wire in self.remote:
                return folder.state.id, self.remote[folder.state.wire]
        return None

    async def enter(self, folder: MirroredFolder, *, write: bool = False) -> bool:
        """Uids are of this folder from now on."""
        self.by_uid.enter(folder.state)
        return True

    async def bring(self, folder: MirroredFolder, *, bulk: bool = False) -> None:
        """Everything of it that waits. Raises AccountError, Full."""
        await self.enter(folder)
        while True:
            async with self._tx() as tx:
                waiting = await ledger.waiting(tx, folder.state)
                target = await self._target(tx, folder.state) if waiting else None
            if target is None:
                return
            if bulk or len(waiting) < _MANY:
                await self._bringer.bring(target, waiting, bulk=bulk)
            else:
                async with self._hands.much_to_do():
                    await self._bringer.bring(target, waiting, bulk=True)

    async def _open_feeds(self) -> None:
        self.taker.folders = {wire: each.state for wire, each in self._folders.items()}
        wanted: set[UUID | None] = {each.state.id for each in self._folders.values()}
        if not self._driver.traits.feed_per_folder:
            wanted = {None}
        async with self._tx() as tx:
            self.feeds = await feeds.open_feeds(tx, self._account.id, wanted)
            for feed, folders in self.feeds_in_order():
                ids = [each.state.id for each in folders if not each.state.complete]
                if ids:
                    await ledger.note_listed(tx, ids, complete=feed.complete)

    async def _is_gone(self, state: KnownFolder) -> bool:
        return not await self._driver.has_folder(state.wire)

    async def _target(self, tx: Tx, state: KnownFolder) -> Target:
        assert state.folder_id is not None  # since we looked around
        return Target(
            account=self._account,
            folder=state,
            folder_id=state.folder_id,
            names=await keywords.names_of(tx, self._account.mailbox_id),
        )

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


def _rank(folder: MirroredFolder) -> int:
    return _ORDER["inbox" if folder.state.is_inbox else folder.state.special_use]
