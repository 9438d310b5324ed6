"""One typed function per statement that writes the log."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from posthouse.crm.timeline.exchanged import EXCHANGED_MACROS
from posthouse.crm.timeline.model import NO_MAILBOX, Present
from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.crm.timeline", macros=EXCHANGED_MACROS)


class EntryRow(TypedDict):
    """One new entry; the columns of timeline_entries that a writer gives."""

    id: UUID
    kind: str
    direction: str | None
    automatic: bool
    occurred_at: datetime
    contact_id: UUID | None
    company_id: UUID | None
    member_id: UUID | None
    mailbox_id: UUID | None
    mailbox_message_id: UUID | None
    message_id: UUID | None
    thread_id: UUID | None
    attachment_count: int
    key_record_id: UUID
    content: bytes


async def read_linked_people(
    tx: Tx, mailbox_message_ids: Sequence[UUID]
) -> list[tuple[UUID, UUID | None, UUID | None]]:
    """(mailbox message, contact, company) of everyone named who is linked, the surest first."""
    rows = await tx.rows(
        SQL["read_linked_people"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return [(row["mailbox_message_id"], row["contact_id"], row["company_id"]) for row in rows]


async def read_mail_entries(
    tx: Tx, mailbox_message_ids: Sequence[UUID], undone: Collection[UUID]
) -> list[Present]:
    """The entries these mailbox messages have; of erased ones only those that were undone."""
    rows = await tx.rows(
        SQL["read_mail_entries"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
        undone=list(undone),
    )
    return [Present(*row) for row in rows]


async def insert_entries(tx: Tx, rows: Sequence[EntryRow]) -> None:
    """Add entries and move the moments of their contacts and companies forward."""
    if not rows:
        return
    columns = {
        name: [row[name] for row in rows]  # type: ignore[literal-required]
        for name in EntryRow.__annotations__
    }
    await tx.execute(
        SQL["insert_entries"], workspace_id=tx.workspace, no_mailbox=NO_MAILBOX, **columns
    )


async def remove_entries(tx: Tx, ids: Sequence[UUID]) -> None:
    """These mails do not belong there any more."""
    await tx.execute(SQL["remove_entries"], workspace_id=tx.workspace, ids=list(ids))


async def move_entries(tx: Tx, moves: Sequence[tuple[UUID, UUID | None]]) -> None:
    """(entry, company) pairs."""
    await tx.execute(
        SQL["move_entries"],
        workspace_id=tx.workspace,
        ids=[entry for entry, _ in moves],
        company_ids=[company for _, company in moves],
    )


async def recount_moments(
    tx: Tx, customer_ids: Sequence[UUID], mailbox_ids: Sequence[UUID]
) -> None:
    """Take the moments of these contacts and companies anew from their entries."""
    values = {"customer_ids": list(customer_ids), "mailbox_ids": list(mailbox_ids)}
    await tx.execute(SQL["forget_moments"], workspace_id=tx.workspace, **values)
    await tx.execute(
        SQL["recount_moments"], workspace_id=tx.workspace, no_mailbox=NO_MAILBOX, **values
    )


async def mailboxes_of(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[UUID]:
    """Whose mailbox messages these are."""
    rows = await tx.rows(
        SQL["mailboxes_of"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return [row["mailbox_id"] for row in rows]


async def mail_of_addresses(
    tx: Tx, address_ids: Sequence[UUID], before: UUID | None, limit: int
) -> list[UUID]:
    """Mailbox messages that name any of these addresses, newest first."""
    rows = await tx.rows(
        SQL["mail_of_addresses"],
        workspace_id=tx.workspace,
        address_ids=list(address_ids),
        before=before,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def follow_threads(tx: Tx, thread_ids: Sequence[UUID]) -> None:
    """Entries take the thread their merged thread went into."""
    await tx.execute(SQL["follow_threads"], workspace_id=tx.workspace, thread_ids=list(thread_ids))


async def mailbox_owners(tx: Tx, mailbox_ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Mailbox → the member it belongs to; None for shared ones."""
    rows = await tx.rows(
        SQL["mailbox_owners"], workspace_id=tx.workspace, mailbox_ids=list(mailbox_ids)
    )
    return {row["id"]: row["owner_member_id"] for row in rows}


async def own_domains(tx: Tx) -> frozenset[str]:
    """The workspace's hosted domains."""
    rows = await tx.rows(SQL["own_domains"], workspace_id=tx.workspace)
    return frozenset(row["name"] for row in rows)
