"""Drafts, uploads and requests in PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.sending.composer")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """What is written of a draft; `content` is encrypted."""

    id: UUID
    member_id: UUID
    content: bytes
    upload_ids: Sequence[UUID]
    in_reply_to: UUID | None
    thread_id: UUID | None
    original_id: UUID | None


async def insert_draft(
    tx: Tx,
    row: DraftRow,
    *,
    outbox_message_id: UUID | None = None,
    answered_id: UUID | None = None,
) -> None:
    """Revision 1. `answered_id` is to be marked as answered when the message has left."""
    await tx.execute(
        SQL["insert_draft"],
        workspace_id=tx.workspace,
        **_values(row),
        answered_id=answered_id,
        outbox_message_id=outbox_message_id,
        now=clock.now(),
    )


async def update_draft(tx: Tx, row: DraftRow, revision: int) -> int | None:
    """The new revision; None when `revision` is not the newest or there is no such draft."""
    updated: int | None = await tx.value(
        SQL["update_draft"],
        workspace_id=tx.workspace,
        **_values(row),
        revision=revision,
        now=clock.now(),
    )
    return updated


async def read_draft(tx: Tx, member_id: UUID, draft_id: UUID) -> Row | None:
    """id, revision, content, upload_ids, in_reply_to, thread_id, changed_at."""
    return await tx.row(
        SQL["read_drafts"], workspace_id=tx.workspace, member_id=member_id, ids=[draft_id]
    )


async def list_drafts(
    tx: Tx,
    member_id: UUID,
    *,
    thread_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Row]:
    """As `read_draft`, newest first."""
    return await tx.rows(
        SQL["list_drafts"],
        workspace_id=tx.workspace,
        member_id=member_id,
        thread_id=thread_id,
        before_time=before[0] if before else None,
        before_id=before[1] if before else None,
        limit=limit,
    )


async def delete_draft(tx: Tx, member_id: UUID, draft_id: UUID) -> Row | None:
    """mirror_id; None when there is no such draft."""
    return await tx.row(
        SQL["delete_draft"], workspace_id=tx.workspace, id=draft_id, member_id=member_id
    )


async def hide_draft(
    tx: Tx, row: DraftRow, outbox_message_id: UUID, answered_id: UUID | None
) -> Row | None:
    """mirror_id; None when there is no such draft."""
    return await tx.row(
        SQL["hide_draft"],
        workspace_id=tx.workspace,
        **_values(row),
        answered_id=answered_id,
        outbox_message_id=outbox_message_id,
        now=clock.now(),
    )


async def bring_back(tx: Tx, outbox_message_id: UUID) -> tuple[UUID, UUID] | None:
    """(draft, its writer) of an undone message."""
    row = await tx.row(
        SQL["bring_back"],
        workspace_id=tx.workspace,
        outbox_message_id=outbox_message_id,
        now=clock.now(),
    )
    return (row["id"], row["member_id"]) if row else None


async def delete_sent(tx: Tx, *, delivered: Sequence[UUID], failed: Sequence[UUID]) -> list[UUID]:
    """Drafts that were kept for an undo go; the messages that are answered now.

    Of `failed` outbox messages only those that nobody waits for any more.
    """
    rows = await tx.rows(
        SQL["delete_sent"],
        workspace_id=tx.workspace,
        delivered=list(delivered),
        failed=list(failed),
    )
    return [row["answered_id"] for row in rows]


async def insert_upload(
    tx: Tx,
    upload_id: UUID,
    member_id: UUID,
    *,
    name: bytes,
    mime_type: bytes,
    size: int,
    blob: UUID,
) -> None:
    """Name and type are encrypted."""
    await tx.execute(
        SQL["insert_upload"],
        workspace_id=tx.workspace,
        id=upload_id,
        member_id=member_id,
        name=name,
        mime_type=mime_type,
        size=size,
        blob_id=blob,
        now=clock.now(),
    )


async def read_uploads(tx: Tx, member_id: UUID, ids: Sequence[UUID]) -> list[Row]:
    """id, name, mime_type, size, blob_id of those that are the member's."""
    return await tx.rows(
        SQL["read_uploads"], workspace_id=tx.workspace, member_id=member_id, ids=list(ids)
    )


async def sum_uploads(tx: Tx, member_id: UUID) -> int:
    """Octets."""
    return int(await tx.value(SQL["sum_uploads"], workspace_id=tx.workspace, member_id=member_id))


async def workspaces_with_old_uploads(tx: Tx, before: datetime) -> list[UUID]:
    """Where there are files of before, in a system transaction."""
    rows = await tx.rows(SQL["workspaces_with_old_uploads"], before=before)
    return [row["workspace_id"] for row in rows]


async def forget_uploads(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Older files that no draft names go; their blobs, to be let go of."""
    rows = await tx.rows(
        SQL["forget_uploads"], workspace_id=tx.workspace, before=before, limit=limit
    )
    return [row["blob_id"] for row in rows]


async def claim_request(
    tx: Tx, member_id: UUID, request_key: bytes, digest: bytes, outbox_message_id: UUID
) -> bool:
    """Whether this is the first request with this key."""
    return bool(
        await tx.execute(
            SQL["claim_request"],
            workspace_id=tx.workspace,
            member_id=member_id,
            request_key=request_key,
            digest=digest,
            outbox_message_id=outbox_message_id,
            now=clock.now(),
        )
    )


async def read_request(tx: Tx, member_id: UUID, request_key: bytes) -> Row | None:
    """digest of the request; mailbox_message_id, held_until, thread_id, undone of what it sent."""
    return await tx.row(
        SQL["read_request"],
        workspace_id=tx.workspace,
        member_id=member_id,
        request_key=request_key,
    )


async def forget_requests(tx: Tx, before: datetime) -> None:
    """Keys of long ago."""
    await tx.execute(SQL["forget_requests"], workspace_id=tx.workspace, before=before)


def _values(row: DraftRow) -> dict[str, Any]:
    """The columns that are written whenever a draft is."""
    return {
        "id": row.id,
        "member_id": row.member_id,
        "content": row.content,
        "upload_ids": list(row.upload_ids),
        "in_reply_to": row.in_reply_to,
        "thread_id": row.thread_id,
        "original_id": row.original_id,
    }
