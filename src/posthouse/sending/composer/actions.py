"""Sending what was written, and taking it back."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.errors import Conflict, Denied, Invalid, TooLarge
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.protocols import mime
from posthouse.security.access import MailboxAccess, mailboxes_of
from posthouse.security.members import Actor, Scope
from posthouse.security.vault import keyring
from posthouse.sending.composer import store
from posthouse.sending.composer.building import Letter, build_letter
from posthouse.sending.composer.drafts import draft_row, people, take_mirror_out, upload_ids
from posthouse.sending.composer.originals import (
    Original,
    find_original,
    may_mark,
    threading_ids,
)
from posthouse.sending.composer.quoting import carry_pictures
from posthouse.sending.composer.uploads import read_files
from posthouse.sending.composer.views import NewMessage, Person, SentMessage
from posthouse.sending.outbox import actions as outbox
from posthouse.sending.outbox.model import UNDO_HOLD, Queued

_LARGE = 256 * 1024
_LATEST = timedelta(days=366)
_REMEMBERED = timedelta(days=7)
_LONGEST_KEY = 255


async def send_message(
    tx: Tx, actor: Actor, message: NewMessage, request_key: str | None = None
) -> SentMessage:
    """Build, sign, keep a copy in Sent and hand over to the outbox, in the caller's transaction.

    Held for ten seconds, or until `send_at`. The same `request_key` of a member is answered with
    what it sent the first time, for a week. Raises Denied for an address that is not the actor's
    to send from, Conflict when what the key sent was taken back, NotFound, Invalid, TooLarge.
    """
    actor.require(Scope.MAIL_SEND)
    identifier = new_id()
    if request_key is not None:
        known = await _claim(tx, actor, request_key, message, identifier)
        if known is not None:
            return known
    hold_until = _hold_until(message.send_at)
    original = None
    if message.in_reply_to:
        original = await find_original(tx, actor, message.in_reply_to)
    sender, mailbox_id = await _sender(tx, actor, message)
    raw = await _built(tx, actor, message, sender, identifier, original)
    queued = await outbox.enqueue(
        tx,
        id=identifier,
        raw=raw,
        mail_from=sender.address,
        recipients=[person.address for person in _everybody(message)],
        submitted_by=actor.member_id,
        hold_until=hold_until,
        door="composer",
        own={sender.address: mailbox_id},
    )
    await _keep_draft(tx, actor, message, queued, original)
    return _sent(queued.mailbox_message_id, queued.thread_id, queued.held_until)


async def undo_message(tx: Tx, actor: Actor, mailbox_message_id: UUID) -> UUID | None:
    """Take a message back; the draft it was, when it was the actor's. Raises NotFound, Conflict."""
    outbox_message_id = await outbox.undo(tx, actor, mailbox_message_id)
    found = await store.bring_back(tx, outbox_message_id)
    return found[0] if found and found[1] == actor.member_id else None


async def _claim(
    tx: Tx, actor: Actor, request_key: str, message: NewMessage, outbox_message_id: UUID
) -> SentMessage | None:
    """None for the first request with this key; for others what the first one sent."""
    if not 0 < len(request_key) <= _LONGEST_KEY:
        raise Invalid(f"An Idempotency-Key has 1 to {_LONGEST_KEY} characters.")
    keys = await keyring(tx)
    key = keys.hash("send-request", request_key.encode("utf-8", "replace"), 32)
    digest = keys.hash("send-request-body", msgspec.json.encode(message), 32)
    await store.forget_requests(tx, clock.now() - _REMEMBERED)
    if await store.claim_request(tx, actor.member_id, key, digest, outbox_message_id):
        return None
    row = await store.read_request(tx, actor.member_id, key)
    if row is None:
        raise Conflict("The first request with this key has just failed. Repeat it.")
    if row["digest"] != digest:
        raise Invalid("This key was used for another message.")
    if row["undone"]:
        raise Conflict("The message that was sent with this key was taken back.")
    if row["thread_id"] is None:
        raise Conflict("The message that was sent with this key is not there any more.")
    return _sent(row["mailbox_message_id"], row["thread_id"], row["held_until"])


