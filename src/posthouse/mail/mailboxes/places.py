"""Where mailbox messages lie, and taking them out without the \\Deleted of a mail client."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.changing import expunge, store_flags
from posthouse.mail.mailboxes.model import Flags

SQL = load_queries("posthouse.mail.mailboxes", "places.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One folder message. `special_use` is the folder's."""

    mailbox_message_id: UUID
    message_id: UUID
    mailbox_id: UUID
    folder_id: UUID
    special_use: str | None
    door: str
    uid: int


async def places_of(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> list[Place]:
    """Every folder they are in, in the order of folders and uids."""
    rows = await tx.rows(
        SQL["places_of_copies"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return [Place(**row) for row in rows]


async def places_of_message(tx: Tx, mailbox_id: UUID, message_id: UUID) -> list[Place]:
    """Every folder of one mailbox in which this message is, as whatever copy."""
    rows = await tx.rows(
        SQL["places_of_message"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        message_id=message_id,
    )
    return [Place(**row) for row in rows]


async def take_out(tx: Tx, places: Sequence[Place]) -> None:
    """Out of these folders, for good: announced and signalled as an expunge."""
    for folder_id in sorted({place.folder_id for place in places}):
        uids = [place.uid for place in places if place.folder_id == folder_id]
        await store_flags(tx, folder_id, uids, "+", Flags.DELETED)
        await expunge(tx, folder_id, uids)
