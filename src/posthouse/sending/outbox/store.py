"""The outbox in PostgreSQL: one typed function per statement in queries.sql."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.security.vault.erasing import let_go
from posthouse.sending.outbox.model import LONGEST_ABSENCE, Leased, Share

SQL = load_queries("posthouse.sending.outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A new message; `mail_from` and `header` are encrypted."""

    id: UUID
    door: str
    submitted_by: UUID | None
    mailbox_id: UUID | None
    mailbox_message_id: UUID | None
    message_id: UUID | None
    mail_from: bytes
    header: bytes
    body_blob_id: UUID
    size: int
    smtputf8: bool
    created_at: datetime
    held_until: datetime
    give_up_at: datetime
    forwarded_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """The result of an attempt; without `next_attempt` it was the last one."""

    id: UUID
    state: str
    attempts: int
    unclear: bool
    status: str
    report: bytes
    next_attempt: datetime | None
    notified: bool
    delay_told: bool
    site: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What was taken, and what it was told beside."""

    leased: list[Leased]
    sites_changed_at: datetime | None
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where mail of a domain goes instead of its MX; `sign_in` is encrypted."""

    domain: str
    kind: str
    host: str
    port: int
    tls: str
    sign_in: bytes | None = None


async def insert_message(
    tx: Tx,
    message: MessageRow,
    share: Share,
    recipients: Sequence[tuple[UUID, bytes, str]],
    *,
    sender_domain: str,
    tls_optional: bool = False,
) -> None:
    """A message and its recipients as (id, encrypted address, plain domain).

    Its relay is chosen by the mailbox, unless it is others' mail, and by `sender_domain`.
    """
    values: dict[str, Any] = {name: getattr(message, name) for name in message.__slots__}
    await tx.execute(SQL["insert_message"], workspace_id=tx.workspace, **values)
    await tx.execute(
        SQL["insert_recipients"],
        workspace_id=tx.workspace,
        outbox_message_id=message.id,
        size=message.size,
        due_at=message.held_until,
        share=share,
        ids=[recipient[0] for recipient in recipients],
        addresses=[recipient[1] for recipient in recipients],
        domains=[recipient[2] for recipient in recipients],
        mailbox_id=None if message.forwarded_by else message.mailbox_id,
        sender_domain=sender_domain,
        tls_optional=tls_optional,
    )


async def lease_due(
    tx: Tx,
    *,
    worker: UUID,
    now: datetime,
    lease_until: datetime,
    rooms: Mapping[Share, int],
    busy: Sequence[tuple[Share, str]],
) -> Lease:
    """What is due, now this worker's: of each share so much, and nothing for `busy` domains."""
    rows = await tx.rows(
        SQL["lease_due"],
        worker=worker,
        now=now,
        lease_until=lease_until,
        longest_absence=LONGEST_ABSENCE,
        shares=[str(share) for share in rooms],
        rooms=list(rooms.values()),
        busy=[f"{share} {domain}" for share, domain in busy],
    )
    beside = ("sites_changed_at", "other_workers")
    return Lease(
        leased=[_leased({k: v for k, v in row.items() if k not in beside}) for row in rows],
        sites_changed_at=rows[0]["sites_changed_at"] if rows else None,
        workers=1 + (rows[0]["other_workers"] if rows else 0),
    )


def _leased(values: dict[str, Any]) -> Leased:
    return Leased(**{**values, "share": Share(values["share"])})


async def renew_leases(tx: Tx, worker: UUID, lease_until: datetime) -> None:
    """Everything this worker is at."""
    await tx.execute(SQL["renew_leases"], worker=worker, lease_until=lease_until)


async def give_back(tx: Tx, worker: UUID, recipient_ids: Sequence[UUID], now: datetime) -> None:
    """What was leased and never begun."""
    await tx.execute(SQL["give_back"], worker=worker, recipient_ids=list(recipient_ids), now=now)


async def read_parcels(tx: Tx, recipient_ids: Sequence[UUID]) -> list[Row]:
    """Recipients that are still to be served, with their messages; encrypted."""
    return await tx.rows(
        SQL["read_parcels"], workspace_id=tx.workspace, recipient_ids=list(recipient_ids)
    )


async def forget(tx: Tx, recipient_ids: Sequence[UUID]) -> None:
    """Nothing is left to be done for them."""
    if recipient_ids:
        await tx.execute(
            SQL["forget"], workspace_id=tx.workspace, recipient_ids=list(recipient_ids)
        )


async def record_attempts(tx: Tx, rows: Sequence[AttemptRow], now: datetime) -> set[UUID]:
    """The recipients that this changed."""
    changed = await tx.rows(
        SQL["record_attempts"],
        workspace_id=tx.workspace,
        now=now,
        ids=[row.id for row in rows],
        states=[row.state for row in rows],
        attempts=[row.attempts for row in rows],
        unclear=[row.unclear for row in rows],
        statuses=[row.status for row in rows],
        reports=[row.report for row in rows],
        next_attempts=[row.next_attempt for row in rows],
        notified=[row.notified for row in rows],
        delay_told=[row.delay_told for row in rows],
        sites=[row.site for row in rows],
    )
    return {row["id"] for row in changed}


