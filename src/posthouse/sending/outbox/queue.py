"""The queue as operators see it over all workspaces, and administrators that of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Invalid, NotFound
from posthouse.foundation.events import announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.folders import find_mailbox
from posthouse.protocols.dsn.model import Reason
from posthouse.security.members import normal_domain
from posthouse.security.vault import Keyring, Vault
from posthouse.sending.outbox import store
from posthouse.sending.outbox.events import DeliveryFailed
from posthouse.sending.outbox.model import TOPIC, Share, Trouble
from posthouse.sending.outbox.reports import open_report, reason_in, trouble_in

SQL = load_queries("posthouse.sending.outbox", "queue.sql")
STATES = ("waiting", "trying", "scheduled", "held")
_MOST = 1000
_MOST_SITES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which recipients are meant: these, or those at a domain or a site; of one workspace, or of
    all.
    """

    workspace_id: UUID | None = None
    recipient_ids: Sequence[UUID] | None = None
    domain: str | None = None
    site: str | None = None

    def parameters(self) -> dict[str, object]:
        """For the statements."""
        return {
            "workspace_id": self.workspace_id,
            "recipient_ids": None if self.recipient_ids is None else list(self.recipient_ids),
            "domain": normal_domain(self.domain) if self.domain else None,
            "site": self.site,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One recipient that waits, its envelope and nothing of the content.

    `state` is one of STATES; `due_at` ends a lease while it is being tried. `reply`, `host` and
    what they mean (`reason`), or what is wrong with our relay (`trouble`), are of the last attempt.
    A `site` that rests does so until
    `paused_until`, because of `site_reason` and a reply of `site_status`.
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
    reason: Reason | None
    trouble: Trouble | None
    site: str | None
    site_reason: str | None
    site_status: str | None
    paused_until: datetime | None

    @property
    def in_progress(self) -> bool:
        """A worker is at it."""
        return self.state == "trying"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteQueue:
    """All that waits for one site. `site` is a domain as long as none of its hosts was asked.

    `size` in bytes counts a message once for each recipient; `next_at` is None when all is held;
    `reply`, `host`, `reason` and `trouble` are of the latest attempt. A site that rests does so
    until `paused_until`, because of `site_reason`.
    """

    site: str
    domains: list[str]
    shares: list[str]
    recipients: int
    held: int
    size: int
    oldest_at: datetime
    next_at: datetime | None
    last_attempt_at: datetime | None
    reply: str
    host: str
    reason: Reason | None
    trouble: Trouble | None
    site_reason: str | None
    paused_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHealth:
    """All that waits in all workspaces. `oldest_at`: since when the oldest that is not held may go;
    `due_since`: since when something is due that no worker took.
    """

    recipients: int
    held: int
    oldest_at: datetime | None
    due_since: datetime | None


async def read_health(tx: Tx, now: datetime) -> QueueHealth:
    """For who looks after the house."""
    row = await tx.row(SQL["read_health"], shares=list(Share), now=now)
    assert row is not None
    return QueueHealth(**dict(row))


async def read_sites(
    tx: Tx, workspace_id: UUID, *, share: str | None = None, state: str | None = None
) -> list[SiteQueue]:
    """Where most waits first, at most 200 sites. Raises Invalid."""
    rows = await tx.rows(
        SQL["list_sites"],
        workspace_id=workspace_id,
        share=_one_of(Share, share, "share"),
        state=_one_of(STATES, state, "state"),
        now=clock.now(),
        limit=_MOST_SITES,
    )
    keys = await tx.database.service(Vault).keyring_of(tx, workspace_id)
    return [_site(keys, row) for row in rows]


async def read_queue(
    tx: Tx,
    *,
    workspace_id: UUID | None = None,
    domain: str | None = None,
    site: str | None = None,
    share: str | None = None,
    sender: str | None = None,
    state: str | None = None,
    recipient_id: UUID | None = None,
    limit: int = 100,
) -> list[QueueRow]:
    """What is due first on top. `sender` is the address of a mailbox here. Raises Invalid."""
    rows = await tx.rows(
        SQL["list_queue"],
        workspace_id=workspace_id,
        domain=normal_domain(domain) if domain else None,
        mailbox_id=await _mailbox(tx, sender, workspace_id) if sender else None,
        site=site,
        share=_one_of(Share, share, "share"),
        recipient_id=recipient_id,
        state=_one_of(STATES, state, "state"),
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


def _one_of(known: Iterable[str], given: str | None, field: str) -> str | None:
    if given is not None and given not in tuple(known):
        raise Invalid(f"A {field} is one of {', '.join(known)}.", field=field)
    return given


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
    opened = ("address", "mail_from", "report", "status", "workspace_id")
    return QueueRow(
        address=address.decode(),
        sender=sender.decode(),
        reply=report.get("reply", ""),
        host=report.get("host", ""),
        reason=reason_in(report, row["status"]),
        trouble=trouble_in(report),
        **{name: value for name, value in row.items() if name not in opened},
    )


def _site(keys: Keyring, row: Row) -> SiteQueue:
    report = open_report(keys, row["latest"], row["report"])
    opened = ("latest", "report", "status")
    return SiteQueue(
        reply=report.get("reply", ""),
        host=report.get("host", ""),
        reason=reason_in(report, row["status"]),
        trouble=trouble_in(report),
        **{name: value for name, value in row.items() if name not in opened},
    )
