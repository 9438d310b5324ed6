"""The ledger of accounts by key: uids of our own, the server's keys hashed to find them by and
encrypted to ask by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.keyed.model import Item
from posthouse.mail.accounts.ledger import Waiting, keyword_literal, waiting_of
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.accounts.remote_folders import KnownFolder, sealed_label
from posthouse.security.vault import Keyring, keyring

SQL = load_queries("posthouse.mail.accounts.keyed", "ledger.sql")
_WAITING = 1_000  # items in hand at once

Place = tuple[UUID, int]  # (remote folder, uid)


class Live(NamedTuple):
    """What the ledger has of an item in one folder; `key` and `mark` are hashes."""

    remote_folder_id: UUID
    uid: int
    key: bytes
    mark: bytes | None
    state: str
    leaving: bool
    flags: int
    keywords: tuple[int, ...]

    @property
    def place(self) -> Place:
        """Where its row is."""
        return self.remote_folder_id, self.uid


@dataclass(frozen=True, slots=True)
class Hashes:
    """The keyed hashes of an account's workspace."""

    keys: Keyring

    def key(self, name: bytes) -> bytes:
        """By what an item is found."""
        return self.keys.hash("remote item", name)

    def mark(self, mark: bytes) -> bytes | None:
        """None where content never changes."""
        return self.keys.hash("remote content", mark) if mark else None


async def hashes(tx: Tx) -> Hashes:
    """Of this workspace."""
    return Hashes(await keyring(tx))


async def live_rows(tx: Tx, account_id: UUID, keys: Sequence[bytes]) -> list[Live]:
    """What is there, or leaving, of these hashed keys in any folder. Locked."""
    rows = await tx.rows(
        SQL["live_rows"], workspace_id=tx.workspace, account_id=account_id, keys=list(keys)
    )
    return [Live(**{**row, "keywords": tuple(row["keywords"] or ())}) for row in rows]


async def insert_items(
    tx: Tx,
    folder: KnownFolder,
    items: Sequence[Item],
    numbers: Mapping[str, int],
    *,
    largest: int,
) -> list[int]:
    """New ones, under uids of ours, which are the answer. `numbers`: folded keyword → number."""
    if not items:
        return []
    found = await hashes(tx)
    keys = [found.key(item.key) for item in items]
    first = int(
        await tx.value(SQL["take_uids"], workspace_id=tx.workspace, id=folder.id, count=len(items))
    )
    uids = list(range(first, first + len(items)))
    await tx.execute(
        SQL["insert_items"],
        **_of(tx, folder),
        uids=uids,
        flags=[int(item.flags or 0) for item in items],
        keywords=[keyword_literal(item.keywords or (), numbers) for item in items],
        sizes=[item.size for item in items],
        arrived_ats=[item.arrived for item in items],
        keys=keys,
        remote_ids=[
            found.keys.encrypt("remote_items", "remote_id", UUID(bytes=key), item.key)
            for key, item in zip(keys, items, strict=True)
        ],
        marks=[found.mark(item.mark) for item in items],
        largest=largest,
    )
    return uids


async def take_gone(tx: Tx, places: Sequence[Place]) -> None:
    """No longer there."""
    await _at(tx, "take_gone", places)


async def take_back(tx: Tx, places: Sequence[Place]) -> None:
    """There again, before they had left."""
    await _at(tx, "take_back", places)


async def mark_anew(tx: Tx, marked: Sequence[tuple[Place, bytes | None]]) -> None:
    """Other content (hashed marks), of what was not brought; of what was, the mark alone."""
    if marked:
        await _at(tx, "mark_anew", [place for place, _ in marked], marks=[m for _, m in marked])


async def remote_ids(tx: Tx, folder: KnownFolder, uids: Sequence[int]) -> dict[int, bytes]:
    """uid → the server's key."""
    keys = await keyring(tx)
    rows = await tx.rows(SQL["remote_ids"], **_of(tx, folder), uids=list(uids))
    return {
        row["uid"]: keys.decrypt(
            "remote_items", "remote_id", UUID(bytes=row["key"]), row["remote_id"]
        )
        for row in rows
    }


async def own_content(
    tx: Tx, account_id: UUID, folder: KnownFolder, uids: Sequence[int]
) -> dict[int, UUID]:
    """uid → a message of ours with the same content."""
    rows = await tx.rows(
        SQL["own_content"], **_of(tx, folder), account_id=account_id, uids=list(uids)
    )
    return {row["uid"]: row["mailbox_message_id"] for row in rows}


async def waiting(tx: Tx, folder: KnownFolder) -> list[Waiting]:
    """Some of what is still to be brought."""
    rows = await tx.rows(SQL["waiting"], **_of(tx, folder), limit=_WAITING)
    return [waiting_of(row) for row in rows]


async def note_told(
    tx: Tx, folder: KnownFolder, told: Sequence[tuple[int, int | None, datetime | None]]
) -> None:
    """(uid, flags, arrived) as they came with the content."""
    await tx.execute(
        SQL["note_told"],
        **_of(tx, folder),
        uids=[uid for uid, _, _ in told],
        flags=[flags for _, flags, _ in told],
        arrived_ats=[arrived for _, _, arrived in told],
    )


async def present(tx: Tx, folder: KnownFolder, after: int, limit: int) -> list[int]:
    """uids of what is there, ascending."""
    rows = await tx.rows(SQL["present"], **_of(tx, folder), after=after, limit=limit)
    return [row["uid"] for row in rows]


async def are_leaving(tx: Tx, account_id: UUID) -> bool:
    """Whether something may turn up elsewhere."""
    return bool(
        await tx.value(SQL["are_leaving"], workspace_id=tx.workspace, account_id=account_id)
    )


async def count_live(tx: Tx, folders: Sequence[UUID]) -> dict[UUID, int]:
    """How many the ledger thinks are there."""
    rows = await tx.rows(SQL["count_live"], workspace_id=tx.workspace, ids=list(folders))
    return {row["id"]: row["count"] for row in rows}


async def keep_counts(tx: Tx, counts: Mapping[UUID, int]) -> None:
    """How many the server says there are."""
    await _counts(tx, "keep_counts", counts)


async def keep_uncounted(tx: Tx, counts: Mapping[UUID, int]) -> None:
    """How many more it counts than it lists, once everything was compared."""
    await _counts(tx, "keep_uncounted", counts)


async def note_listed(tx: Tx, folders: Sequence[UUID], *, complete: bool) -> None:
    """Begun, or told once to the end."""
    await tx.execute(
        SQL["note_listed"], workspace_id=tx.workspace, ids=list(folders), complete=complete
    )


async def keep_label(tx: Tx, folder: KnownFolder, told: RemoteFolder) -> None:
    """What a person reads for it now."""
    label = sealed_label(await keyring(tx), folder.id, told)
    await tx.execute(SQL["keep_label"], workspace_id=tx.workspace, id=folder.id, label=label)


async def _at(tx: Tx, name: str, places: Sequence[Place], **others: object) -> None:
    if places:
        await tx.execute(
            SQL[name],
            workspace_id=tx.workspace,
            folder_ids=[folder for folder, _ in places],
            uids=[uid for _, uid in places],
            **others,
        )


async def _counts(tx: Tx, name: str, counts: Mapping[UUID, int]) -> None:
    if counts:
        await tx.execute(
            SQL[name],
            workspace_id=tx.workspace,
            ids=list(counts),
            counts=list(counts.values()),
        )


def _of(tx: Tx, folder: KnownFolder) -> dict[str, object]:
    return {"workspace_id": tx.workspace, "id": folder.id, "generation": folder.generation}