async def finish_messages(
    tx: Tx, ids: Sequence[UUID], now: datetime, *, workspace_id: UUID | None = None
) -> None:
    """Those of `ids` with nobody left to serve. A system transaction names the workspace."""
    workspace_id = workspace_id or tx.workspace
    rows = await tx.rows(SQL["finish_messages"], workspace_id=workspace_id, ids=list(ids), now=now)
    await let_go(tx, [row["body_blob_id"] for row in rows], workspace_id=workspace_id)


async def cancel_unsent(tx: Tx, outbox_message_id: UUID) -> list[UUID]:
    """The recipients that no worker has touched; they leave the queue."""
    rows = await tx.rows(
        SQL["cancel_unsent"], workspace_id=tx.workspace, outbox_message_id=outbox_message_id
    )
    return [row["recipient_id"] for row in rows]


async def cancel_recipients(
    tx: Tx, recipient_ids: Sequence[UUID], now: datetime, *, workspace_id: UUID | None = None
) -> None:
    """They do not get it. A system transaction names the workspace."""
    await tx.execute(
        SQL["cancel_recipients"],
        workspace_id=workspace_id or tx.workspace,
        recipient_ids=list(recipient_ids),
        now=now,
    )


async def count_recipients(tx: Tx, outbox_message_id: UUID) -> int:
    """Of one message."""
    return int(
        await tx.value(
            SQL["count_recipients"],
            workspace_id=tx.workspace,
            outbox_message_id=outbox_message_id,
        )
    )


async def find_by_copy(tx: Tx, mailbox_message_id: UUID) -> Row | None:
    """id, mailbox_id, mailbox_message_id, submitted_by, held_until."""
    return await tx.row(
        SQL["find_by_copy"], workspace_id=tx.workspace, mailbox_message_id=mailbox_message_id
    )


async def states_of(tx: Tx, ids: Sequence[UUID]) -> list[Row]:
    """A row for each recipient of these messages, newest message first."""
    return await tx.rows(SQL["states_of"], workspace_id=tx.workspace, ids=list(ids))


async def find_by_messages(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Copy → outbox message, for copies that were sent from here."""
    rows = await tx.rows(
        SQL["find_by_messages"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return {row["mailbox_message_id"]: row["outbox_message_id"] for row in rows}


async def find_undone(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> set[UUID]:
    """Copies of messages that never left."""
    rows = await tx.rows(
        SQL["find_undone"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
    )
    return {row["mailbox_message_id"] for row in rows}


async def list_unfinished(
    tx: Tx, mailbox_ids: Sequence[UUID], *, failed_since: datetime, limit: int
) -> list[UUID]:
    """Messages that wait, or failed since then; newest first."""
    rows = await tx.rows(
        SQL["list_unfinished"],
        workspace_id=tx.workspace,
        mailbox_ids=list(mailbox_ids),
        failed_since=failed_since,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def find_recipients(tx: Tx, workspace_id: UUID, ids: Sequence[UUID]) -> list[Row]:
    """id, outbox_message_id, state, mailbox_id, mailbox_message_id; in any transaction."""
    return await tx.rows(SQL["find_recipients"], workspace_id=workspace_id, ids=list(ids))


async def fail_late(tx: Tx, recipient_id: UUID, status: str, report: bytes, now: datetime) -> bool:
    """Whether that was news."""
    return bool(
        await tx.execute(
            SQL["fail_late"],
            workspace_id=tx.workspace,
            id=recipient_id,
            status=status,
            report=report,
            now=now,
        )
    )


async def count_notices(tx: Tx, mailbox_id: UUID | None, since: datetime) -> int:
    """How many reports the mailbox got since then; those about mail of no mailbox with None."""
    return int(
        await tx.value(
            SQL["count_notices"], workspace_id=tx.workspace, mailbox_id=mailbox_id, since=since
        )
    )


async def domain_of(tx: Tx, domain: str) -> Row:
    """workspace_id of who hosts it; domain, kind, host, port … of its route; all optional."""
    row = await tx.row(SQL["domain_of"], domain=domain)
    assert row is not None
    return row


async def workspace_of_domain(tx: Tx, domain: str) -> UUID | None:
    """Who hosts it."""
    found: UUID | None = await tx.value(SQL["workspace_of_domain"], domain=domain)
    return found


async def put_route(tx: Tx, route: Route) -> None:
    """Set or replaced."""
    await tx.execute(
        SQL["put_route"],
        domain=route.domain,
        kind=route.kind,
        host=route.host,
        port=route.port,
        tls=route.tls,
        sign_in=route.sign_in,
    )


async def list_routes(tx: Tx) -> list[Route]:
    """By domain, '*' last."""
    return [Route(**row) for row in await tx.rows(SQL["list_routes"])]


async def delete_route(tx: Tx, domain: str) -> bool:
    """Whether there was one."""
    return bool(await tx.execute(SQL["delete_route"], domain=domain))
