"""Folders that were made here are made there."""

import logging
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import remote_folders
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.folder_sets import FolderSet, Mirrored, TakesFolders
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.mailboxes.folders import list_folders, read_folder
from posthouse.mail.mailboxes.model import SEPARATOR, Folder

log = logging.getLogger(__name__)


class FolderMaker(Generic[Mirrored]):
    """Of one connection. What a server refuses is asked for again by the next one."""

    def __init__(
        self,
        database: Database,
        driver: TakesFolders,
        account: LinkedAccount,
        folders: FolderSet[Mirrored],
    ) -> None:
        self._database = database
        self._account = account
        self._maker = driver
        self._set = folders
        self._unwilling: set[UUID] = set()

    async def carry_over(self) -> bool:
        """Whether there was anything. Raises AccountError."""
        return await self.make()

    async def make(self) -> bool:
        """Folders that were made here, and standard ones that the server did without so far;
        whether there were any.
        """
        async with self._tx() as tx:
            ours = await list_folders(tx, self._account.mailbox_id)
            known = await remote_folders.list_folders(tx, self._account.id)
        taken = {each.folder_id for each in known} | self._unwilling
        wanted = _to_be_made(ours, taken, self._set.remote.values())
        for each in wanted:
            try:
                if (made := await self._make(each)) is not None:
                    await self._set.look(made)
            except Refused as error:
                self._give_up(each.id, error)
        return bool(wanted)

    async def find_target(self, folder_id: UUID) -> tuple[UUID, RemoteFolder] | None:
        """The folder there for one of ours; it is made when there is none."""
        if (found := self._set.of(folder_id)) is not None:
            return found
        async with self._tx() as tx:
            ours = await read_folder(tx, folder_id)
        await self._make(ours)
        return self._set.of(folder_id)

    async def _make(self, ours: Folder) -> Mirrored | None:
        made = await self._maker.create_folder(ours.name.split(SEPARATOR))
        self._set.remote[made.wire] = made
        async with self._tx() as tx:
            state = await remote_folders.adopt_folder(tx, self._account.id, made, ours.id)
        return None if state is None else self._set.add(state)

    def _give_up(self, identifier: UUID, error: Refused) -> None:
        log.warning("accounts: a server refuses to change a folder", extra={"code": error.code})
        self._unwilling.add(identifier)

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
