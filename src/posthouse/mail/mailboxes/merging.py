"""Threads that become one: everything in the store that repeats a thread's id follows."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import ThreadsMerged
from posthouse.mail.threads.actions import mark_merged
from posthouse.security.access import follow_threads

SQL = load_queries("posthouse.mail.mailboxes", "merging.sql")


async def merge_threads(
    tx: Tx, merges: Mapping[UUID, UUID], folder_ids: Sequence[UUID] = ()
) -> None:
    """Move what is in each thread into another (from → into) with the grants that were given on it.

    Locks the folders concerned, and `folder_ids` which the caller is going to write into, in id
    order. Announces ThreadsMerged and signals the folders that hold what moved.
    """
    await tx.execute(
        SQL["lock_moving"],
        workspace_id=tx.workspace,
        folder_ids=list(folder_ids),
        from_ids=list(merges),
    )
    await mark_merged(tx, merges)
    changed = await tx.rows(
        SQL["move_threads"],
        workspace_id=tx.workspace,
        from_ids=list(merges),
        into_ids=list(merges.values()),
    )
    for into in set(merges.values()):
        await follow_threads(tx, [t for t, target in merges.items() if target == into], into)
    for row in changed:
        tx.signal(f"folder:{row['id']}")
    announce(tx, ThreadsMerged(from_ids=list(merges), into_ids=list(merges.values())))
