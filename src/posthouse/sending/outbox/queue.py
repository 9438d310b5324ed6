"""The queue as operators see it over all workspaces, and administrators that of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.events import announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.security.members import normal_domain
from posthouse.security.vault import Keyring, Vault
from posthouse.sending.outbox import store
from posthouse.sending.outbox.events import DeliveryFailed
from posthouse.sending.outbox.model import TOPIC
from posthouse.sending.outbox.reports import open_report

SQL = load_queries("posthouse.sending.outbox", "queue.sql")
STATES = ("waiting", "trying", "scheduled", "held")
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which recipients are meant: these, or those at a domain; of one workspace, or of all."""

    workspace_id: UUID | None = None
    recipient_ids: Sequence[UUID] | None = None
    domain: str | None = None

    def parameters(self) -> dict[str, object]:
        """For the statements."""
        return {
            "workspace_id": self.workspace_id,
            "recipient_ids": None if self.recipient_ids is None else list(self.recipient_ids),
            "domain": normal_domain(self.domain) if self.domain else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One recipient that waits, its envelope and nothing of the content.

    `state` is one of STATES; `due_at` ends a lease while it is being tried. `reply` and `host` are
    of the last attempt. A `site` that rests does so until `paused_until`, because of `site_reason`
    and a reply of `site_status`.
    """

    recipient_id: UUID
    outbox_message_id: UUID
    sender: str
    address: str
    domain: str
    share: str
    size: int
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    give_up_at: datetime
    last_attempt_at: datetime | None
    reply: str
    host: str
    site: str | None
    site_reason: str | None
    site_status: str | None
    paused_until: datetime | None

    @property
    def in_progress(self) -> bool:
        """A worker is at it."""
        return self.state == "trying"


async def read_queue(
    tx: Tx,
    *,
    workspace_id: UUID | None = None,
    domain: str | None = None,
    sender: str | None = None,
    state: str | None = None,
    recipient_id: UUID | None = None,
    limit: int = 100,
) -> list[QueueRow]:
    """What is due first on top. `sender` is the address of a mailbox here. Raises Invalid."""
    if state is not None and state not in STATES:
        raise Invalid(f"A state is one of {', '.join(STATES)}.", field="state")
    rows = await tx.rows(
        SQL["list_queue"],
        workspace_id=workspace_id,
        domain=normal_domain(domain) if domain else None,
        mailbox_id=await _mailbox(tx, sender, workspace_id) if sender else None,
        recipient_id=recipient_id,
        state=state,
        now=clock.now(),
        limit=min(max(limit, 1), _MOST),
    )
    vault = tx.database.service(Vault)
    return [_row(await vault.keyring_of(tx, row["workspace_id"]), row) for row in rows]


async def read_one(tx: Tx, recipient_id: UUID, workspace_id: UUID | None = None) -> QueueRow:
    """Why it waits. Raises NotFound when nothing waits for that recipient."""
    rows = await read_queue(tx, workspace_id=workspace_id, recipient_id=recipient_id)
    if not rows:
        raise NotFound("Nothing waits for this recipient.")
    return rows[0]


async def retry_now(tx: Tx, chosen: Chosen) -> int:
    """How many recipients were waiting for another attempt, which is now; their sites rest no more.

    What others wait for at such a site may be tried again, too.
    """
    parameters = chosen.parameters()
    now = clock.now()
    tx.signal(TOPIC)
    count = await tx.execute(SQL["retry_now"], now=now, **parameters)
    del parameters["workspace_id"]
    if count:
        await tx.execute(SQL["end_pauses"], now=now, **parameters)
    return count


async def hold(tx: Tx, chosen: Chosen) -> int:
    """Keep what is not being tried at this moment; how many recipients that is."""
    return await tx.execute(SQL["set_held"], held=True, **chosen.parameters())


async def release(tx: Tx, chosen: Chosen) -> int:
    """Let go on what was held; how many recipients that is."""
    tx.signal(TOPIC)
    return await tx.execute(SQL["set_held"], held=False, **chosen.parameters())


async def drop(tx: Tx, recipient_ids: Sequence[UUID], workspace_id: UUID | None = None) -> int:
    """Give up on recipients that are not being tried at this moment; how many those were."""
    dropped = await tx.rows(
        SQL["drop_from_queue"], recipient_ids=list(recipient_ids), workspace_id=workspace_id
    )
    for owner in {row["workspace_id"] for row in dropped}:
        rows = [row for row in dropped if row["workspace_id"] == owner]
        gone = [row["recipient_id"] for row in rows]
        messages = list({row["outbox_message_id"] for row in rows})
        await store.cancel_recipients(tx, gone, clock.now(), workspace_id=owner)
        await store.finish_messages(tx, messages, clock.now(), workspace_id=owner)
        failed = DeliveryFailed(
            outbox_message_ids=messages, mailbox_message_ids=[], recipient_ids=gone
        )
        announce(tx, failed, workspace_id=owner)
    return len(dropped)


async def _mailbox(tx: Tx, sender: str, workspace_id: UUID | None) -> UUID:
    owner, mailbox_id = await find_mailbox(tx, sender)
    if workspace_id is not None and owner != workspace_id:
        raise NotFound(f"There is no mailbox {sender}.")
    return mailbox_id


def _row(keys: Keyring, row: Row) -> QueueRow:
    recipient_id, message_id = row["recipient_id"], row["outbox_message_id"]
    address = keys.decrypt("outbox_recipients", "address", recipient_id, row["address"])
    sender = keys.decrypt("outbox_messages", "mail_from", message_id, row["mail_from"])
    report = open_report(keys, recipient_id, row["report"])
    opened = ("address", "mail_from", "report", "workspace_id")
    return QueueRow(
        address=address.decode(),
        sender=sender.decode(),
        reply=report.get("reply", ""),
        host=report.get("host", ""),
        **{name: value for name, value in row.items() if name not in opened},
    )
