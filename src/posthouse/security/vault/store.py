"""Keys and blobs in PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.vault.model import Sealed

SQL = load_queries("posthouse.security.vault")


async def read_workspace_keys(tx: Tx, workspace_id: UUID) -> dict[int, bytes]:
    """Generation → wrapped key."""
    rows = await tx.rows(SQL["read_workspace_keys"], workspace_id=workspace_id)
    return {row["generation"]: row["wrapped"] for row in rows}


async def any_workspace_key(tx: Tx) -> Row | None:
    """workspace_id and wrapped of the oldest key there is, in a system transaction."""
    return await tx.row(SQL["any_workspace_key"])


async def insert_workspace_key(tx: Tx, workspace_id: UUID, generation: int, wrapped: bytes) -> None:
    """Keep a new generation unless another writer was first."""
    await tx.execute(
        SQL["insert_workspace_key"],
        workspace_id=workspace_id,
        generation=generation,
        wrapped=wrapped,
    )


async def insert_data_keys(tx: Tx, keys: Sequence[Sealed]) -> None:
    """Keep the wrapped data keys of a batch."""
    await tx.execute(
        SQL["insert_data_keys"],
        workspace_id=tx.workspace,
        record_ids=[key.record_id for key in keys],
        generations=[key.generation for key in keys],
        wrapped=[key.wrapped for key in keys],
    )


async def find_blobs(tx: Tx, digests: Sequence[bytes]) -> dict[bytes, UUID]:
    """Digest → id of the contents that are held already."""
    rows = await tx.rows(SQL["find_blobs"], workspace_id=tx.workspace, digests=list(digests))
    return {row["digest"]: row["id"] for row in rows}


async def insert_blobs(tx: Tx, rows: Sequence[tuple[UUID, bytes, int, bytes | None]]) -> set[UUID]:
    """(id, digest, size, content) rows; the ids that were new."""
    made = await tx.rows(
        SQL["insert_blobs"],
        workspace_id=tx.workspace,
        ids=[row[0] for row in rows],
        digests=[row[1] for row in rows],
        sizes=[row[2] for row in rows],
        contents=[row[3] for row in rows],
    )
    return {row["id"] for row in made}


async def read_blobs(tx: Tx, ids: Sequence[UUID]) -> list[Row]:
    """id, content (None: in a file), wrapped, generation."""
    return await tx.rows(SQL["read_blobs"], workspace_id=tx.workspace, ids=list(ids))


async def delete_blobs(tx: Tx, ids: Sequence[UUID]) -> None:
    """Erase keys and rows."""
    await tx.execute(SQL["delete_blobs"], workspace_id=tx.workspace, ids=list(ids))
