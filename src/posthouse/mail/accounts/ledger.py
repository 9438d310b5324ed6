"""The statements of the ledger as functions: what became of remote items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import plan
from posthouse.mail.accounts.macros import LEDGER_MACROS
from posthouse.mail.accounts.model import ItemState, Ranges
from posthouse.mail.accounts.remote_folders import KnownFolder

SQL = load_queries("posthouse.mail.accounts", "ledger.sql", macros=LEDGER_MACROS)
MOST_ATTEMPTS = 4
_WAITING = 1_000  # items in hand at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item that is still to be brought."""

    uid: int
    flags: int
    keywords: tuple[int, ...]
    size: int
    arrived: datetime | None
    attempts: int
    lives: int


async def list_items(
    tx: Tx,
    folder: KnownFolder,
    items: Sequence[ItemState],
    numbers: Mapping[str, int],
    *,
    largest: int,
) -> None:
    """Write down what is new. `numbers`: folded keyword → its number in our mailbox."""
    if not items:
        return
    large = [item.size > largest for item in items]
    await tx.execute(
        SQL["list_items"],
        workspace_id=tx.workspace,
        id=folder.id,
        generation=folder.generation,
        uids=[item.uid for item in items],
        states=["filtered" if each else "listed" for each in large],
        reasons=["too_large" if each else None for each in large],
        flags=[item.flags or 0 for item in items],
        keywords=[keyword_literal(item.keywords, numbers) for item in items],
        sizes=[item.size for item in items],
        arrived_ats=[item.arrived for item in items],
    )


async def rows_between(
    tx: Tx, folder: KnownFolder, low: int, high: int, names: Mapping[int, str]
) -> list[plan.Row]:
    """A window as it is compared; `names`: number → keyword of our mailbox."""
    rows = await tx.rows(SQL["rows_between"], **_of(tx, folder), low=low, high=high)
    return [
        plan.Row(
            row["uid"],
            row["flags"],
            plan.folded(names[n] for n in row["keywords"] or () if n in names),
        )
        for row in rows
    ]


async def window_end(tx: Tx, folder: KnownFolder, low: int, most: int) -> int | None:
    """Up to where a window of `most` items goes; None: to the end."""
    found: int | None = await tx.value(SQL["highest_uids"], **_of(tx, folder), low=low, most=most)
    return found


async def count_items(tx: Tx, folder: KnownFolder) -> int:
    """Listed ones that the server still has."""
    return int(await tx.value(SQL["count_items"], **_of(tx, folder)))


async def take_vanished(tx: Tx, folder: KnownFolder, uids: Ranges) -> int:
    """They are no longer there; how many of them we knew."""
    return await tx.execute(
        SQL["take_vanished"],
        **_of(tx, folder),
        lows=[low for low, _ in uids],
        highs=[high for _, high in uids],
    )


async def flags_before(tx: Tx, folder: KnownFolder, uids: Sequence[int]) -> list[Row]:
    """uid, state, flags and keywords as told last; `folder_id` and `our_uid` are where the message
    lies, None when it is in no folder. Locked.
    """
    return await tx.rows(
        SQL["flags_before"], **_of(tx, folder), folder_id=folder.folder_id, uids=list(uids)
    )


async def keep_flags(
    tx: Tx,
    folder: KnownFolder,
    told: Sequence[tuple[int, int, Sequence[str]]],
    numbers: Mapping[str, int],
) -> None:
    """(uid, flags, keywords) as the server tells them now."""
    await tx.execute(
        SQL["keep_flags"],
        **_of(tx, folder),
        uids=[uid for uid, _, _ in told],
        flags=[flags for _, flags, _ in told],
        keywords=[keyword_literal(keywords, numbers) for _, _, keywords in told],
    )


async def waiting(tx: Tx, folder: KnownFolder) -> list[Waiting]:
    """Some of what is still to be brought, the newest first, those that failed before last."""
    rows = await tx.rows(SQL["waiting"], **_of(tx, folder), limit=_WAITING)
    return [waiting_of(row) for row in rows]


def waiting_of(row: Row) -> Waiting:
    """A row of what is still to be brought."""
    return Waiting(
        uid=row["uid"],
        flags=row["flags"],
        keywords=tuple(row["keywords"] or ()),
        size=row["size"],
        arrived=row["arrived_at"],
        attempts=row["attempts"],
        lives=row["lives"],
    )