def _sent(copy: UUID | None, thread_id: UUID | None, held_until: datetime) -> SentMessage:
    if copy is None or thread_id is None:
        raise Conflict("The mailbox has no Sent folder.")
    return SentMessage(id=copy, thread_id=thread_id, undo_until=held_until)


def _hold_until(send_at: datetime | None) -> datetime:
    now = clock.now()
    if send_at is None:
        return now + UNDO_HOLD
    if send_at.tzinfo is None:
        raise Invalid("The time to send at needs its zone.", field="send_at")
    if send_at > now + _LATEST:
        raise Invalid("That is more than a year ahead.", field="send_at")
    return max(send_at, now + UNDO_HOLD)


async def _built(
    tx: Tx,
    actor: Actor,
    message: NewMessage,
    sender: Person,
    identifier: UUID,
    original: Original | None,
) -> bytes:
    settings = tx.database.service(Settings)
    if not _everybody(message):
        raise Invalid("The message has no recipients.", field="to")
    parent = await threading_ids(tx, original.mailbox_message_id) if original else (None, ())
    quote = await carry_pictures(tx, actor, message.quote_html or "")
    files = await read_files(tx, actor.member_id, upload_ids(message))
    letter = Letter(
        sender=sender,
        to=people(message.to),
        cc=people(message.cc),
        bcc=people(message.bcc),
        subject=message.subject,
        html=f"{message.html or ''}\n{quote.html}" if quote.html else message.html,
        text=message.text,
        files=[*files, *quote.pictures],
        date=max(message.send_at or clock.now(), clock.now()),
        in_reply_to=parent[0],
        references=parent[1],
    )
    size = sum(len(file.data) for file in letter.files)
    if size > settings.max_message_size:
        raise TooLarge("The message is too large.", field="attachments")
    if size > _LARGE:
        raw = await asyncio.to_thread(build_letter, letter, settings.hostname, identifier)
    else:
        raw = build_letter(letter, settings.hostname, identifier)
    if len(raw) > settings.max_message_size:
        raise TooLarge("The message is too large.", field="attachments")
    return raw


async def _sender(tx: Tx, actor: Actor, message: NewMessage) -> tuple[Person, UUID]:
    """An address the actor may write from, and its mailbox; his own when nothing is said."""
    mailboxes = [box for box in await mailboxes_of(tx, actor) if box.may_send]
    wanted = [mime.canonical(p.address) for p in people([message.sender])] if message.sender else []
    for mailbox in mailboxes:
        if not wanted or wanted[0] in mailbox.addresses:
            address = wanted[0] if wanted else mailbox.address
            return Person(address, _name(actor, mailbox)), mailbox.id
    raise Denied("You may not send from this address.", field="from")


def _name(actor: Actor, mailbox: MailboxAccess) -> str:
    return actor.name if mailbox.kind == "personal" and actor.name else mailbox.name


def _everybody(message: NewMessage) -> Sequence[Person]:
    return people([*message.to, *message.cc, *message.bcc])


async def _keep_draft(
    tx: Tx, actor: Actor, message: NewMessage, queued: Queued, original: Original | None
) -> None:
    """What was written stays until it cannot be undone, as the draft it was or as a new one."""
    answered_id = None
    if original is not None and await may_mark(tx, actor, original):
        answered_id = original.mailbox_message_id
    if message.draft_id is not None:
        row = await draft_row(tx, actor, message.draft_id, message)
        hidden = await store.hide_draft(tx, row, queued.id, answered_id)
        if hidden is not None:
            await take_mirror_out(tx, hidden["mirror_id"])
            return
    row = await draft_row(tx, actor, new_id(), message)
    await store.insert_draft(tx, row, outbox_message_id=queued.id, answered_id=answered_id)
