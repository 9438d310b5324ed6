"""HTTP doors of mailboxes, threads and messages. The edge gives `actor`, `database`, `beside`."""

import unicodedata
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import MediaType, Response, Router, get, patch, post
from litestar.params import Dependency, Parameter

from posthouse.foundation.db import Database
from posthouse.mail.listing import acting, mailboxes, reading, threads
from posthouse.mail.listing.beside import NOTHING_BESIDE, Beside
from posthouse.mail.listing.message import File
from posthouse.mail.listing.places import locate
from posthouse.mail.listing.views import (
    Acted,
    MailboxPage,
    Me,
    MeChange,
    MessageView,
    ThreadActs,
    ThreadPage,
    ThreadView,
)
from posthouse.security.members import Actor

Besides = Annotated[Beside, Dependency(skip_validation=True)]
_A_YEAR = "private, max-age=31536000, immutable"


@get("/me", summary="Who is signed in")
async def read_me(actor: Actor, database: Database) -> Me:
    """The member, their settings, and their mailboxes with counts."""
    async with database.workspace(actor.workspace_id) as tx:
        return await mailboxes.me_view(tx, actor)


@patch("/me", summary="Change one's own settings")
async def change_me(actor: Actor, database: Database, data: MeChange) -> Me:
    """What is left out stays."""
    async with database.workspace(actor.workspace_id) as tx:
        return await mailboxes.change_me(tx, actor, data)


@get("/mailboxes", summary="Own and shared mailboxes with their folders")
async def list_mailboxes(actor: Actor, database: Database) -> MailboxPage:
    """The own one first. Unread counts are the member's own."""
    async with database.workspace(actor.workspace_id) as tx:
        return MailboxPage(items=await mailboxes.mailbox_views(tx, actor))


@get("/threads", summary="Threads of a folder, the newest first")
async def list_threads(
    actor: Actor,
    database: Database,
    mailbox: str | None = None,
    folder: str | None = None,
    q: str = "",
    cursor: str | None = None,
    limit: int = 50,
    beside: Besides = NOTHING_BESIDE,
) -> ThreadPage:
    """Without `folder` the Inbox, without `mailbox` the own one. `q` searches in it instead.

    A mailbox is named by id or address, a folder by id, name or use.
    """
    if q.strip():
        return await _found(actor, database, beside, q, mailbox, folder, cursor, limit)
    async with database.workspace(actor.workspace_id) as tx:
        mailbox_id, folder_id = await locate(tx, actor, mailbox, folder)
        return await threads.folder_page(
            tx,
            actor,
            beside,
            mailbox_id=mailbox_id,
            folder_id=folder_id,
            cursor=cursor,
            limit=limit,
        )


@get("/threads/shared", summary="Threads given to the asker singly, the newest first")
async def list_shared_threads(
    actor: Actor,
    database: Database,
    cursor: str | None = None,
    limit: int = 50,
    beside: Besides = NOTHING_BESIDE,
) -> ThreadPage:
    """Out of mailboxes the asker does not have; those of mailboxes lie in their folders."""
    async with database.workspace(actor.workspace_id) as tx:
        return await threads.shared_page(tx, actor, beside, cursor=cursor, limit=limit)


@get("/search", summary="Threads with matching messages, the newest first")
async def search_threads(
    actor: Actor,
    database: Database,
    q: str,
    mailbox: str | None = None,
    folder: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    beside: Besides = NOTHING_BESIDE,
) -> ThreadPage:
    """In everything the asker may read in full: words, "phrases", from: to: after: in: and more."""
    return await _found(actor, database, beside, q, mailbox, folder, cursor, limit)


@get("/threads/{thread_id:uuid}", summary="A thread with its messages")
async def read_thread(
    actor: Actor,
    database: Database,
    thread_id: UUID,
    mailbox: UUID | None = None,
    beside: Besides = NOTHING_BESIDE,
) -> ThreadView:
    """As `mailbox` holds it, or else all that the reader may see; at most the newest hundred."""
    return await reading.thread_view(database, actor, beside, thread_id, mailbox_id=mailbox)


