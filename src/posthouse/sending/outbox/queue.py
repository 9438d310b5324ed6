"""The queue as its operator sees and changes it, over all workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.events import announce
from posthouse.security.vault import Vault
from posthouse.sending.outbox import site_rows, store
from posthouse.sending.outbox.events import DeliveryFailed
from posthouse.sending.outbox.model import TOPIC
from posthouse.sending.outbox.reports import open_report


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One recipient that waits. `in_progress`: a worker is at it; `due_at` then ends its lease."""

    recipient_id: UUID
    address: str
    attempts: int
    due_at: datetime
    in_progress: bool
    reply: str


async def read_queue(database: Database, domain: str | None, limit: int) -> list[QueueRow]:
    """What is due first on top."""
    vault = database.service(Vault)
    found: list[QueueRow] = []
    async with database.system() as tx:
        for row in await store.list_queue(tx, domain, limit):
            keys = await vault.keyring_of(tx, row["workspace_id"])
            recipient_id = row["recipient_id"]
            address = keys.decrypt("outbox_recipients", "address", recipient_id, row["address"])
            found.append(
                QueueRow(
                    recipient_id=recipient_id,
                    address=address.decode(),
                    attempts=row["attempts"],
                    due_at=row["due_at"],
                    in_progress=row["in_progress"],
                    reply=open_report(keys, recipient_id, row["report"]).get("reply", ""),
                )
            )
    return found


async def retry_now(database: Database, domain: str | None) -> int:
    """How many recipients were waiting for another attempt, which is now."""
    async with database.system() as tx:
        tx.signal(TOPIC)
        await site_rows.end_pauses(tx, domain, clock.now())
        return await store.retry_now(tx, domain, clock.now())


async def drop(database: Database, recipient_ids: Sequence[UUID]) -> int:
    """Give up on recipients that are not being tried at this moment; how many those were."""
    async with database.system() as tx:
        dropped = await store.drop_from_queue(tx, recipient_ids)
        for workspace_id in {row["workspace_id"] for row in dropped}:
            rows = [row for row in dropped if row["workspace_id"] == workspace_id]
            gone = [row["recipient_id"] for row in rows]
            messages = list({row["outbox_message_id"] for row in rows})
            await store.cancel_recipients(tx, gone, clock.now(), workspace_id=workspace_id)
            await store.finish_messages(tx, messages, clock.now(), workspace_id=workspace_id)
            failed = DeliveryFailed(
                outbox_message_ids=messages, mailbox_message_ids=[], recipient_ids=gone
            )
            announce(tx, failed, workspace_id=workspace_id)
    return len(dropped)
