"""The statements of remote folders as functions: what we know of each, and how far that reaches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import plan
from posthouse.mail.accounts.model import FolderState, Opened, RemoteFolder
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.accounts", "remote_folders.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFolder:
    """A remote folder as the ledger has it; `folder_id` is ours, None where there is none.

    `label` is what a person reads where `wire` is a key, else "". `uncounted`: how many more the
    server counts there than it lists.
    """

    id: UUID
    folder_id: UUID | None
    wire: bytes
    special_use: str | None
    mirrored: bool
    generation: int
    known: plan.Known
    parked_until: datetime | None
    failures: int
    label: str = ""
    uncounted: int = 0

    @property
    def complete(self) -> bool:
        """Whether all of it was listed."""
        return self.known.listed_down_to == 1

    @property
    def is_inbox(self) -> bool:
        """RFC 3501 5.1: in any case. Where names are keys, what it is for says it."""
        return self.wire.upper() == b"INBOX" or self.special_use == "inbox"

    @property
    def remembered(self) -> FolderState | None:
        """For QRESYNC; None when it was never opened, or its server has no UIDVALIDITY."""
        known = self.known
        if not known.uid_validity or not known.listed_down_to:
            return None
        return FolderState(
            uid_validity=known.uid_validity,
            uid_next=known.uid_next,
            highest_modseq=known.highest_modseq,
            exists=known.count,
            known=((known.listed_down_to, max(known.uid_next - 1, known.listed_down_to)),),
        )

    @property
    def named(self) -> RemoteFolder:
        """For one that a listing has left out."""
        if self.label:
            return RemoteFolder(wire=self.wire, levels=tuple(self.label.split("/")), by_key=True)
        return RemoteFolder(wire=self.wire, levels=(self.wire.decode("latin-1"),))


async def list_folders(tx: Tx, account_id: UUID) -> list[KnownFolder]:
    """All of an account."""
    keys = await keyring(tx)
    rows = await tx.rows(SQL["list_folders"], workspace_id=tx.workspace, account_id=account_id)
    return [_folder(row, keys) for row in rows]


async def insert_folder(
    tx: Tx, account_id: UUID, folder: RemoteFolder, folder_id: UUID | None, *, mirrored: bool
) -> None:
    """A folder that was not known before."""
    keys, identifier = await keyring(tx), new_id()
    await tx.execute(
        SQL["insert_folder"],
        workspace_id=tx.workspace,
        id=identifier,
        account_id=account_id,
        folder_id=folder_id,
        name=keys.encrypt("remote_folders", "name", identifier, folder.wire),
        name_key=keys.hash("remote folder", folder.wire),
        label=sealed_label(keys, identifier, folder),
        special_use=folder.special_use,
        mirrored=mirrored,
    )


async def adopt_folder(
    tx: Tx, account_id: UUID, folder: RemoteFolder, folder_id: UUID
) -> KnownFolder | None:
    """One that we have made there for ours; None when another one of ours has it."""
    await insert_folder(tx, account_id, folder, folder_id, mirrored=True)
    for state in await list_folders(tx, account_id):
        if state.wire == folder.wire and state.folder_id == folder_id:
            return state
    return None


def sealed_label(keys: Keyring, identifier: UUID, folder: RemoteFolder) -> bytes | None:
    """What a person reads, where the name on the wire is a key."""
    if not folder.by_key:
        return None
    return keys.encrypt("remote_folders", "label", identifier, folder.name.encode())


async def begin_folder(tx: Tx, folder: KnownFolder, opened: Opened, uid_next: int) -> None:
    """Nothing is listed. With another UIDVALIDITY, what was before waits to be found again."""
    again = folder.known.listed_down_to > 0
    if again:
        await tx.execute(
            SQL["part_with_generation"],
            workspace_id=tx.workspace,
            id=folder.id,
            generation=folder.generation,
        )
    await tx.execute(
        SQL["begin_folder"],
        workspace_id=tx.workspace,
        id=folder.id,
        more=int(again),
        uid_validity=opened.uid_validity,
        uid_next=uid_next,
        remote_count=opened.exists,
    )


async def keep_state(
    tx: Tx, folder: KnownFolder, opened: Opened, uid_next: int, compared_at: datetime | None
) -> None:
    """Everything the server told up to here is in the ledger."""
    await tx.execute(
        SQL["keep_state"],
        workspace_id=tx.workspace,
        id=folder.id,
        uid_validity=opened.uid_validity or folder.known.uid_validity,
        uid_next=uid_next,
        highest_modseq=opened.highest_modseq,
        remote_count=opened.exists,
        compared_at=compared_at,
    )


async def keep_bounds(
    tx: Tx, folder: KnownFolder, listed_down_to: int, uid_next: int, *, new: int = 0
) -> None:
    """How far the ledger reaches, down and up; `new`: how many more the server has for that."""
    await tx.execute(
        SQL["keep_bounds"],
        workspace_id=tx.workspace,
        id=folder.id,
        listed_down_to=listed_down_to,
        uid_next=uid_next,
        new=new,
    )


async def park_folder(tx: Tx, folder: KnownFolder, until: datetime) -> None:
    """It did not open; from the third time on it is left alone until then."""
    await tx.execute(SQL["park_folder"], workspace_id=tx.workspace, id=folder.id, until=until)


async def place_folder(tx: Tx, folder: KnownFolder, folder_id: UUID) -> None:
    """Which folder of ours it is."""
    await tx.execute(
        SQL["place_folder"], workspace_id=tx.workspace, id=folder.id, folder_id=folder_id
    )


async def part_with_folder(tx: Tx, folder: KnownFolder) -> None:
    """It is no longer there: its messages leave, and it when they have left."""
    await tx.execute(
        SQL["part_with_generation"],
        workspace_id=tx.workspace,
        id=folder.id,
        generation=folder.generation,
    )
    await tx.execute(SQL["part_with_folder"], workspace_id=tx.workspace, id=folder.id)


async def parted_folders(tx: Tx, account_id: UUID) -> list[KnownFolder]:
    """Those that are no longer there."""
    keys = await keyring(tx)
    rows = await tx.rows(SQL["parted_folders"], workspace_id=tx.workspace, account_id=account_id)
    return [_folder(row, keys) for row in rows]


async def renamed_here(tx: Tx, account_id: UUID) -> set[UUID]:
    """Rows whose folders of ours have got another name."""
    rows = await tx.rows(SQL["renamed_here"], workspace_id=tx.workspace, account_id=account_id)
    return {row["id"] for row in rows}


async def keep_names(tx: Tx, ids: Iterable[UUID]) -> None:
    """Their names on both sides are the same now, or as near as can be."""
    await tx.execute(SQL["keep_names"], workspace_id=tx.workspace, ids=list(ids))


async def rename_remote(tx: Tx, folder: KnownFolder, wire: bytes) -> None:
    """It has another name there."""
    keys = await keyring(tx)
    await tx.execute(
        SQL["rename_remote"],
        workspace_id=tx.workspace,
        id=folder.id,
        name=keys.encrypt("remote_folders", "name", folder.id, wire),
        name_key=keys.hash("remote folder", wire),
    )


async def newest_items(tx: Tx, folder: KnownFolder, most: int) -> list[Row]:
    """uid, size and arrived_at of some that are here."""
    return await tx.rows(
        SQL["newest_items"],
        workspace_id=tx.workspace,
        id=folder.id,
        generation=folder.generation,
        limit=most,
    )


async def has_unseen(tx: Tx, folder: KnownFolder) -> bool:
    """Whether there is something in it that was never here."""
    return not folder.complete or bool(
        await tx.value(
            SQL["has_unseen"],
            workspace_id=tx.workspace,
            id=folder.id,
            generation=folder.generation,
        )
    )


async def forget_folder(tx: Tx, folder: KnownFolder) -> None:
    """It is gone on both sides."""
    await tx.execute(SQL["forget_folder"], workspace_id=tx.workspace, id=folder.id)


async def folders_waiting(tx: Tx, account_id: UUID) -> set[UUID]:
    """Those with items that are still to be brought."""
    rows = await tx.rows(SQL["folders_waiting"], workspace_id=tx.workspace, account_id=account_id)
    return {row["id"] for row in rows}


async def delete_folder(tx: Tx, folder: KnownFolder) -> bool:
    """Forget it, unless something of it is still leaving."""
    return bool(await tx.execute(SQL["delete_folder"], workspace_id=tx.workspace, id=folder.id))


def _folder(row: Row, keys: Keyring) -> KnownFolder:
    label = b""
    if row["label"] is not None:
        label = keys.decrypt("remote_folders", "label", row["id"], row["label"])
    return KnownFolder(
        id=row["id"],
        folder_id=row["folder_id"],
        wire=keys.decrypt("remote_folders", "name", row["id"], row["name"]),
        special_use=row["special_use"],
        mirrored=row["mirrored"],
        generation=row["generation"],
        known=plan.Known(
            uid_validity=row["uid_validity"],
            uid_next=row["uid_next"],
            highest_modseq=row["highest_modseq"],
            count=row["remote_count"],
            listed_down_to=row["listed_down_to"],
            compared_at=row["compared_at"],
        ),
        parked_until=row["parked_until"],
        failures=row["failures"],
        label=label.decode(),
        uncounted=row["uncounted"],
    )