@post("/threads/acts", status_code=200, summary="Read, flag, file or move threads")
async def act_on_threads(actor: Actor, database: Database, data: ThreadActs) -> Acted:
    """For many threads at once. `undo` in the answer, sent to this door, undoes exactly this."""
    async with database.workspace(actor.workspace_id) as tx:
        return await acting.act_on_threads(tx, actor, data)


@get("/messages/{message_id:uuid}", summary="A message")
async def read_message(
    actor: Actor,
    database: Database,
    message_id: UUID,
    images: str = "",
    beside: Besides = NOTHING_BESIDE,
) -> MessageView:
    """`images=remote`: pictures from elsewhere, fetched by this server."""
    return await reading.message_view(
        database, actor, beside, message_id, show_remote=images == "remote"
    )


@get(
    "/messages/{message_id:uuid}/raw",
    media_type=MediaType.TEXT,
    summary="The very bytes of a message",
)
async def read_raw_message(actor: Actor, database: Database, message_id: UUID) -> Response[bytes]:
    """As it came, with all its trace fields; a browser saves it."""
    raw = await reading.raw_message(database, actor, message_id)
    return Response(raw, media_type="message/rfc822", headers=_saved_as(f"{message_id}.eml"))


@get("/messages/{message_id:uuid}/attachments/{number:int}", summary="An attachment")
async def read_attachment(
    actor: Actor, database: Database, message_id: UUID, number: int
) -> Response[bytes]:
    """Decoded. A browser saves it, whatever it is."""
    file = await reading.attachment_file(database, actor, message_id, number)
    return _answer(file, shown=False)


@get("/messages/{message_id:uuid}/inline/{content_id:path}", summary="An inline image")
async def read_inline_image(
    actor: Actor,
    database: Database,
    message_id: UUID,
    content_id: Annotated[str, Parameter(description="the Content-ID without brackets")],
) -> Response[bytes]:
    """What the HTML of the message shows by `cid:`."""
    file = await reading.inline_file(database, actor, message_id, content_id.removeprefix("/"))
    return _answer(file, shown=file.shown)


async def _found(
    actor: Actor,
    database: Database,
    beside: Beside,
    query: str,
    mailbox: str | None,
    folder: str | None,
    cursor: str | None,
    limit: int,
) -> ThreadPage:
    async with database.workspace(actor.workspace_id) as tx:
        mailbox_id, folder_id = await locate(tx, actor, mailbox, folder)
        return await threads.search_page(
            tx,
            actor,
            beside,
            query,
            mailbox_id=mailbox_id,
            folder_id=folder_id,
            cursor=cursor,
            limit=limit,
        )


def _answer(file: File, *, shown: bool) -> Response[bytes]:
    headers: dict[str, Any] = {"Cache-Control": _A_YEAR}
    if not shown:
        headers |= _saved_as(file.name)
    # Text types would be sniffed for a charset, HTML and SVG would run: saved files need no type.
    media_type = file.type if shown or _is_plain_type(file.type) else "application/octet-stream"
    return Response(file.content, media_type=media_type, headers=headers)


def _is_plain_type(media_type: str) -> bool:
    kind, _, name = media_type.partition("/")
    return kind in ("application", "audio", "image", "video") and not any(
        risky in name for risky in ("xml", "html", "javascript", "svg")
    )


def _saved_as(name: str) -> dict[str, str]:
    # What is not seen may turn letters around: "fdp.exe" behind U+202E reads "exe.pdf" (UAX #9).
    name = "".join("_" if unicodedata.category(c) in ("Cc", "Cf") else c for c in name)
    # RFC 6266 4.3 with RFC 8187: a plain name for old programs, the real one beside it.
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        # Opened in a frame all the same, it may do nothing.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }


router = Router(
    path="/",
    tags=["mail"],
    route_handlers=[
        read_me,
        change_me,
        list_mailboxes,
        list_threads,
        list_shared_threads,
        search_threads,
        read_thread,
        act_on_threads,
        read_message,
        read_raw_message,
        read_attachment,
        read_inline_image,
    ],
)
