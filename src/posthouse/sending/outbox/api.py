"""HTTP doors to the queue of a workspace, for its administrators: envelopes, never the content."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import QueryParameter

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.security.members import Actor
from posthouse.sending.outbox import queue
from posthouse.sending.outbox.queue import Chosen, QueueRow

_MOST_IDS = 1000


class QueuedRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient that waits. `state`: waiting, trying, scheduled or held.

    `reply` and `host` are of the last attempt. A site that rests does so until `paused_until`.
    """

    id: UUID
    message_id: UUID
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


class Queue(msgspec.Struct, frozen=True):
    """What waits, what is due first on top."""

    items: list[QueuedRecipient]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Recipients by id, or all those at a domain."""

    recipients: list[UUID] | None = None
    domain: str | None = None


class Count(msgspec.Struct, frozen=True):
    """How many recipients that was."""

    recipients: int


@get("/queue", summary="What waits to leave")
async def list_queue(
    actor: Actor,
    database: Database,
    domain: str | None = None,
    sender: str | None = None,
    in_state: Annotated[str | None, QueryParameter(name="state")] = None,
    limit: int = 100,
) -> Queue:
    """Of the whole workspace; `sender` is the address of a mailbox."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        rows = await queue.read_queue(
            tx,
            workspace_id=actor.workspace_id,
            domain=domain,
            sender=sender,
            state=in_state,
            limit=limit,
        )
    return Queue([_told(row) for row in rows])


@get("/queue/{recipient_id:uuid}", summary="Why a recipient waits")
async def read_queued(actor: Actor, database: Database, recipient_id: UUID) -> QueuedRecipient:
    """What its server said last, and whether the server is given a rest."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        return _told(await queue.read_one(tx, recipient_id, actor.workspace_id))


@post("/queue/retry", summary="Try now what waits", status_code=200)
async def retry_queued(actor: Actor, database: Database, data: Choice) -> Count:
    """Not what is held or being tried."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        return Count(await queue.retry_now(tx, _chosen(actor, data)))


@post("/queue/hold", summary="Keep back what waits", status_code=200)
async def hold_queued(actor: Actor, database: Database, data: Choice) -> Count:
    """Until it is released; it still expires five days after it was written."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        return Count(await queue.hold(tx, _chosen(actor, data)))


@post("/queue/release", summary="Let go on what was held", status_code=200)
async def release_queued(actor: Actor, database: Database, data: Choice) -> Count:
    """It is tried when it is due."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        return Count(await queue.release(tx, _chosen(actor, data)))


@post("/queue/drop", summary="Give up on recipients", status_code=200)
async def drop_queued(actor: Actor, database: Database, data: Choice) -> Count:
    """By id alone. Their senders see it; no report is sent."""
    actor.require_admin()
    if not data.recipients:
        raise Invalid("What is dropped is named one by one.", field="recipients")
    async with database.workspace(actor.workspace_id) as tx:
        return Count(await queue.drop(tx, data.recipients[:_MOST_IDS], actor.workspace_id))


def _chosen(actor: Actor, data: Choice) -> Chosen:
    if (data.recipients is None) == (data.domain is None):
        raise Invalid("Name recipients or a domain.", field="recipients")
    ids = None if data.recipients is None else data.recipients[:_MOST_IDS]
    return Chosen(workspace_id=actor.workspace_id, recipient_ids=ids, domain=data.domain)


def _told(row: QueueRow) -> QueuedRecipient:
    renamed = {"recipient_id": "id", "outbox_message_id": "message_id"}
    values = {renamed.get(name, name): getattr(row, name) for name in row.__slots__}
    return QueuedRecipient(**values)


router = Router(
    path="/",
    tags=["queue"],
    route_handlers=[
        list_queue,
        read_queued,
        retry_queued,
        hold_queued,
        release_queued,
        drop_queued,
    ],
)
