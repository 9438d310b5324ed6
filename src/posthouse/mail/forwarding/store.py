"""The statements of this room as functions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.mail.forwarding")


async def insert_letter(
    tx: Tx, *, id: UUID, forwarded_by: str, envelope: bytes, content: bytes, now: datetime
) -> bool:
    """False when it waits already."""
    return bool(
        await tx.execute(
            SQL["insert_letter"],
            workspace_id=tx.workspace,
            id=id,
            forwarded_by=forwarded_by,
            envelope=envelope,
            content=content,
            now=now,
        )
    )


async def take_letters(tx: Tx, ids: Sequence[UUID]) -> list[Row]:
    return await tx.rows(SQL["take_letters"], workspace_id=tx.workspace, ids=list(ids))
