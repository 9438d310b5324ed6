"""What imports ask of PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.mail.transfer")


async def known_sources(tx: Tx, mailbox_id: UUID, source_keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that are filed in the mailbox already."""
    rows = await tx.rows(
        SQL["known_sources"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        source_keys=list(source_keys),
    )
    return {row["source_key"] for row in rows}
