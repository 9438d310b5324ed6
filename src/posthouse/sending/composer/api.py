"""HTTP doors of drafts, uploads, sending and the outbox. The edge provides `actor`, `database`."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, Router, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.params import Parameter

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.errors import Invalid, NotFound, TooLarge
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.reading import describe_messages
from posthouse.security.access import Level, levels_of, reach_of
from posthouse.security.members import Actor
from posthouse.sending.composer import actions, drafts, uploads
from posthouse.sending.composer.presenting import delivery_view
from posthouse.sending.composer.taking_over import take_over_draft
from posthouse.sending.composer.views import (
    Draft,
    DraftFields,
    DraftPage,
    DraftSave,
    MessageDelivery,
    NewMessage,
    OutboxPage,
    SavedDraft,
    SentMessage,
    Undone,
    Upload,
)
from posthouse.sending.outbox import actions as outbox

IdempotencyKey = Annotated[
    str | None,
    Parameter(header="Idempotency-Key", description="The same key sends once, for a week."),
]

# What a browser may show in the page; everything else is only ever saved.
_SHOWN = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_PAGE = 50
_FORM_AROUND = 64 * 1024


@post("/drafts", summary="Keep a new draft")
async def create_draft(actor: Actor, database: Database, data: DraftFields) -> SavedDraft:
    """The writer alone sees it."""
    async with database.workspace(actor.workspace_id) as tx:
        return await drafts.create_draft(tx, actor, data)


@put("/drafts/{draft_id:uuid}", summary="Keep a draft again")
async def save_draft(
    actor: Actor, database: Database, draft_id: UUID, data: DraftSave
) -> SavedDraft:
    """409 when another window has kept it since `revision` was read."""
    async with database.workspace(actor.workspace_id) as tx:
        return await drafts.save_draft(tx, actor, draft_id, data, data.revision)


@get("/drafts/{draft_id:uuid}", summary="A draft")
async def read_draft(actor: Actor, database: Database, draft_id: UUID) -> Draft:
    """As it was kept last."""
    async with database.workspace(actor.workspace_id) as tx:
        return await drafts.read_draft(tx, actor, draft_id)


@get("/drafts", summary="One's own drafts")
async def list_drafts(
    actor: Actor,
    database: Database,
    thread: UUID | None = None,
    cursor: str | None = None,
    limit: int = _PAGE,
) -> DraftPage:
    """The one changed last first; answers in one thread when it is named."""
    limit = min(max(limit, 1), 200)
    async with database.workspace(actor.workspace_id) as tx:
        found = await drafts.list_drafts(
            tx, actor, thread_id=thread, before=_place(cursor), limit=limit + 1
        )
    last = found[limit - 1] if len(found) > limit else None
    following = f"{last.changed_at.isoformat()}~{last.id}" if last else None
    return DraftPage(items=found[:limit], next_cursor=following)


@delete("/drafts/{draft_id:uuid}", summary="Throw a draft away")
async def delete_draft(actor: Actor, database: Database, draft_id: UUID) -> None:
    """For good."""
    async with database.workspace(actor.workspace_id) as tx:
        await drafts.delete_draft(tx, actor, draft_id)


@post("/messages/{message_id:uuid}/draft", summary="Write on what a mail program has begun")
async def take_draft_over(actor: Actor, database: Database, message_id: UUID) -> Draft:
    """It becomes a draft of the page; what lay in Drafts goes to Trash."""
    async with database.workspace(actor.workspace_id) as tx:
        return await take_over_draft(tx, actor, message_id)


@post("/uploads", summary="Send a file up", request_max_body_size=None)
async def upload_file(
    actor: Actor, database: Database, request: Request[Any, Any, Any], name: str = ""
) -> Upload:
    """The body is the file, its Content-Type the file's; or a form with one file in it."""
    limit = uploads.most_octets(database.service(Settings))
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == "multipart/form-data":
        name, kind, content = await _form_file(request, name, limit)
    else:
        content = await _body(request, limit)
    async with database.workspace(actor.workspace_id) as tx:
        return await uploads.keep_upload(tx, actor, name=name, mime_type=kind, data=content)


