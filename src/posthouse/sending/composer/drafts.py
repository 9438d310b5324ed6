"""Drafts on the server: saved from any window, and the second one is told about the first."""

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.errors import Conflict, NotFound, TooLarge
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.places import places_of, take_out
from posthouse.protocols import mime
from posthouse.security.members import Actor, Scope
from posthouse.security.vault import Keyring, keyring
from posthouse.sending.composer import store
from posthouse.sending.composer.originals import find_original
from posthouse.sending.composer.uploads import describe_uploads
from posthouse.sending.composer.views import Draft, DraftFields, Person, SavedDraft

_MOST_OCTETS = 8 << 20
_CID = re.compile(r"cid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


async def create_draft(tx: Tx, actor: Actor, fields: DraftFields) -> SavedDraft:
    """A new draft. Raises NotFound for a message it cannot answer, TooLarge."""
    actor.require(Scope.MAIL_SEND)
    row = await draft_row(tx, actor, new_id(), fields)
    await store.insert_draft(tx, row)
    return SavedDraft(id=row.id, revision=1, changed_at=clock.now())


async def save_draft(
    tx: Tx, actor: Actor, draft_id: UUID, fields: DraftFields, revision: int
) -> SavedDraft:
    """Save again. Raises Conflict when another window has saved since, NotFound, TooLarge."""
    actor.require(Scope.MAIL_SEND)
    row = await draft_row(tx, actor, draft_id, fields)
    saved = await store.update_draft(tx, row, revision)
    if saved is None:
        if await store.read_draft(tx, actor.member_id, draft_id) is None:
            raise NotFound("There is no such draft.")
        raise Conflict("The draft was changed in another window.", field="revision")
    return SavedDraft(id=draft_id, revision=saved, changed_at=clock.now())


async def read_draft(tx: Tx, actor: Actor, draft_id: UUID) -> Draft:
    """Raises NotFound; drafts are their writer's alone."""
    actor.require(Scope.MAIL_READ)
    row = await store.read_draft(tx, actor.member_id, draft_id)
    if row is None:
        raise NotFound("There is no such draft.")
    return await _opened(tx, await keyring(tx), actor.member_id, row)


async def list_drafts(
    tx: Tx,
    actor: Actor,
    *,
    thread_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Draft]:
    """The actor's drafts, the one changed last first; answers in one thread when it is named."""
    actor.require(Scope.MAIL_READ)
    rows = await store.list_drafts(
        tx, actor.member_id, thread_id=thread_id, before=before, limit=limit
    )
    keys = await keyring(tx)
    return [await _opened(tx, keys, actor.member_id, row) for row in rows]


async def delete_draft(tx: Tx, actor: Actor, draft_id: UUID) -> None:
    """Raises NotFound."""
    actor.require(Scope.MAIL_SEND)
    deleted = await store.delete_draft(tx, actor.member_id, draft_id)
    if deleted is None:
        raise NotFound("There is no such draft.")
    await take_mirror_out(tx, deleted["mirror_id"])


async def take_mirror_out(tx: Tx, mirror_id: UUID | None) -> None:
    """Out of Drafts; elsewhere a mail program has put it, and it stays."""
    if mirror_id is not None:
        places = await places_of(tx, [mirror_id])
        await take_out(tx, [place for place in places if place.special_use == "drafts"])


async def draft_row(tx: Tx, actor: Actor, draft_id: UUID, fields: DraftFields) -> store.DraftRow:
    """`fields` ready for its row, encrypted for `draft_id`."""
    value = msgspec.json.encode(_stored(fields))
    if len(value) > _MOST_OCTETS:
        raise TooLarge("The text is too long.", field="html")
    about = fields.in_reply_to or fields.forward_of
    original = await find_original(tx, actor, about) if about else None
    keys = await keyring(tx)
    return store.DraftRow(
        id=draft_id,
        member_id=actor.member_id,
        content=keys.encrypt("drafts", "content", draft_id, value),
        upload_ids=upload_ids(fields),
        in_reply_to=fields.in_reply_to,
        thread_id=original.thread_id if original and fields.in_reply_to else None,
        original_id=original.mailbox_message_id if original else None,
    )


def upload_ids(fields: DraftFields) -> list[UUID]:
    """The files of a message: those attached, then those its text shows as images."""
    shown = [UUID(found) for found in _CID.findall(f"{fields.html}{fields.quote_html}")]
    return list(dict.fromkeys([*fields.attachments, *shown]))


def people(entries: Iterable[Person | str]) -> list[Person]:
    """Addresses as clients write them: an object, `a@b`, or `Name <a@b>`."""
    found: list[Person] = []
    for entry in entries:
        if isinstance(entry, Person):
            found.append(entry)
            continue
        # A line end is nobody's name: left as it is, the builder refuses it.
        parsed = mime.parse_addresses(entry) if entry.isprintable() else []
        named = [Person(person.address, person.name) for person in parsed if person.address]
        found += named or ([Person(entry.strip())] if entry.strip() else [])
    return found


def _stored(fields: DraftFields) -> DraftFields:
    sender = people([fields.sender]) if fields.sender else []
    return DraftFields(
        sender=sender[0] if sender else None,
        to=list(people(fields.to)),
        cc=list(people(fields.cc)),
        bcc=list(people(fields.bcc)),
        subject=fields.subject,
        html=fields.html,
        text=fields.text,
        quote_html=fields.quote_html,
        attachments=fields.attachments,
        in_reply_to=fields.in_reply_to,
        forward_of=fields.forward_of,
    )


async def _opened(tx: Tx, keys: Keyring, member_id: UUID, row: Row) -> Draft:
    value = keys.decrypt("drafts", "content", row["id"], row["content"])
    fields = msgspec.json.decode(value, type=DraftFields)
    return Draft(
        id=row["id"],
        revision=row["revision"],
        changed_at=row["changed_at"],
        thread_id=row["thread_id"],
        sender=next(iter(people([fields.sender])), None) if fields.sender else None,
        to=people(fields.to),
        cc=people(fields.cc),
        bcc=people(fields.bcc),
        subject=fields.subject,
        html=fields.html,
        text=fields.text,
        quote_html=fields.quote_html,
        attachments=await describe_uploads(tx, member_id, fields.attachments),
        in_reply_to=fields.in_reply_to,
        forward_of=fields.forward_of,
    )
