"""Grants in PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.security.access.model import Grant, Level, highest

SQL = load_queries("posthouse.security.access")


async def list_mailboxes(tx: Tx, member_id: UUID, *, everything: bool) -> list[Row]:
    """id, address, name, kind, owned, levels, may_write, may_send, aliases; the own one first."""
    return await tx.rows(
        SQL["list_mailboxes"],
        workspace_id=tx.workspace,
        member_id=member_id,
        everything=everything,
    )


async def read_owner(tx: Tx, mailbox_id: UUID) -> tuple[str, UUID | None] | None:
    """(kind, owner); None when there is no such mailbox."""
    row = await tx.row(SQL["read_owner"], workspace_id=tx.workspace, mailbox_id=mailbox_id)
    return (row["kind"], row["owner_member_id"]) if row else None


async def thread_levels(
    tx: Tx, member_id: UUID, pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Level]:
    """(mailbox, thread) → level, for those with a living grant."""
    asked = list(pairs)
    rows = await tx.rows(
        SQL["thread_levels"],
        workspace_id=tx.workspace,
        member_id=member_id,
        mailbox_ids=[mailbox_id for mailbox_id, _ in asked],
        thread_ids=[thread_id for _, thread_id in asked],
    )
    return {(row["mailbox_id"], row["thread_id"]): highest(row["levels"]) for row in rows}


async def save_grant(
    tx: Tx,
    *,
    member_id: UUID,
    mailbox_id: UUID,
    thread_id: UUID | None,
    level: Level,
    may_write: bool,
    may_send: bool,
    source: str,
    expires_at: datetime | None,
) -> None:
    """Give, or replace what the same source gave."""
    await tx.execute(
        SQL["save_grant"],
        workspace_id=tx.workspace,
        id=new_id(),
        member_id=member_id,
        mailbox_id=mailbox_id,
        thread_id=thread_id,
        level=level,
        may_write=may_write,
        may_send=may_send,
        source=source,
        expires_at=expires_at,
    )


async def delete_grant(
    tx: Tx, *, member_id: UUID, mailbox_id: UUID, thread_id: UUID | None, source: str
) -> bool:
    """False when there was nothing."""
    return bool(
        await tx.execute(
            SQL["delete_grant"],
            workspace_id=tx.workspace,
            member_id=member_id,
            mailbox_id=mailbox_id,
            thread_id=thread_id,
            source=source,
        )
    )


async def list_holders(tx: Tx, mailbox_id: UUID) -> list[Row]:
    """address, owned, may_write, may_send of those who read it in full; the owner first."""
    return await tx.rows(SQL["list_holders"], workspace_id=tx.workspace, mailbox_id=mailbox_id)


async def list_grants(tx: Tx, mailbox_id: UUID) -> list[Grant]:
    """Of the mailbox itself first, then thread by thread."""
    rows = await tx.rows(SQL["list_grants"], workspace_id=tx.workspace, mailbox_id=mailbox_id)
    return [Grant(**{**row, "level": Level(row["level"])}) for row in rows]


async def follow_threads(tx: Tx, from_ids: Sequence[UUID], into_id: UUID) -> None:
    """Grants of `from_ids` become grants of `into_id`."""
    ids = list(from_ids)
    await tx.execute(
        SQL["follow_threads"], workspace_id=tx.workspace, from_ids=ids, into_id=into_id
    )
    await tx.execute(SQL["delete_thread_grants"], workspace_id=tx.workspace, from_ids=ids)
