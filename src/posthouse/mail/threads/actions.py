"""Finding and merging threads, inside the transaction that files the messages."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.threads.model import Known, Newcomer, Placement, place

SQL = load_queries("posthouse.mail.threads")


async def place_messages(tx: Tx, newcomers: Sequence[Newcomer]) -> Placement:
    """Threads for a batch of new messages: one lookup. Writes nothing."""
    keys = {key for newcomer in newcomers for key in newcomer.reference_keys}
    keys.update(n.message_id_key for n in newcomers if n.message_id_key is not None)
    known: list[Known] = []
    if keys:
        rows = await tx.rows(SQL["find_relatives"], workspace_id=tx.workspace, keys=sorted(keys))
        known = [
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
    return place(newcomers, known, new_id)


async def mark_merged(tx: Tx, merges: Mapping[UUID, UUID]) -> None:
    """Say where the messages of merged threads went; the rooms that repeat thread ids move them."""
    await tx.execute(
        SQL["mark_merged"],
        workspace_id=tx.workspace,
        from_ids=list(merges),
        into_ids=list(merges.values()),
    )
