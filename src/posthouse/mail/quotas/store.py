"""The statements of this room as functions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.quotas.model import Limits, MailboxUsage, Usage

SQL = load_queries("posthouse.mail.quotas")


async def lock_limited(tx: Tx, mailbox_ids: Sequence[UUID]) -> list[UUID]:
    """Which of these have a limit; nobody else fills them until the end of the transaction."""
    rows = await tx.rows(
        SQL["lock_limited"], workspace_id=tx.workspace, mailbox_ids=list(mailbox_ids)
    )
    return [row["id"] for row in rows]


async def usage_of(
    tx: Tx, mailbox_ids: Sequence[UUID] | None = None, *, only_limited: bool = False
) -> list[MailboxUsage]:
    """Of these mailboxes, or of all, by address."""
    rows = await tx.rows(
        SQL["usage_of"],
        workspace_id=tx.workspace,
        mailbox_ids=None if mailbox_ids is None else list(mailbox_ids),
        only_limited=only_limited,
    )
    return [
        MailboxUsage(
            mailbox_id=row["id"],
            address=row["address"],
            name=row["name"],
            usage=usage_in(row),
            own_octets=row["own_octets"],
            own_messages=row["own_messages"],
            fullness=row["fullness"],
        )
        for row in rows
    ]


def usage_in(row: Row) -> Usage:
    """Of a row with the columns of `ROOM_MACROS`."""
    return Usage(
        limits=Limits(octets=row["most_octets"], messages=row["most_messages"]),
        octets=row["octets"],
        messages=row["messages"],
        full_since=row["full_since"],
    )


async def read_default(tx: Tx) -> Limits:
    """What a mailbox may hold of which nothing else is said."""
    row = await tx.row(SQL["read_default"], workspace_id=tx.workspace)
    assert row is not None
    return Limits(octets=row["most_octets"], messages=row["most_messages"])


async def set_default(tx: Tx, limits: Limits) -> None:
    """For all mailboxes without limits of their own."""
    await tx.execute(
        SQL["set_default"],
        workspace_id=tx.workspace,
        octets=limits.octets,
        messages=limits.messages,
    )


async def set_own(tx: Tx, address: str, *, octets: int | None, messages: int | None) -> UUID | None:
    """The mailbox; None when there is none of that address."""
    found: UUID | None = await tx.value(
        SQL["set_own"],
        workspace_id=tx.workspace,
        address=address,
        octets=octets,
        messages=messages,
    )
    return found


async def note_fullness(
    tx: Tx, before: MailboxUsage, fullness: int, full_since: datetime | None
) -> bool:
    """False when another process was first."""
    noted = await tx.row(
        SQL["note_fullness"],
        workspace_id=tx.workspace,
        mailbox_id=before.mailbox_id,
        fullness=fullness,
        full_since=full_since,
        before=before.fullness,
        since_before=before.usage.full_since,
    )
    return noted is not None


async def list_workspaces(tx: Tx) -> list[UUID]:
    """Those that can have full mailboxes, in a transaction of the system."""
    return [row["id"] for row in await tx.rows(SQL["list_workspaces"])]
