"""Folders that have another name there: ours, too, and nothing is fetched.

Over IMAP a renamed folder is one that is missing beside one that is new. It is taken for the same
only if UIDVALIDITY is (RFC 3501 6.3.5 lets it go along), and the newest messages that are here lie
in it under their UIDs, of the same size and time.
"""

from collections.abc import Mapping, Sequence

from posthouse.foundation.db import Database
from posthouse.mail.accounts import mirroring, plan, remote_folders
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.model import FolderStatus, LinkedAccount, RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder

_PROOFS = 20


async def take_renames(
    database: Database, driver: Driver, account: LinkedAccount, told: Sequence[RemoteFolder]
) -> None:
    """Renamed there: known by the new name from now on, and so is ours. Raises AccountError."""
    async with database.workspace(account.workspace_id) as tx:
        known = await remote_folders.list_folders(tx, account.id)
    wires, there = {each.wire for each in known}, {each.wire for each in told}
    new = {each.wire: each for each in told if each.selectable and each.wire not in wires}
    missing = [each for each in known if each.mirrored and each.wire not in there and each.complete]
    if not new or not missing:
        return
    status = {each.wire: each for each in await driver.status(list(new.values()))}
    renamed = []
    for state in missing:
        found = await _find(database, driver, account, state, new, status)
        if found is not None:
            renamed.append((state, new.pop(found.wire)))
    # Those above go first: those below have been renamed with them, here too.
    for state, found in sorted(renamed, key=lambda each: len(each[1].levels)):
        async with database.workspace(account.workspace_id) as tx:
            await remote_folders.rename_remote(tx, state, found.wire)
            await mirroring.rename_along(tx, account.id, state, found)


async def _find(
    database: Database,
    driver: Driver,
    account: LinkedAccount,
    state: KnownFolder,
    new: Mapping[bytes, RemoteFolder],
    status: Mapping[bytes, FolderStatus],
) -> RemoteFolder | None:
    known = state.known
    likely = [
        new[wire]
        for wire, each in status.items()
        if wire in new
        and each.uid_validity == known.uid_validity != 0
        and (not each.uid_next or each.uid_next >= known.uid_next)
    ]
    if not likely or not await is_gone(driver, state):
        return None
    async with database.workspace(account.workspace_id) as tx:
        proofs = {
            row["uid"]: (row["size"], row["arrived_at"])
            for row in await remote_folders.newest_items(tx, state, _PROOFS)
        }
    if not proofs:  # nothing to be lost
        return likely[0] if len(likely) == 1 else None
    for folder in likely:
        try:
            await driver.open(folder, None)
        except Refused:
            continue
        items = await driver.items(plan.ranges_of(sorted(proofs)))
        if items and all(proofs.get(each.uid) == (each.size, each.arrived) for each in items):
            return folder
    return None


async def is_gone(driver: Driver, state: KnownFolder) -> bool:
    """A listing alone is no proof: some servers leave folders out now and then."""
    try:
        await driver.open(state.named, None)
    except Refused:
        return True
    return False
