"""Lists in PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.listing.cursors import FolderPlace, ThreadPlace
from posthouse.security.access import READABLE_MACROS, Level, Reach

SQL = load_queries("posthouse.mail.listing", macros=READABLE_MACROS)
_NONE = UUID(int=0)


async def list_threads(
    tx: Tx, reach: Reach, mailbox_id: UUID, folder_id: UUID, before: FolderPlace, limit: int
) -> list[Row]:
    """thread_id, mailbox_message_id, received_at, uid of the newest message of each thread."""
    return await tx.rows(
        SQL["list_threads"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        before_at=before.at,
        before_uid=before.uid,
        limit=limit,
        **reach.parameters_in(mailbox_id, Level.METADATA),
    )


async def list_shared(tx: Tx, reach: Reach, before: ThreadPlace, limit: int) -> list[Row]:
    """thread_id, mailbox_id, folder_id, mailbox_message_id, received_at of threads given singly."""
    return await tx.rows(
        SQL["list_shared"],
        workspace_id=tx.workspace,
        before_at=before.at,
        before_id=before.thread_id,
        limit=limit,
        **reach.parameters(Level.METADATA),
    )


async def places_of_messages(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Mailbox message → a folder it lies in."""
    rows = await tx.rows(
        SQL["places_of_messages"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return {row["mailbox_message_id"]: row["folder_id"] for row in rows}


async def summarise_threads(
    tx: Tx, member_id: UUID, places: Sequence[tuple[UUID, UUID, UUID | None]]
) -> dict[tuple[UUID, UUID], Row]:
    """(thread, mailbox) → figures, for (thread, mailbox, listed folder) triples."""
    rows = await tx.rows(
        SQL["summarise_threads"],
        workspace_id=tx.workspace,
        member_id=member_id,
        thread_ids=[place[0] for place in places],
        mailbox_ids=[place[1] for place in places],
        folder_ids=[place[2] for place in places],
    )
    return {(row["thread_id"], row["mailbox_id"]): row for row in rows}


async def read_faces(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Mailbox message → its encrypted subject, summary and sender."""
    rows = await tx.rows(
        SQL["read_faces"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return {row["id"]: row for row in rows}


async def read_headers(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[Row]:
    """The encrypted headers of some messages."""
    return await tx.rows(
        SQL["read_headers"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )


async def merged_into(tx: Tx, thread_id: UUID) -> UUID | None:
    """The thread that took this one in."""
    found: UUID | None = await tx.value(
        SQL["merged_into"], workspace_id=tx.workspace, thread_id=thread_id
    )
    return found


async def thread_copies(
    tx: Tx,
    reach: Reach,
    *,
    thread_id: UUID | None = None,
    mailbox_message_id: UUID | None = None,
    mailbox_id: UUID | None = None,
) -> list[Row]:
    """Copies of a thread's messages, or one, as far as the reader may know of them, by time."""
    return await tx.rows(
        SQL["thread_copies"],
        workspace_id=tx.workspace,
        member_id=reach.member_id,
        thread_id=thread_id or _NONE,
        mailbox_message_id=mailbox_message_id or _NONE,
        mailbox_id=mailbox_id,
        **reach.parameters(Level.METADATA),
    )


async def find_readable(tx: Tx, reach: Reach, mailbox_message_id: UUID) -> Row | None:
    """id, mailbox_id, thread_id, size of a message the reader may see whole."""
    return await tx.row(
        SQL["find_readable"],
        workspace_id=tx.workspace,
        mailbox_message_id=mailbox_message_id,
        **reach.parameters(),
    )


async def find_acted(
    tx: Tx,
    folder_id: UUID,
    member_id: UUID | None,
    *,
    thread_ids: Sequence[UUID],
    message_ids: Sequence[UUID],
) -> list[Row]:
    """uid, mailbox_message_id, flags, newest, named: what an act on threads is about."""
    return await tx.rows(
        SQL["find_acted"],
        workspace_id=tx.workspace,
        folder_id=folder_id,
        member_id=member_id,
        thread_ids=list(thread_ids),
        message_ids=list(message_ids),
    )


async def folder_states(tx: Tx, mailbox_ids: Sequence[UUID]) -> list[Row]:
    """id, mailbox_id, highest_modseq of all folders of these mailboxes."""
    return await tx.rows(
        SQL["folder_states"], workspace_id=tx.workspace, mailbox_ids=list(mailbox_ids)
    )


async def changed_threads(tx: Tx, folder_id: UUID, modseq: int) -> list[UUID]:
    """Threads with something new in a folder, at most 200."""
    rows = await tx.rows(
        SQL["changed_threads"], workspace_id=tx.workspace, folder_id=folder_id, modseq=modseq
    )
    return [row["thread_id"] for row in rows]


async def readable_threads(tx: Tx, reach: Reach, mailbox_message_ids: Sequence[UUID]) -> list[UUID]:
    """The threads of those messages that may be read in full."""
    rows = await tx.rows(
        SQL["readable_threads"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
        **reach.parameters(),
    )
    return [row["thread_id"] for row in rows]
