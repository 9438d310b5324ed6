"""HTTP doors to the queue of a workspace, for its administrators: envelopes, never the content."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import QueryParameter

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.protocols.dsn.model import Reason
from posthouse.security.members import Actor
from posthouse.sending.outbox import queue
from posthouse.sending.outbox.model import Trouble
from posthouse.sending.outbox.queue import Chosen, QueueRow

_MOST_IDS = 1000
InState = Annotated[str | None, QueryParameter(name="state")]


class QueuedRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient that waits. `state`: waiting, trying, scheduled or held.

    `reply`, `host` and what they mean (`reason`) are of the last attempt; `trouble` says what is
    wrong with our relay. A site that rests does so until `paused_until`.
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
    reason: Reason | None
    trouble: Trouble | None
    site: str | None
    site_reason: str | None
    site_status: str | None
    paused_until: datetime | None


class WaitingSite(msgspec.Struct, frozen=True, kw_only=True):
    """All that waits for one site; `site` is a domain as long as none of its hosts was asked.

    `reply`, `host` and `reason` are of the latest attempt; `next_at` is null when all is held. A
    site that rests does so until `paused_until`. `size` counts a message for each recipient.
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


class WaitingSites(msgspec.Struct, frozen=True):
    """Where most waits first; the two hundred longest."""

    items: list[WaitingSite]


class Queue(msgspec.Struct, frozen=True):
    """What waits, what is due first on top."""

    items: list[QueuedRecipient]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Recipients by id, or all those at a domain or a site."""

    recipients: list[UUID] | None = None
    domain: str | None = None
    site: str | None = None


class Count(msgspec.Struct, frozen=True):
    """How many recipients that was."""

    recipients: int


@get("/queue", summary="What waits to leave")
async def list_queue(
    actor: Actor,
    database: Database,
    domain: str | None = None,
    site: str | None = None,
    share: str | None = None,
    sender: str | None = None,
    in_state: InState = None,
    limit: int = 100,
) -> Queue:
    """Of the whole workspace; `sender` is the address of a mailbox."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        rows = await queue.read_queue(
            tx,
            workspace_id=actor.workspace_id,
            domain=domain,
            site=site,
            share=share,
            sender=sender,
            state=in_state,
            limit=limit,
        )
    return Queue([_told(row) for row in rows])


@get("/queue/sites", summary="What waits, site by site")
async def list_sites(
    actor: Actor, database: Database, share: str | None = None, in_state: InState = None
) -> WaitingSites:
    """Of the whole workspace: how much waits where, since when, and what was said there last."""
    actor.require_admin()
    async with database.workspace(actor.workspace_id) as tx:
        found = await queue.read_sites(tx, actor.workspace_id, share=share, state=in_state)
    return WaitingSites(
        [WaitingSite(**{name: getattr(each, name) for name in each.__slots__}) for each in found]
    )


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
    named = (data.recipients, data.domain, data.site)
    if sum(each is not None for each in named) != 1:
        raise Invalid("Name recipients, a domain or a site.", field="recipients")
    return Chosen(
        workspace_id=actor.workspace_id,
        recipient_ids=None if data.recipients is None else data.recipients[:_MOST_IDS],
        domain=data.domain,
        site=data.site,
    )


def _told(row: QueueRow) -> QueuedRecipient:
    renamed = {"recipient_id": "id", "outbox_message_id": "message_id"}
    values = {renamed.get(name, name): getattr(row, name) for name in row.__slots__}
    return QueuedRecipient(**values)


router = Router(
    path="/",
    tags=["queue"],
    route_handlers=[
        list_queue,
        list_sites,
        read_queued,
        retry_queued,
        hold_queued,
        release_queued,
        drop_queued,
    ],
)
