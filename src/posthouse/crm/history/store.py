"""One typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.crm.history")


async def insert_changes(
    tx: Tx, action: str, member_id: UUID | None, rows: Sequence[tuple[UUID, UUID, bytes]]
) -> None:
    """(id, record, encrypted fields) rows of one act."""
    await tx.execute(
        SQL["insert_changes"],
        workspace_id=tx.workspace,
        action=action,
        member_id=member_id,
        ids=[row[0] for row in rows],
        record_ids=[row[1] for row in rows],
        fields=[row[2] for row in rows],
    )


async def read_changes(tx: Tx, record_id: UUID, before: UUID | None, limit: int) -> list[Row]:
    """id, action, member_id, member_name, changed_at, fields."""
    return await tx.rows(
        SQL["read_changes"],
        workspace_id=tx.workspace,
        record_id=record_id,
        before=before,
        limit=limit,
    )
