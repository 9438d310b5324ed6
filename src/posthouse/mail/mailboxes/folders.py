"""Mailboxes and their folders: make, list, rename, delete, subscribe."""

import unicodedata
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Row, Tx, constraint_of
from posthouse.foundation.errors import Conflict, Invalid, NotFound
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.model import (
    SEPARATOR,
    STANDARD_FOLDERS,
    Deleted,
    Folder,
    Mailbox,
    SpecialUse,
)
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.mailboxes", "folders.sql")
_LONGEST_NAME = 255
_DEEPEST = 20
_MOST_KEYWORDS = 500


async def make_mailbox(
    tx: Tx,
    *,
    kind: str,
    address: str,
    name: str,
    owner_member_id: UUID | None,
    elsewhere: bool = False,
) -> UUID:
    """A mailbox with the standard folders, deliverable once committed; its id.

    `address` is canonical (lower case, A-label domain). `elsewhere`: mail for it is delivered to
    another server, and comes here from there. Raises Conflict when the address is taken.
    """
    mailbox_id = new_id()
    try:
        await tx.execute(
            SQL["insert_mailbox"],
            workspace_id=tx.workspace,
            id=mailbox_id,
            kind=kind,
            address=address,
            name=name,
            owner_member_id=owner_member_id,
            elsewhere=elsewhere,
        )
    except asyncpg.UniqueViolationError:
        raise Conflict(f"There is a mailbox {address} already.") from None
    await _insert(tx, mailbox_id, STANDARD_FOLDERS.items())
    return mailbox_id


async def read_mailbox(tx: Tx, mailbox_id: UUID) -> Mailbox:
    """Raises NotFound."""
    row = await tx.row(SQL["read_mailbox"], workspace_id=tx.workspace, mailbox_id=mailbox_id)
    if row is None:
        raise NotFound("There is no such mailbox.")
    return Mailbox(**row)


async def find_mailbox(tx: Tx, address: str) -> tuple[UUID, UUID]:
    """(workspace, mailbox) of a canonical address, in any transaction. Raises NotFound."""
    row = await tx.row(SQL["find_mailbox"], address=address)
    if row is None:
        raise NotFound("There is no such mailbox here.")
    return row["workspace_id"], row["mailbox_id"]


