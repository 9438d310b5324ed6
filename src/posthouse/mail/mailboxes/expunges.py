"""The log of what left a folder, for clients that come back (RFC 7162 3.2): asked, and kept short.

RFC 7162 5.2: a server may forget old expunges, if it then rather says too much than too little. A
folder knows up to where its log was trimmed, so nobody takes a gap for an answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import NotFound
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.mail.mailboxes", "expunges.sql")
KEPT_FOR = timedelta(days=90)
KEPT_MOST = 100_000  # of one folder; about 10 MB with its indexes
_SLICE = 2_000


@dataclass(frozen=True, slots=True)
class Expunged:
    """Uids that left, ascending; None when the log does not reach back that far. The folder now."""

    uids: list[int] | None
    uid_next: int
    highest_modseq: int
    mailbox_id: UUID


async def expunged_since(tx: Tx, folder_id: UUID, modseq: int) -> Expunged:
    """What left a folder after `modseq`. Raises NotFound."""
    row = await tx.row(
        SQL["expunged_since"], workspace_id=tx.workspace, folder_id=folder_id, modseq=modseq
    )
    if row is None:
        raise NotFound("There is no such folder.")
    return Expunged(
        row["uids"] if row["complete"] else None,
        row["uid_next"],
        row["highest_modseq"],
        row["mailbox_id"],
    )


async def remaining_uids(tx: Tx, folder_id: UUID) -> list[int]:
    """Everything in a folder, in order."""
    rows = await tx.rows(SQL["remaining_uids"], workspace_id=tx.workspace, folder_id=folder_id)
    return [row["uid"] for row in rows]


async def trim_logs(database: Database) -> int:
    """Forget expunges of long ago, and the oldest of very many, in slices; how many."""
    before = clock.now() - KEPT_FOR
    async with database.system() as tx:
        workspaces = [row["id"] for row in await tx.rows(SQL["list_workspaces"])]
    count = 0
    for workspace_id in workspaces:
        count += await _trim_workspace(database, workspace_id, before)
    return count


CHORES = (Chore(name="mailboxes.expunges", do=trim_logs, every=24 * 3600, first=900),)


async def _trim_workspace(database: Database, workspace_id: UUID, before: datetime) -> int:
    async with database.workspace(workspace_id) as tx:
        logs = await tx.rows(
            SQL["overgrown_logs"], workspace_id=workspace_id, before=before, most=KEPT_MOST
        )
    count = 0
    for log in logs:
        taken = _SLICE
        while taken == _SLICE:
            async with database.workspace(workspace_id) as tx:
                taken = await tx.execute(
                    SQL["trim_log"],
                    workspace_id=workspace_id,
                    folder_id=log["folder_id"],
                    trim_to=log["trim_to"],
                    limit=_SLICE,
                )
            count += taken
    return count
