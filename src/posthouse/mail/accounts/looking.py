"""Which folders an account has, and letting go of what is nowhere there any more."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import NotFound
from posthouse.mail.accounts import ledger, mirroring, pushing, remote_folders
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.mailboxes.changing import take_out
from posthouse.mail.mailboxes.folders import delete_empty_folder, read_folder

_LEAVINGS = 500


async def look_around(
    database: Database,
    account: LinkedAccount,
    told: Sequence[RemoteFolder],
    is_gone: Callable[[KnownFolder], Awaitable[bool]],
    *,
    bring_back: bool = True,
) -> tuple[dict[bytes, RemoteFolder], list[KnownFolder]]:
    """(name on the wire → folder there, those that are mirrored). New ones get a folder of ours;
    those that are gone have parted. With `bring_back` folders that were deleted here come back,
    else they have no folder of ours. Raises AccountError.
    """
    remote = {folder.wire: folder for folder in told if folder.selectable}
    async with database.workspace(account.workspace_id) as tx:
        known = await remote_folders.list_folders(tx, account.id)
        await mirroring.take_in(tx, account, known, told)
        known = await remote_folders.list_folders(tx, account.id)
        if bring_back:
            await _place_again(tx, account, known, remote)
            known = await remote_folders.list_folders(tx, account.id)
    states: list[KnownFolder] = []
    for state in known:
        if not state.mirrored:
            continue
        if state.wire not in remote:
            # A listing alone is no proof: some leave folders out now and then.
            if await is_gone(state):
                async with database.workspace(account.workspace_id) as tx:
                    if state.folder_id is None:
                        await remote_folders.forget_folder(tx, state)
                    else:
                        await remote_folders.part_with_folder(tx, state)
                continue
            remote[state.wire] = state.named
        states.append(state)
    return remote, states


async def settle(database: Database, account: LinkedAccount) -> None:
    """Messages that are nowhere there any more leave here, too, and folders with them."""
    taken = _LEAVINGS
    while taken == _LEAVINGS:
        async with database.workspace(account.workspace_id) as tx:
            rows = await ledger.leavings(tx, account.id, _LEAVINGS)
            places: dict[UUID, list[int]] = {}
            for row in rows:
                if row["our_uid"] is not None:
                    places.setdefault(row["folder_id"], []).append(row["our_uid"])
            for folder_id, uids in places.items():
                await take_out(tx, folder_id, uids)
            await ledger.part_with(tx, rows)
        taken = len(rows)
    async with database.workspace(account.workspace_id) as tx:
        for state in await remote_folders.parted_folders(tx, account.id):
            await _drop(tx, state)


async def _place_again(
    tx: Tx,
    account: LinkedAccount,
    known: Sequence[KnownFolder],
    remote: dict[bytes, RemoteFolder],
) -> None:
    """Folders that were deleted here and are still there come back, with their mail."""
    for state in known:
        if state.mirrored and state.folder_id is None:
            named = remote.get(state.wire) or state.named
            folder_id = await mirroring.place_again(tx, account, known, named)
            await remote_folders.place_folder(tx, state, folder_id)
            await pushing.bring_folder_back(tx, state)


async def _drop(tx: Tx, state: KnownFolder) -> None:
    """A folder that is no longer there, when nothing of it is left here."""
    if not await remote_folders.delete_folder(tx, state) or state.folder_id is None:
        return
    with contextlib.suppress(NotFound):
        ours = await read_folder(tx, state.folder_id)
        if ours.special_use is None and ours.message_count == 0:
            await delete_empty_folder(tx, ours.id)
