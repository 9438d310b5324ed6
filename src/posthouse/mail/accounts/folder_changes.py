"""Folders that were renamed or deleted here: so they are at an IMAP server, and no mail is lost."""

import logging
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import mirroring, remote_folders
from posthouse.mail.accounts.apply import OpenFolder
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.folder_making import FolderMaker
from posthouse.mail.accounts.folders import Folders
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.pushing import Pusher
from posthouse.mail.mailboxes.folders import read_folder
from posthouse.mail.mailboxes.model import SEPARATOR, Folder

log = logging.getLogger(__name__)


class FolderChanges(FolderMaker[OpenFolder]):
    """Of one connection."""

    def __init__(
        self, database: Database, driver: Driver, account: LinkedAccount, folders: Folders
    ) -> None:
        super().__init__(database, driver, account, folders)
        self._driver = driver
        self._folders = folders

    async def carry_over(self) -> bool:
        """What was renamed, then what was made; whether there was anything. Raises AccountError."""
        renamed = await self.rename()
        return await self.make() or renamed

    # -- renamed here

    async def rename(self) -> bool:
        """Whether there were any. A kill after the server has done it leaves what looks like a
        folder that was renamed there (`renaming`).
        """
        async with self._tx() as tx:
            renamed = await remote_folders.renamed_here(tx, self._account.id) - self._unwilling
        if not renamed:
            return False
        ours: dict[UUID, Folder] = {}
        async with self._tx() as tx:
            for state in await remote_folders.list_folders(tx, self._account.id):
                if state.id in renamed and state.folder_id is not None:
                    ours[state.id] = await read_folder(tx, state.folder_id)
        # Those below a folder go with it, there as here.
        for identifier in sorted(ours, key=lambda each: ours[each].name.count(SEPARATOR)):
            folder = next((each for each in self._folders if each.state.id == identifier), None)
            if folder is None:
                continue
            try:
                await self._rename(folder, ours[identifier])
            except Refused as error:
                self._give_up(identifier, error)
        return True

    async def _rename(self, folder: OpenFolder, ours: Folder) -> None:
        state = folder.state
        remote = self._folders.remote.get(state.wire)
        if remote is None:
            return
        if mirroring.usable_name(remote) != ours.name:
            made = await self._driver.rename_folder(remote, ours.name.split(SEPARATOR))
            async with self._tx() as tx:
                await self._rename_below(tx, remote, made)
                await remote_folders.keep_names(tx, [state.id])
            await self._folders.look_around()
            return
        async with self._tx() as tx:
            await remote_folders.keep_names(tx, [state.id])

    async def _rename_below(self, tx: Tx, remote: RemoteFolder, made: RemoteFolder) -> None:
        """RFC 3501 6.3.5: inferiors go along."""
        below = remote.wire + remote.separator.encode("latin-1") if remote.separator else None
        for state in await remote_folders.list_folders(tx, self._account.id):
            if state.wire == remote.wire:
                await remote_folders.rename_remote(tx, state, made.wire)
            elif below is not None and state.wire.startswith(below):
                wire = made.wire + state.wire[len(remote.wire) :]
                await remote_folders.rename_remote(tx, state, wire)

    # -- deleted here

    async def delete(self, pusher: Pusher) -> None:
        """What lies in them there and was here is deleted first, message by message; a folder with
        anything that was never here comes back with that alone. Raises AccountError.
        """
        deleted = self._folders.deleted_here()
        for folder in deleted:
            try:
                gone = await self._delete(folder, pusher)
            except Refused as error:
                gone = False
                log.warning("accounts: a server keeps a folder", extra={"code": error.code})
            async with self._tx() as tx:
                if gone:
                    await remote_folders.forget_folder(tx, folder.state)
                else:
                    known = await remote_folders.list_folders(tx, self._account.id)
                    remote = self._folders.remote.get(folder.state.wire, folder.state.named)
                    ours = await mirroring.place_again(tx, self._account, known, remote)
                    await remote_folders.place_folder(tx, folder.state, ours)
        if deleted:
            await self._folders.look_around()

    async def _delete(self, folder: OpenFolder, pusher: Pusher) -> bool:
        """Between the last look and DELETE is one round trip: no server has a DELETE that fails
        when something has come meanwhile.
        """
        if not await self._folders.enter(folder, write=True):
            return False
        async with self._tx() as tx:
            if await remote_folders.has_unseen(tx, folder.state):
                return False
        await pusher.push_leavings(folder.state, self.find_target)
        remote = self._folders.remote[folder.state.wire]
        if (await self._driver.open(remote, None)).exists:
            return False
        await self._driver.delete_folder(remote)
        return True
