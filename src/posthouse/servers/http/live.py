"""GET /live: server-sent events that say what to read again. Ids only, only what one may see."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.response import Stream

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Refusal
from posthouse.mail.listing.watching import FolderWatch, readable_threads
from posthouse.security.members import Actor, Scope
from posthouse.servers.http.asking import identify
from posthouse.servers.http.tail import Ear, Tail

# Even without a signal the folders are looked at: one that was lost costs this many seconds.
_LOOK_SECONDS = 5.0
_GATHER_SECONDS = 0.05

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold the lines back
}


class Changed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event: in `threads`, `ids` are threads that changed in `folders` of `mailbox`."""

    what: str
    ids: list[UUID] = []
    mailbox: UUID | None = None
    folders: list[UUID] = []


@get(
    "/live",
    summary="What changes, as it happens (server-sent events)",
    media_type="text/event-stream",
    opt={"as_it_is": True},
)
async def live(
    request: Request[Any, Any, Any], actor: Actor, database: Database, tail: Tail
) -> Stream:
    """`event: changed` with {"what": "threads", "contacts", "outbox", "queue" or "accounts",
    "ids": […]}.

    A comment line every five silent seconds keeps the line open. It ends with the session.
    """
    actor.require(Scope.MAIL_READ)
    watch = FolderWatch()
    async with database.workspace(actor.workspace_id) as tx:
        await watch.look(tx, actor)
    return Stream(
        _lines(request, database, tail, watch, actor),
        media_type="text/event-stream",
        headers=_HEADERS,
    )


async def _lines(
    request: Request[Any, Any, Any],
    database: Database,
    tail: Tail,
    watch: FolderWatch,
    actor: Actor,
) -> AsyncIterator[bytes]:
    yield b": posthouse\n\n"
    while not tail.closing:
        topics = [f"member:{actor.member_id}", *watch.topics()]
        with (
            database.signals.subscribe(*topics) as woken,
            tail.listen(actor.workspace_id, woken) as ear,
        ):
            # From here to the next change of folders nothing is missed.
            while set(topics[1:]) == set(watch.topics()) and not tail.closing:
                try:
                    actor = await identify(request, database)
                    changes = await _look(database, actor, watch, ear)
                except Refusal:
                    return  # signed out, or the database is away: the page comes back
                for change in changes:
                    yield b"event: changed\ndata: " + msgspec.json.encode(change) + b"\n\n"
                if not await _signalled(woken, tail):
                    yield b":\n\n"


async def _signalled(woken: asyncio.Event, tail: Tail) -> bool:
    """Wait until it is time to look; False when nobody said so."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(woken.wait(), _LOOK_SECONDS)
    if not woken.is_set() and not tail.closing:
        return False
    await asyncio.sleep(_GATHER_SECONDS)
    woken.clear()
    return True


async def _look(database: Database, actor: Actor, watch: FolderWatch, ear: Ear) -> list[Changed]:
    heard = ear.take()
    async with database.workspace(actor.workspace_id) as tx:
        changes = [
            Changed(
                what="threads",
                ids=list(change.thread_ids),
                mailbox=change.mailbox_id,
                folders=change.folder_ids,
            )
            for change in await watch.look(tx, actor)
        ]
        threads = await readable_threads(tx, actor, heard.sent) if heard.sent else []
    if threads:
        changes.append(Changed(what="outbox", ids=threads))
    if heard.customers and Scope.CRM_READ in actor.scopes:
        changes.append(Changed(what="contacts"))
    if heard.queue and actor.is_admin:
        changes.append(Changed(what="queue"))
    if heard.accounts and Scope.SETTINGS in actor.scopes:
        changes.append(Changed(what="accounts"))
    return changes
