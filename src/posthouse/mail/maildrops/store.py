"""Leases and lists: one function per named statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.maildrops.model import Maildrop

SQL = load_queries("posthouse.mail.maildrops", "queries.sql")


async def take_lease(
    tx: Tx, mailbox_id: UUID, holder: UUID, *, now: datetime, until: datetime
) -> bool:
    """False while another session has the maildrop."""
    taken = await tx.execute(
        SQL["take_lease"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        holder=holder,
        now=now,
        until=until,
    )
    return taken == 1


async def renew_lease(tx: Tx, drop: Maildrop, until: datetime) -> bool:
    """False when another session has taken it meanwhile."""
    renewed = await tx.execute(
        SQL["renew_lease"],
        workspace_id=tx.workspace,
        mailbox_id=drop.mailbox_id,
        holder=drop.holder,
        until=until,
    )
    return renewed == 1


async def end_lease(tx: Tx, drop: Maildrop) -> None:
    """Let the next session in, unless one is in already."""
    await tx.execute(
        SQL["end_lease"],
        workspace_id=tx.workspace,
        mailbox_id=drop.mailbox_id,
        holder=drop.holder,
    )


async def list_messages(tx: Tx, folder_id: UUID, *, after: int, limit: int) -> list[Row]:
    """(uid, mailbox_message_id, size), in the order of uids."""
    return await tx.rows(
        SQL["list_messages"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        after=after,
        limit=limit,
    )


async def places_of(tx: Tx, folder_id: UUID, mailbox_message_ids: Sequence[UUID]) -> list[int]:
    """Uids that still stand in the folder."""
    rows = await tx.rows(
        SQL["places_of"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return [row["uid"] for row in rows]
