"""A draft that a mail program left in Drafts, written on in the page."""

import asyncio
import html
import re
from dataclasses import dataclass
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Denied
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import load_queries
from posthouse.mail.listing.message import read_attachment, read_body
from posthouse.mail.mailboxes.changing import move_messages
from posthouse.mail.mailboxes.folders import folders_by_use
from posthouse.mail.mailboxes.places import Place, places_of
from posthouse.mail.mailboxes.prepare import message_id_key
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.protocols import mime
from posthouse.security.access import mailboxes_of
from posthouse.security.members import Actor, Scope
from posthouse.security.vault import keyring
from posthouse.sending.composer import store
from posthouse.sending.composer.drafts import draft_row, read_draft
from posthouse.sending.composer.originals import find_original
from posthouse.sending.composer.quoting import carry_pictures
from posthouse.sending.composer.uploads import keep_upload
from posthouse.sending.composer.views import Draft, DraftFields, Person

SQL = load_queries("posthouse.sending.composer", "taking_over.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What the draft says, and the Message-ID it answers."""

    people: dict[str, list[Person | str]]
    subject: str
    html: str
    files: list[tuple[str, str, bytes]]
    answers: str | None


async def take_over_draft(tx: Tx, actor: Actor, mailbox_message_id: UUID) -> Draft:
    """The actor's own draft of the same content; what the mail program left goes to Trash.

    Raises NotFound, Denied when it is not in the actor's own mailbox, Conflict when it is no longer
    among the drafts, TooLarge.
    """
    actor.require(Scope.MAIL_SEND)
    original = await find_original(tx, actor, mailbox_message_id)
    own = {box.id for box in await mailboxes_of(tx, actor) if box.kind == "personal"}
    if original.mailbox_id not in own:
        raise Denied("Only drafts of one's own mailbox are written on in the page.")
    lying = [p for p in await places_of(tx, [mailbox_message_id]) if p.special_use == "drafts"]
    if not lying:
        raise Conflict("This is not among the drafts any more.")
    raw = await read_raw(tx, mailbox_message_id)
    letter = await asyncio.to_thread(_read, raw, mailbox_message_id)
    files = [
        (await keep_upload(tx, actor, name=name, mime_type=kind, data=data)).id
        for name, kind, data in letter.files
    ]
    fields = DraftFields(
        sender=next(iter(letter.people["from"]), None),
        to=letter.people["to"],
        cc=letter.people["cc"],
        bcc=letter.people["bcc"],
        subject=letter.subject,
        html=await _with_own_pictures(tx, actor, letter.html),
        attachments=files,
        in_reply_to=await _answered(tx, original.mailbox_id, letter.answers),
    )
    row = await draft_row(tx, actor, new_id(), fields)
    await store.insert_draft(tx, row)
    await _to_trash(tx, original.mailbox_id, lying)
    return await read_draft(tx, actor, row.id)


def _read(raw: bytes, mailbox_message_id: UUID) -> _Letter:
    body = read_body(raw, mailbox_message_id, sign_remote=None)
    scan = mime.scan(raw)
    files = [read_attachment(raw, int(each.id)) for each in body.attachments]
    answers = mime.in_reply_to(scan)
    return _Letter(
        people={
            field: [Person(each.address, each.name) for each in body.people[field]]
            for field in ("from", "to", "cc", "bcc")
        },
        subject=mime.subject(scan),
        html=body.html if body.html is not None else _paragraphs(body.text or ""),
        files=[(file.name or "attachment", file.type, file.content) for file in files],
        answers=answers[0] if answers else None,
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.rstrip().splitlines())


async def _with_own_pictures(tx: Tx, actor: Actor, markup: str) -> str:
    """Pictures of the text become uploads: the message they are in is going."""
    shown = await carry_pictures(tx, actor, markup)
    named = {}
    for picture in shown.pictures:
        upload = await keep_upload(
            tx,
            actor,
            name=picture.name or "image",
            mime_type=picture.mime_type,
            data=picture.data,
        )
        named[f"cid:{picture.id}"] = f"cid:{upload.id}"
    return re.sub(r"cid:[0-9a-f-]{36}", lambda m: named.get(m[0], m[0]), shown.html)


async def _answered(tx: Tx, mailbox_id: UUID, message_id: str | None) -> UUID | None:
    """The message of the same mailbox with this Message-ID, the newest when there are several."""
    if message_id is None:
        return None
    found: UUID | None = await tx.value(
        SQL["find_answered"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        message_id_key=message_id_key(await keyring(tx), message_id),
    )
    return found


async def _to_trash(tx: Tx, mailbox_id: UUID, places: list[Place]) -> None:
    trash = (await folders_by_use(tx, [mailbox_id], "trash"))[mailbox_id]
    for folder_id in sorted({place.folder_id for place in places}):
        uids = [place.uid for place in places if place.folder_id == folder_id]
        await move_messages(tx, folder_id, uids, trash)
