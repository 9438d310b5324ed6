"""One typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.crm.lookup")


async def replace_tokens(
    tx: Tx, record_ids: Sequence[UUID], rows: Sequence[tuple[UUID, bytes]]
) -> None:
    """(record, token) rows instead of what the records had."""
    await tx.execute(SQL["remove_tokens"], workspace_id=tx.workspace, record_ids=list(record_ids))
    await tx.execute(
        SQL["insert_tokens"],
        workspace_id=tx.workspace,
        record_ids=[row[0] for row in rows],
        tokens=[row[1] for row in rows],
    )