async def lock_waiting(tx: Tx, folder: KnownFolder, uids: Sequence[int]) -> set[int]:
    """Of these, what nobody has brought meanwhile."""
    rows = await tx.rows(SQL["lock_waiting"], **_of(tx, folder), uids=list(uids))
    return {row["uid"] for row in rows}


async def find_here(
    tx: Tx, mailbox_id: UUID, folder_id: UUID, digests: Sequence[bytes]
) -> list[Row]:
    """Messages of the same content that no remote item holds for good."""
    return await tx.rows(
        SQL["find_here"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        folder_id=folder_id,
        digests=list(digests),
    )


async def leaving_alike(
    tx: Tx, account_id: UUID, folder: KnownFolder, folder_id: UUID, uids: Sequence[int]
) -> list[Row]:
    """new_uid, and as `find_here` what may be the same: leaving, of the same size and time."""
    return await tx.rows(
        SQL["leaving_alike"],
        **_of(tx, folder),
        account_id=account_id,
        folder_id=folder_id,
        uids=list(uids),
    )


async def keep_stored(
    tx: Tx, folder: KnownFolder, stored: Sequence[tuple[int, UUID | None]]
) -> None:
    """(uid, mailbox message), in the transaction that files them."""
    await tx.execute(
        SQL["keep_stored"],
        **_of(tx, folder),
        uids=[uid for uid, _ in stored],
        mailbox_message_ids=[message for _, message in stored],
    )


async def look_again(tx: Tx, remote_folder_id: UUID, messages: Sequence[UUID]) -> None:
    """These were in the folder here before their items: what is other here is carried over."""
    if messages:
        await tx.execute(
            SQL["look_again"],
            workspace_id=tx.workspace,
            id=remote_folder_id,
            mailbox_message_ids=list(messages),
        )


async def part_with(tx: Tx, rows: Sequence[Row]) -> None:
    """Items whose messages another item has now, or that left for good."""
    await tx.execute(
        SQL["part_with"],
        workspace_id=tx.workspace,
        folder_ids=[row["remote_folder_id"] for row in rows],
        generations=[row["generation"] for row in rows],
        uids=[row["remote_uid"] for row in rows],
    )


async def note_failures(tx: Tx, folder: KnownFolder, uids: Sequence[int], reason: str) -> None:
    """One more attempt at each; after some of them an item has failed."""
    if uids:
        await tx.execute(
            SQL["note_failures"],
            **_of(tx, folder),
            uids=list(uids),
            reason=reason,
            most=MOST_ATTEMPTS,
        )


async def retry_failed(tx: Tx, account_id: UUID) -> None:
    """What has failed is tried once more."""
    await tx.execute(
        SQL["retry_failed"],
        workspace_id=tx.workspace,
        account_id=account_id,
        attempts=MOST_ATTEMPTS - 1,
    )


async def leavings(tx: Tx, account_id: UUID, limit: int) -> list[Row]:
    """Items that left for good: remote_uid, and folder_id and our_uid of their messages."""
    return await tx.rows(
        SQL["leavings"], workspace_id=tx.workspace, account_id=account_id, limit=limit
    )


async def are_waiting(tx: Tx, account_id: UUID) -> bool:
    """Whether something is still to be listed or brought."""
    return bool(
        await tx.value(SQL["are_waiting"], workspace_id=tx.workspace, account_id=account_id)
    )


async def note_visit(tx: Tx, account_id: UUID, now: datetime, *, stored: int) -> bool:
    """All folders were looked at; whether something still waits to be listed or brought."""
    waits = await are_waiting(tx, account_id)
    await tx.execute(
        SQL["note_visit"],
        workspace_id=tx.workspace,
        account_id=account_id,
        now=now,
        stored=stored,
        waiting=waits,
    )
    return waits


def _of(tx: Tx, folder: KnownFolder) -> dict[str, object]:
    return {"workspace_id": tx.workspace, "id": folder.id, "generation": folder.generation}


def keyword_literal(keywords: Sequence[str], numbers: Mapping[str, int]) -> str | None:
    """An array of arrays must be rectangular, so keywords travel as array literals."""
    found = sorted({numbers[w.casefold()] for w in keywords if w.casefold() in numbers})
    return "{" + ",".join(map(str, found)) + "}" if found else None
