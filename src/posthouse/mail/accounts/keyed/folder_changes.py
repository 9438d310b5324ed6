"""Folders that were renamed or deleted here: so they are at the service, and no mail is lost."""

import logging

from posthouse.foundation.db import Database
from posthouse.mail.accounts import mirroring, remote_folders
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.folder_making import FolderMaker
from posthouse.mail.accounts.keyed import ledger
from posthouse.mail.accounts.keyed.driver import KeyedDriver
from posthouse.mail.accounts.keyed.folders import KeyedFolders, MirroredFolder
from posthouse.mail.accounts.keyed.reading import Reader
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pushing import Pusher
from posthouse.mail.mailboxes.folders import read_folder
from posthouse.mail.mailboxes.model import SEPARATOR, Folder

log = logging.getLogger(__name__)


class KeyedFolderChanges(FolderMaker[MirroredFolder]):
    """Of one visit. Folders are known by keys: a name is nothing but a name."""

    def __init__(
        self,
        database: Database,
        driver: KeyedDriver,
        account: LinkedAccount,
        folders: KeyedFolders,
        reader: Reader,
    ) -> None:
        super().__init__(database, folders.by_uid, account, folders)
        self._driver = driver
        self._folders = folders
        self._reader = reader

    async def carry_over(self) -> bool:
        """What was renamed, then what was made; whether there was anything. Raises AccountError."""
        renamed = await self._rename_all()
        return await self.make() or renamed

    async def delete(self, pusher: Pusher) -> None:
        """What lies in them there and was here is deleted first, message by message. A folder with
        anything that was never here comes back, with all of it. Raises AccountError.
        """
        deleted = self._folders.deleted_here()
        for folder in deleted:
            try:
                await self._delete(folder, pusher)
            except Refused as error:
                log.warning("accounts: a service keeps a folder", extra={"code": error.code})
        if deleted:
            await self._folders.look_around()

    async def _rename_all(self) -> bool:
        async with self._tx() as tx:
            renamed = await remote_folders.renamed_here(tx, self._account.id) - self._unwilling
        ours: list[tuple[MirroredFolder, Folder]] = []
        for folder in self._folders:
            if folder.state.id in renamed and folder.state.folder_id is not None:
                async with self._tx() as tx:
                    ours.append((folder, await read_folder(tx, folder.state.folder_id)))
        # Those above first: they take those below along, there as here.
        for folder, now in sorted(ours, key=lambda each: each[1].name.count(SEPARATOR)):
            try:
                await self._rename(folder, now)
            except Refused as error:
                self._give_up(folder.state.id, error)
        return bool(ours)

    async def _rename(self, folder: MirroredFolder, ours: Folder) -> None:
        state, remote = folder.state, self._folders.remote[folder.state.wire]
        if mirroring.usable_name(remote) != ours.name:
            levels = ours.name.split(SEPARATOR)
            remote = await self._driver.rename_folder(state.wire, levels)
            self._folders.remote[state.wire] = remote
        async with self._tx() as tx:
            await ledger.keep_label(tx, state, remote)
            await remote_folders.keep_names(tx, [state.id])

    async def _delete(self, folder: MirroredFolder, pusher: Pusher) -> None:
        """Between the last look and the deletion is one request: something may come meanwhile."""
        state, feed = folder.state, self._folders.feed_of(folder)
        if not feed.complete:
            return
        await self._reader.read(feed)
        async with self._tx() as tx:
            if await remote_folders.has_unseen(tx, state):
                return
        await self._folders.enter(folder)
        await pusher.push_leavings(state, self.find_target)
        if (await self._driver.counts([state.wire])).get(state.wire, 0):
            return
        await self._driver.delete_folder(state.wire)
        async with self._tx() as tx:
            await remote_folders.forget_folder(tx, state)