@get("/uploads/{upload_id:uuid}", summary="A file that was sent up", media_type="*/*")
async def read_upload(actor: Actor, database: Database, upload_id: UUID) -> Response[bytes]:
    """Images to be shown in a draft, everything else to be saved."""
    async with database.workspace(actor.workspace_id) as tx:
        (file,) = await uploads.read_files(tx, actor.member_id, [upload_id])
    shown = file.mime_type in _SHOWN
    kind = "inline" if shown else "attachment"
    return Response(
        file.data,
        media_type=file.mime_type if shown else "application/octet-stream",
        headers={
            "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )


# The key is kept in the transaction that sends, so that the edge need not keep the answer.
@post("/messages", summary="Send a message", opt={"once": False})
async def send_message(
    actor: Actor, database: Database, data: NewMessage, idempotency_key: IdempotencyKey = None
) -> SentMessage:
    """Held for ten seconds, or until `send_at`; its copy is in Sent at once."""
    async with database.workspace(actor.workspace_id) as tx:
        return await actions.send_message(tx, actor, data, idempotency_key)


@post("/messages/{message_id:uuid}/undo", status_code=200, summary="Take a message back")
async def undo_message(actor: Actor, database: Database, message_id: UUID) -> Undone:
    """409 when it is on its way. Otherwise it is a draft again."""
    async with database.workspace(actor.workspace_id) as tx:
        return Undone(draft_id=await actions.undo_message(tx, actor, message_id))


@get("/messages/{message_id:uuid}/delivery", summary="How far a sent message got")
async def read_delivery(actor: Actor, database: Database, message_id: UUID) -> MessageDelivery:
    """Recipient by recipient. 404 for mail that was not sent from here."""
    async with database.workspace(actor.workspace_id) as tx:
        await _require_full(tx, actor, message_id)
        states = await outbox.states_of_copies(tx, [message_id])
    if message_id not in states:
        raise NotFound("There is no such sent message.")
    return delivery_view(states[message_id])


@get("/outbox", summary="What is on its way out or failed")
async def list_outbox(actor: Actor, database: Database, limit: int = 100) -> OutboxPage:
    """Of the mailboxes the actor sends from; failures of two weeks."""
    async with database.workspace(actor.workspace_id) as tx:
        found = await outbox.list_outbox(tx, actor, limit)
    return OutboxPage(items=[delivery_view(state) for state in found])


async def _require_full(tx: Tx, actor: Actor, mailbox_message_id: UUID) -> None:
    """Recipients of Bcc are told to those who read the sender's mailbox in full."""
    reach = await reach_of(tx, actor)
    for one in await describe_messages(tx, [mailbox_message_id]):
        pair = (one.mailbox_id, one.thread_id)
        if (await levels_of(tx, reach, [pair])).get(pair) is Level.FULL:
            return
    raise NotFound("There is no such sent message.")


async def _body(request: Request[Any, Any, Any], limit: int) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise TooLarge("The file is too large for a message.", field="file")
    return bytes(content)


async def _form_file(
    request: Request[Any, Any, Any], name: str, limit: int
) -> tuple[str, str, bytes]:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Invalid("A form says its length beforehand.", field="file")
    if int(length) > limit + _FORM_AROUND:
        raise TooLarge("The file is too large for a message.", field="file")
    form = await request.form()
    for value in form.values():
        if isinstance(value, UploadFile):
            return name or value.filename, value.content_type, await value.read()
    raise Invalid("The form has no file in it.", field="file")


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    moment, _, draft_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(moment), UUID(draft_id)
    except ValueError:
        raise Invalid("The cursor is not one of ours.", field="cursor") from None


router = Router(
    path="/",
    tags=["sending"],
    route_handlers=[
        create_draft,
        save_draft,
        read_draft,
        list_drafts,
        delete_draft,
        take_draft_over,
        upload_file,
        read_upload,
        send_message,
        undo_message,
        read_delivery,
        list_outbox,
    ],
)
