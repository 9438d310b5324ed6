"""Finding and merging threads, inside the transaction that files the messages or repairs them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.ids import id_before, new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.threads.model import MOST_BEARERS, Known, Newcomer, Placement, place

SQL = load_queries("posthouse.mail.threads")
# No transaction that files mail runs longer: a statement may take a minute, then it is cut.
_LONGEST_TRANSACTION = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """What may have to be joined: Message-IDs with relatives in several threads, and threads that
    had merged before a message came into them.
    """

    keys: list[bytes]
    thread_ids: list[UUID]


async def place_messages(tx: Tx, newcomers: Sequence[Newcomer]) -> Placement:
    """Threads for a batch of new messages: one lookup. Writes nothing."""
    keys = {key for newcomer in newcomers for key in newcomer.reference_keys}
    keys.update(n.message_id_key for n in newcomers if n.message_id_key is not None)
    return place(newcomers, await _relatives(tx, keys), new_id)


async def find_parted(tx: Tx, mailbox_message_ids: Collection[UUID]) -> Parted:
    """What stands apart around mailbox messages that have been committed.

    Two transactions that run at the same time do not see each other's messages: of a parent and
    its reply, each is placed as if the other did not exist. Whoever looks after both have
    committed sees both.
    """
    rows = await tx.rows(
        SQL["find_parted"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
        since=id_before(min(mailbox_message_ids), _LONGEST_TRANSACTION),
        most_bearers=MOST_BEARERS,
    )
    return Parted(
        keys=[row["key"] for row in rows if row["key"] is not None],
        thread_ids=[row["thread_id"] for row in rows if row["thread_id"] is not None],
    )


async def merges_around(tx: Tx, keys: Collection[bytes]) -> dict[UUID, UUID]:
    """Which threads merge by the rules of placing (from → into) around these Message-IDs."""
    return place((), await _relatives(tx, keys), new_id).merges


async def find_leftovers(tx: Tx, thread_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Those of `thread_ids` that went into another and still hold something: from → into."""
    rows = await tx.rows(
        SQL["find_leftovers"], workspace_id=tx.workspace, thread_ids=list(thread_ids)
    )
    return {row["from_id"]: row["into_id"] for row in rows}


async def mark_merged(tx: Tx, merges: Mapping[UUID, UUID]) -> None:
    """Say where the messages of merged threads went; the rooms that repeat thread ids move them."""
    await tx.execute(
        SQL["mark_merged"],
        workspace_id=tx.workspace,
        from_ids=list(merges),
        into_ids=list(merges.values()),
    )


async def _relatives(tx: Tx, keys: Collection[bytes]) -> list[Known]:
    if not keys:
        return []
    rows = await tx.rows(SQL["find_relatives"], workspace_id=tx.workspace, keys=sorted(keys))
    return [
        Known(
            message_id=row["id"],
            message_id_key=row["message_id_key"],
            reference_keys=tuple(row["reference_keys"]),
            subject_key=row["subject_key"],
            is_reply=row["is_reply"],
            thread_id=row["thread_id"],
            size=row["size"],
        )
        for row in rows
    ]
