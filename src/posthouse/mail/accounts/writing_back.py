"""What changed here, carried over folder by folder: the folders themselves, then their mail."""

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import pushing, remote_folders
from posthouse.mail.accounts.driver import Writable
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.pushing import Pusher
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.mailboxes.folders import list_folders, read_folder
from posthouse.mail.mailboxes.model import SEPARATOR, Folder

log = logging.getLogger(__name__)


class HasState(Protocol):
    """A mirrored folder."""

    @property
    def state(self) -> KnownFolder: ...


Mirrored = TypeVar("Mirrored", bound=HasState)


class FolderSet(Protocol[Mirrored]):
    """The mirrored folders of a visit, as `folders.Folders` has them."""

    remote: dict[bytes, RemoteFolder]

    def __iter__(self) -> Iterator[Mirrored]: ...

    async def enter(self, folder: Mirrored, *, write: bool = False) -> bool: ...

    async def bring(self, folder: Mirrored) -> None: ...

    async def look(self, folder: Mirrored) -> None: ...

    def add(self, state: KnownFolder) -> Mirrored: ...

    def of(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None: ...


class TakesFolders(Writable, Protocol):
    """What takes our changes, and makes folders for them."""

    async def create_folder(self, levels: Sequence[str]) -> RemoteFolder: ...


class WriteBack(Generic[Mirrored]):
    """Of one connection. What a server refuses is asked for again by the next one: what is other
    here stays so.
    """

    def __init__(
        self,
        database: Database,
        driver: TakesFolders,
        account: LinkedAccount,
        folders: FolderSet[Mirrored],
    ) -> None:
        self._database = database
        self._driver = driver
        self._account = account
        self._folders = folders
        self._pusher = Pusher(database, driver, account)
        self._unwilling: set[UUID] = set()

    async def push(self) -> bool:
        """Carry everything over; whether there was anything. Raises AccountError."""
        begun = await self._make_folders()
        async with self._tx() as tx:
            found = await pushing.folders_changed_here(tx, self._account.id)
        for folder in list(self._folders):
            changed = found.get(folder.state.id)
            if changed is None or folder.state.id in self._unwilling:
                continue
            begun = True
            try:
                if await self._folders.enter(folder, write=True):
                    if changed.has_new:  # it may be there by now
                        await self._folders.bring(folder)
                    await self._pusher.push(folder.state, changed, self._find_target)
                    continue
            except Refused as error:
                log.warning("accounts: a server refuses a change", extra={"code": error.code})
            self._unwilling.add(folder.state.id)
        return begun

    async def _make_folders(self) -> bool:
        """Folders that were made here, and standard ones that the server did without so far."""
        async with self._tx() as tx:
            ours = await list_folders(tx, self._account.mailbox_id)
            known = await remote_folders.list_folders(tx, self._account.id)
        taken = {each.folder_id for each in known} | self._unwilling
        wanted = _to_be_made(ours, taken, self._folders.remote.values())
        for each in wanted:
            try:
                if (made := await self._make(each)) is not None:
                    await self._folders.look(made)
            except Refused as error:
                log.warning("accounts: a server makes no folder", extra={"code": error.code})
                self._unwilling.add(each.id)
        return bool(wanted)

    async def _find_target(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None:
        """The folder there for one of ours; it is made when there is none."""
        if (found := self._folders.of(folder_id)) is not None:
            return found
        async with self._tx() as tx:
            ours = await read_folder(tx, folder_id)
        await self._make(ours)
        return self._folders.of(folder_id)

    async def _make(self, ours: Folder) -> Mirrored | None:
        made = await self._driver.create_folder(ours.name.split(SEPARATOR))
        self._folders.remote[made.wire] = made
        async with self._tx() as tx:
            state = await remote_folders.adopt_folder(tx, self._account.id, made, ours.id)
        return None if state is None else self._folders.add(state)

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


def _to_be_made(
    ours: Sequence[Folder], taken: Collection[UUID | None], there: Collection[RemoteFolder]
) -> list[Folder]:
    """Those above before those below. Folders that hold nothing but folders come about with them,
    and Sent is left to the server (`sent_copies`).
    """
    parents = {each.name.rpartition(SEPARATOR)[0] for each in ours}
    listed = {each.name for each in there}
    found = [
        each
        for each in ours
        if each.id not in taken
        and each.special_use != "sent"
        and (each.message_count or (each.special_use is None and each.name not in parents | listed))
    ]
    return sorted(found, key=lambda each: each.name.count(SEPARATOR))
