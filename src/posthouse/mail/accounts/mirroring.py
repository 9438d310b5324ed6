"""Which folder of ours a remote folder is: by its special use, else one of its own name."""

from collections.abc import Collection, Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Invalid
from posthouse.mail.accounts import remote_folders
from posthouse.mail.accounts.model import LinkedAccount, RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.mailboxes.folders import (
    canonical_name,
    create_folder,
    list_folders,
    read_folder,
    rename_folder,
)
from posthouse.mail.mailboxes.model import SEPARATOR, Folder
from posthouse.mail.transfer.folder_names import our_folder

_LONGEST_LEVEL = 80
_DEEPEST = 12


async def take_in(
    tx: Tx, account: LinkedAccount, known: Sequence[KnownFolder], told: Sequence[RemoteFolder]
) -> None:
    """Write down the folders that are new, each with a folder of ours; views without one."""
    wires = {folder.wire for folder in known}
    new = [folder for folder in told if folder.selectable and folder.wire not in wires]
    if not new:
        return
    ours = await list_folders(tx, account.mailbox_id)
    taken = {folder.folder_id for folder in known if folder.folder_id is not None}
    # Who says what it is for goes first: another one may have the same name.
    for folder in sorted(new, key=lambda each: each.special_use is None):
        place = None
        if not folder.is_view:
            place = await _place(tx, account.mailbox_id, folder, ours, taken)
            taken.add(place)
        await remote_folders.insert_folder(
            tx, account.id, folder, place, mirrored=place is not None
        )


async def place_again(
    tx: Tx, account: LinkedAccount, known: Sequence[KnownFolder], folder: RemoteFolder
) -> UUID:
    """A folder of ours for one that has lost its own."""
    ours = await list_folders(tx, account.mailbox_id)
    taken = {each.folder_id for each in known if each.folder_id is not None}
    return await _place(tx, account.mailbox_id, folder, ours, taken)


async def rename_along(tx: Tx, account_id: UUID, state: KnownFolder, told: RemoteFolder) -> None:
    """Renamed there: ours, too, with those below, unless it was renamed here meanwhile."""
    before = await remote_folders.renamed_here(tx, account_id)
    if state.folder_id is None or state.id in before:
        return
    ours = await read_folder(tx, state.folder_id)
    wanted = usable_name(told)
    if ours.special_use is not None or ours.name == wanted:
        return
    if all(each.name != wanted for each in await list_folders(tx, ours.mailbox_id)):
        await rename_folder(tx, ours.id, wanted)
        after = await remote_folders.renamed_here(tx, account_id)
        await remote_folders.keep_names(tx, after - before)


async def _place(
    tx: Tx,
    mailbox_id: UUID,
    folder: RemoteFolder,
    ours: list[Folder],
    taken: Collection[UUID],
) -> UUID:
    use = "inbox" if folder.levels[:1] and _is_inbox(folder) else folder.special_use
    for each in ours:
        if use is not None and each.special_use == use and each.id not in taken:
            return each.id
    name = usable_name(folder)
    names = {each.name: each for each in ours}
    free, number = name, 1
    while free in names and (names[free].id in taken or names[free].special_use is not None):
        number += 1
        free = f"{name} {number}"
    if free in names:
        return names[free].id
    made = await create_folder(tx, mailbox_id, free)
    # Those above it may have been made as well.
    ours[:] = await list_folders(tx, mailbox_id)
    return made


def _is_inbox(folder: RemoteFolder) -> bool:
    return len(folder.levels) == 1 and folder.levels[0].upper() == "INBOX"


def usable_name(folder: RemoteFolder) -> str:
    """A name that a folder of ours may have, as near to its own as can be."""
    wanted = our_folder(folder.levels, frozenset()) or "INBOX"
    try:
        return canonical_name(wanted)
    except Invalid:
        levels = [level.strip()[:_LONGEST_LEVEL] for level in wanted.split(SEPARATOR)]
        visible = [level for level in levels if level.strip() and level.isprintable()]
        short = SEPARATOR.join(visible[:_DEEPEST])[:200].strip(SEPARATOR + " ")
        return short or "Folder"
