"""What changed here, carried over: the folders themselves, then their mail, folder by folder."""

import logging
from contextlib import AbstractAsyncContextManager
from typing import Generic
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import pushing
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.folder_making import FolderMaker
from posthouse.mail.accounts.folder_sets import FolderSet, Mirrored, TakesFolders
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pushing import Pusher

log = logging.getLogger(__name__)


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
        changes: FolderMaker[Mirrored] | None = None,
    ) -> None:
        self.pusher = Pusher(database, driver, account)
        self._database = database
        self._account = account
        self._folders = folders
        self._changes = changes or FolderMaker(database, driver, account, folders)
        self._unwilling: set[UUID] = set()

    async def push(self) -> bool:
        """Carry everything over; whether there was anything. Raises AccountError."""
        begun = await self._changes.carry_over()
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
                    await self.pusher.push(folder.state, changed, self._changes.find_target)
                    continue
            except Refused as error:
                log.warning("accounts: a server refuses a change", extra={"code": error.code})
            self._unwilling.add(folder.state.id)
        return begun

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)
