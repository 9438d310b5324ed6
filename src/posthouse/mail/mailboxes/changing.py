"""Changing folders: flags, copies, moves, expunges. Each bumps the folder's modseq once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import NotFound
from posthouse.foundation.events import announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesExpunged, MessagesMoved
from posthouse.mail.mailboxes.expunges import remaining_uids
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import (
    delete_empty_folder,
    keyword_numbers,
    read_folder,
)
from posthouse.mail.mailboxes.macros import SEEN_MACROS
from posthouse.mail.mailboxes.model import Direction, Filing, FlagRow, Flags, StoreResult
from posthouse.mail.mailboxes.reading import WANT_FLAGS, fetch, flag_rows, read_raws
from posthouse.security.vault import keyring

SQL = load_queries("posthouse.mail.mailboxes", "changing.sql", macros=SEEN_MACROS)
Operation = Literal["+", "-", "="]
_SETTABLE = Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED | Flags.DELETED | Flags.DRAFT
_COPY_SLICE = 100


async def store_flags(
    tx: Tx,
    folder_id: UUID,
    uids: Sequence[int],
    operation: Operation,
    flags: int,
    keywords: Iterable[str] = (),
    *,
    member_id: UUID | None = None,
    unchanged_since: int | None = None,
) -> StoreResult:
    """Add, remove or replace flags of `uids`; what they are now.

    `member_id` (from `seen_belongs_to`) makes \\Seen that member's own. With `unchanged_since`,
    messages changed after it stay as they are and are reported (RFC 7162 3.1.3).
    """
    modseq, mailbox_id = await _next_modseq(tx, folder_id)  # others wait from here on
    modified: list[int] = []
    if unchanged_since is not None:
        now = await _flags_of(tx, folder_id, uids, member_id)
        modified = [row["uid"] for row in now if row["own_modseq"] > unchanged_since]
        uids = [row["uid"] for row in now if row["own_modseq"] <= unchanged_since]
    numbers = await keyword_numbers(tx, mailbox_id, keywords)
    own_seen = member_id is not None
    common = int(flags & _SETTABLE & ~(Flags.SEEN if own_seen else 0))
    await tx.execute(
        SQL["store_flags"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        uids=list(uids),
        op=operation,
        flags=common,
        kept=int(Flags.MIRROR | (Flags.SEEN if own_seen else 0)),
        keywords=sorted(numbers.values()),
        modseq=modseq,
    )
    if own_seen and (operation == "=" or flags & Flags.SEEN):
        await tx.execute(
            SQL["store_member_seen"],
            workspace_id=tx.workspace,
            folder_id=folder_id,
            member_id=member_id,
            uids=list(uids),
            seen=bool(flags & Flags.SEEN) and operation != "-",
            modseq=modseq,
        )
    tx.signal(f"folder:{folder_id}")
    rows = await _flags_of(tx, folder_id, uids, member_id)
    return StoreResult(await flag_rows(tx, mailbox_id, rows), modified, modseq)


async def copy_messages(
    tx: Tx,
    folder_id: UUID,
    uids: Sequence[int],
    target_id: UUID,
    *,
    member_id: UUID | None = None,
) -> list[tuple[int, int]]:
    """Give messages one more place; (uid, new uid) in uid order. Raises NotFound.

    Inside a mailbox the mailbox message is shared; another mailbox gets its own.
    """
    locked = {row["id"]: row["mailbox_id"] for row in await _lock(tx, [folder_id, target_id])}
    if len(locked) < len({folder_id, target_id}):
        raise NotFound("There is no such folder.")
    if locked[folder_id] != locked[target_id]:
        return await _copy_across(tx, folder_id, uids, locked[target_id], target_id, member_id)
    rows = await tx.rows(
        SQL["place_copies"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        uids=list(uids),
        target_id=target_id,
        member_id=member_id,
    )
    tx.signal(f"folder:{target_id}")
    copies = [row["mailbox_message_id"] for row in rows]
    if copies and folder_id != target_id:
        announce(
            tx,
            MessagesMoved(source_id=folder_id, target_id=target_id, mailbox_message_ids=copies),
        )
    return [(row["uid"], row["new_uid"]) for row in rows]


async def move_messages(
    tx: Tx,
    folder_id: UUID,
    uids: Sequence[int],
    target_id: UUID,
    *,
    member_id: UUID | None = None,
) -> list[tuple[int, int]]:
    """Copy, then expunge from the source, as one (RFC 6851); (uid, new uid) in uid order."""
    moved = await copy_messages(tx, folder_id, uids, target_id, member_id=member_id)
    await _expunge(tx, folder_id, [uid for uid, _ in moved])
    return moved


async def expunge(tx: Tx, folder_id: UUID, uids: Sequence[int] | None = None) -> list[int]:
    """Take messages flagged \\Deleted out of the folder (of `uids` only, if given); which."""
    await _lock(tx, [folder_id])
    rows = await tx.rows(
        SQL["deleted_uids"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        uids=None if uids is None else list(uids),
    )
    return await _expunge(tx, folder_id, [row["uid"] for row in rows])


async def take_out(tx: Tx, folder_id: UUID, uids: Sequence[int]) -> list[int]:
    """Take messages out of the folder, however they are flagged; which. Raises NotFound."""
    await _lock(tx, [folder_id])
    return await _expunge(tx, folder_id, uids)


async def delete_folder(tx: Tx, folder_id: UUID) -> None:
    """A folder with all that is in it. Raises Invalid for standard folders, NotFound."""
    await read_folder(tx, folder_id)
    await _lock(tx, [folder_id])
    await _expunge(tx, folder_id, await remaining_uids(tx, folder_id))
    await delete_empty_folder(tx, folder_id)


async def _expunge(tx: Tx, folder_id: UUID, uids: Sequence[int]) -> list[int]:
    if not uids:
        return []
    modseq, _ = await _next_modseq(tx, folder_id)
    rows = await tx.rows(
        SQL["expunge"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        uids=list(uids),
        modseq=modseq,
    )
    gone = [row["mailbox_message_id"] for row in rows]
    announce(tx, MessagesExpunged(folder_id=folder_id, mailbox_message_ids=gone))
    tx.signal(f"folder:{folder_id}")
    return [row["uid"] for row in rows]


async def _copy_across(
    tx: Tx,
    folder_id: UUID,
    uids: Sequence[int],
    mailbox_id: UUID,
    target_id: UUID,
    member_id: UUID | None,
) -> list[tuple[int, int]]:
    """Into another mailbox: the same variant, a mailbox message of its own, with its flags and with
    what was found out about it when it came.
    """
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(uids), _COPY_SLICE):
        found = await fetch(tx, folder_id, uids[start : start + _COPY_SLICE], [WANT_FLAGS])
        ids = [f.mailbox_message_id for f in found if f.mailbox_message_id is not None]
        raws, origins = await read_raws(tx, ids), await _origins(tx, ids)
        marks = await _marks(tx, folder_id, [one.uid for one in found], member_id)
        filed = await file_messages(
            tx,
            [
                Filing(
                    mailbox_id=mailbox_id,
                    folder_id=target_id,
                    raw=raws[copy_id],
                    received_at=one.internal_date,
                    direction=origins[copy_id].direction,
                    door="append",
                    verdict=origins[copy_id].verdict,
                    submitted_by=origins[copy_id].submitted_by,
                    flags=marks[one.uid].flags & ~Flags.MIRROR,
                    keywords=marks[one.uid].keywords,
                )
                for one, copy_id in zip(found, ids, strict=True)
                if one.internal_date is not None
            ],
        )
        pairs += [(one.uid, new.uid) for one, new in zip(found, filed, strict=True)]
    return pairs


class _Origin(NamedTuple):
    direction: Direction
    verdict: Mapping[str, Any] | None
    submitted_by: UUID | None


async def _origins(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, _Origin]:
    keys = await keyring(tx)
    rows = await tx.rows(
        SQL["origins_of"], workspace_id=tx.workspace, mailbox_message_ids=list(mailbox_message_ids)
    )
    origins: dict[UUID, _Origin] = {}
    for row in rows:
        verdict = None
        if row["verdict"] is not None:
            plain = keys.decrypt("mailbox_messages", "verdict", row["id"], row["verdict"])
            verdict = msgspec.json.decode(plain)
        origins[row["id"]] = _Origin(row["direction"], verdict, row["submitted_by"])
    return origins


async def _marks(
    tx: Tx, folder_id: UUID, uids: Sequence[int], member_id: UUID | None
) -> dict[int, FlagRow]:
    mailbox_id = (await read_folder(tx, folder_id)).mailbox_id
    rows = await flag_rows(tx, mailbox_id, await _flags_of(tx, folder_id, uids, member_id))
    return {row.uid: row for row in rows}


async def _lock(tx: Tx, folder_ids: Sequence[UUID]) -> list[Row]:
    rows = await tx.rows(
        SQL["lock_folders"], workspace_id=tx.workspace, folder_ids=list(folder_ids)
    )
    if not rows:
        raise NotFound("There is no such folder.")
    return rows


async def _next_modseq(tx: Tx, folder_id: UUID) -> tuple[int, UUID]:
    """With the folder's mailbox. Raises NotFound."""
    row = await tx.row(SQL["next_modseq"], workspace_id=tx.workspace, folder_id=folder_id)
    if row is None:
        raise NotFound("There is no such folder.")
    return row["highest_modseq"], row["mailbox_id"]


async def _flags_of(
    tx: Tx, folder_id: UUID, uids: Sequence[int], member_id: UUID | None
) -> list[Row]:
    return await tx.rows(
        SQL["flags_of"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        uids=list(uids),
        member_id=member_id,
    )