async def list_folders(
    tx: Tx, mailbox_id: UUID, member_id: UUID | None = None, *, recent: bool = False
) -> list[Folder]:
    """All folders with counts, standard ones first, then by name.

    `member_id` says whose \\Seen counts in a shared mailbox; `recent` asks for that count, too.
    """
    keys = await keyring(tx)
    rows = await tx.rows(
        SQL["list_folders"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        member_id=member_id,
        recent=recent,
    )
    order = list(STANDARD_FOLDERS.values())
    return sorted(
        (folder_of(row, keys) for row in rows),
        key=lambda f: (order.index(f.special_use) if f.special_use else len(order), f.name),
    )


async def sum_deleted(tx: Tx, folder_ids: Iterable[UUID]) -> dict[UUID, Deleted]:
    """Folder → what is \\Deleted in it; folders without such messages are not among them."""
    rows = await tx.rows(SQL["sum_deleted"], workspace_id=tx.workspace, folder_ids=list(folder_ids))
    return {row["folder_id"]: Deleted(count=row["count"], octets=row["octets"]) for row in rows}


async def read_folder(tx: Tx, folder_id: UUID) -> Folder:
    """One folder, unseen not counted. Raises NotFound."""
    row = await tx.row(SQL["read_folder"], workspace_id=tx.workspace, folder_id=folder_id)
    if row is None:
        raise NotFound("There is no such folder.")
    return folder_of(row, await keyring(tx))


async def find_folder(tx: Tx, mailbox_id: UUID, name: str) -> UUID:
    """The id of a folder by its name (INBOX in any case). Raises NotFound."""
    keys = await keyring(tx)
    found: UUID | None = await tx.value(
        SQL["find_folder"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        name_key=_name_key(keys, canonical_name(name)),
    )
    if found is None:
        raise NotFound("There is no such folder.")
    return found


async def folders_by_use(
    tx: Tx, mailbox_ids: Iterable[UUID], special_use: SpecialUse
) -> dict[UUID, UUID]:
    """Mailbox → its folder of that use."""
    rows = await tx.rows(
        SQL["folders_by_use"],
        workspace_id=tx.workspace,
        mailbox_ids=list(mailbox_ids),
        special_use=special_use,
    )
    return {row["mailbox_id"]: row["id"] for row in rows}


async def folder_by_use(tx: Tx, mailbox_id: UUID, special_use: SpecialUse) -> UUID:
    """The folder of that use; raises NotFound when it was renamed away or deleted."""
    found = (await folders_by_use(tx, [mailbox_id], special_use)).get(mailbox_id)
    if found is None:
        raise NotFound(f"This mailbox has no {special_use} folder.")
    return found


async def create_folder(tx: Tx, mailbox_id: UUID, name: str, *, subscribed: bool = True) -> UUID:
    """A folder and the missing ones above it. Raises Invalid, Conflict."""
    name = canonical_name(name)
    levels = name.split(SEPARATOR)
    present = {folder.name for folder in await list_folders(tx, mailbox_id)}
    if name in present:
        raise Conflict("There is a folder of that name already.")
    paths = [SEPARATOR.join(levels[: depth + 1]) for depth in range(len(levels))]
    missing = [path for path in paths if path not in present]
    new = [(path, None) for path in missing]
    ids = await _insert(tx, mailbox_id, new, subscribed=subscribed)
    tx.signal(f"mailbox:{mailbox_id}")
    return ids[-1]


async def rename_folder(tx: Tx, folder_id: UUID, name: str) -> None:
    """Rename with all folders below. Raises Invalid for standard folders, Conflict."""
    folder = await read_folder(tx, folder_id)
    if folder.special_use is not None:
        raise Invalid("The standard folders keep their names.")
    name = canonical_name(name)
    everything = await list_folders(tx, folder.mailbox_id)
    below = folder.name + SEPARATOR
    if name.startswith(below):
        raise Invalid("A folder cannot be moved into itself.")
    moving = [f for f in everything if f.id == folder_id or f.name.startswith(below)]
    keys = await keyring(tx)
    names = {f.id: name + f.name[len(folder.name) :] for f in moving}
    parent = name.rpartition(SEPARATOR)[0]
    if parent and parent not in {f.name for f in everything}:
        await create_folder(tx, folder.mailbox_id, parent)
    try:
        await tx.execute(
            SQL["rename_folders"],
            workspace_id=tx.workspace,
            ids=list(names),
            names=[keys.encrypt("folders", "name", i, n.encode()) for i, n in names.items()],
            name_keys=[_name_key(keys, n) for n in names.values()],
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("There is a folder of that name already.") from error
    tx.signal(f"mailbox:{folder.mailbox_id}")


async def delete_empty_folder(tx: Tx, folder_id: UUID) -> None:
    """Remove a folder whose messages were expunged before. Raises Invalid for standard ones."""
    folder = await read_folder(tx, folder_id)
    if folder.special_use is not None:
        raise Invalid("The standard folders cannot be deleted.")
    await tx.execute(SQL["delete_folder"], workspace_id=tx.workspace, folder_id=folder_id)
    tx.signal(f"mailbox:{folder.mailbox_id}")
    tx.signal(f"folder:{folder_id}")


async def subscribe_folder(tx: Tx, folder_id: UUID, subscribed: bool) -> None:
    """RFC 3501 SUBSCRIBE and UNSUBSCRIBE."""
    await tx.execute(
        SQL["subscribe_folder"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        subscribed=subscribed,
    )


async def keyword_names(tx: Tx, mailbox_id: UUID) -> dict[int, str]:
    """Number → name of a mailbox's keywords."""
    keys = await keyring(tx)
    rows = await tx.rows(SQL["list_keywords"], workspace_id=tx.workspace, mailbox_id=mailbox_id)
    return {
        row["id"]: keys.decrypt("keywords", "name", mailbox_id, row["name"]).decode()
        for row in rows
    }


async def keyword_numbers(tx: Tx, mailbox_id: UUID, names: Iterable[str]) -> dict[str, int]:
    """Folded name → number, making what is missing. Raises Invalid beyond 500 in a mailbox."""
    wanted = {name.casefold(): name for name in names}
    if not wanted:
        return {}
    keys = await keyring(tx)
    while True:
        known = {n.casefold(): i for i, n in (await keyword_names(tx, mailbox_id)).items()}
        missing = [name for folded, name in wanted.items() if folded not in known]
        if not missing:
            return {folded: known[folded] for folded in wanted}
        if len(known) + len(missing) > _MOST_KEYWORDS:
            raise Invalid("This mailbox has too many different keywords.")
        await tx.execute(
            SQL["insert_keywords"],
            workspace_id=tx.workspace,
            mailbox_id=mailbox_id,
            names=[keys.encrypt("keywords", "name", mailbox_id, n.encode()) for n in missing],
            name_keys=[keys.hash("keyword", n.casefold().encode()) for n in missing],
        )


def canonical_name(name: str) -> str:
    """A folder name as it is kept: NFC, INBOX in capitals. Raises Invalid."""
    name = unicodedata.normalize("NFC", name).strip(SEPARATOR)
    levels = name.split(SEPARATOR)
    if levels[0].upper() == "INBOX":
        levels[0] = "INBOX"
    controls = any(unicodedata.category(character) == "Cc" for character in name)
    if not name or controls or not all(level.strip() for level in levels):
        raise Invalid("A folder needs a name of visible characters.")
    if len(name) > _LONGEST_NAME or len(levels) > _DEEPEST:
        raise Invalid("That folder name is too long.")
    return SEPARATOR.join(levels)


def folder_of(row: Row, keys: Keyring) -> Folder:
    """A row of list_folders, read_folder or enter_folder with its name decrypted."""
    return Folder(
        id=row["id"],
        mailbox_id=row["mailbox_id"],
        name=keys.decrypt("folders", "name", row["id"], row["name"]).decode(),
        special_use=row["special_use"],
        uid_validity=row["uid_validity"],
        uid_next=row["uid_next"],
        highest_modseq=row["highest_modseq"],
        message_count=row["message_count"],
        octets=row["octets"],
        subscribed=row["subscribed"],
        unseen_count=row["unseen_count"],
        recent_count=row.get("recent_count", 0),
    )


def _name_key(keys: Keyring, name: str) -> bytes:
    return keys.hash("folder", name.encode())


async def _insert(
    tx: Tx,
    mailbox_id: UUID,
    folders: Iterable[tuple[str, SpecialUse | None]],
    *,
    subscribed: bool = True,
) -> Sequence[UUID]:
    keys = await keyring(tx)
    rows = [(new_id(), name, use) for name, use in folders]
    try:
        await tx.execute(
            SQL["insert_folders"],
            workspace_id=tx.workspace,
            mailbox_id=mailbox_id,
            ids=[row[0] for row in rows],
            names=[keys.encrypt("folders", "name", row[0], row[1].encode()) for row in rows],
            name_keys=[_name_key(keys, row[1]) for row in rows],
            special_uses=[row[2] for row in rows],
            subscribed=subscribed,
        )
    except asyncpg.UniqueViolationError as error:
        if "name_key" not in constraint_of(error):
            raise
        raise Conflict("There is a folder of that name already.") from None
    return [row[0] for row in rows]
