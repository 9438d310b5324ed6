"""What the outbox hears of the mail room: reports that came back, copies that clients made."""

import asyncio
import re
from collections.abc import Sequence
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.events import Listener, announce
from posthouse.mail.accounts.sent_copies import expect_copies
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.places import places_of, places_of_message, take_out
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.protocols import mime
from posthouse.protocols.dsn.model import Kind, Reported
from posthouse.protocols.dsn.notice import read_notice
from posthouse.security.vault import keyring
from posthouse.sending.outbox import store
from posthouse.sending.outbox.events import Delivered, DeliveryFailed
from posthouse.sending.outbox.reports import seal_report
from posthouse.sending.outbox.return_path import is_ours, recipient_of

_DELIVERED_TO = re.compile(rb"^Delivered-To: (bounce\+[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_SLICE = 20


async def note_bounces(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """Mail that came in over a return path: whose delivery failed after all, and why.

    Reports of failure are believed, whether they have fields (RFC 3464) or only words: nobody else
    knows the address. The sender finds every other answer in the mailbox.
    """
    copies = [copy for e in events if e.door == "dsn" for copy in e.mailbox_message_ids]
    for start in range(0, len(copies), _SLICE):
        raws = await read_raws(tx, copies[start : start + _SLICE])
        for raw in raws.values():
            await _note_bounce(tx, raw)


async def yield_to_clients(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """A mail client that puts its own copy into Sent is believed: ours leaves the folder.

    APPEND always makes a new folder message, whose uid the client was told; ours it never saw.
    """
    copies = [copy for e in events if e.door == "append" for copy in e.mailbox_message_ids]
    for place in await places_of(tx, copies):
        if place.special_use != "sent":
            continue
        beside = await places_of_message(tx, place.mailbox_id, place.message_id)
        ours = [p for p in beside if p.folder_id == place.folder_id and p.door == "submission"]
        await take_out(tx, ours)


async def keep_copies(tx: Tx, events: Sequence[Delivered]) -> None:
    """What has left by the server of a linked account is to be in Sent there, too."""
    await expect_copies(tx, sorted({copy for e in events for copy in e.mailbox_message_ids}))


# Nearly all mail is none of these: where much of it comes, it is looked through once a second.
LISTENERS = (
    Listener(name="outbox.bounces", kinds=(MessagesFiled,), handle=note_bounces, gather=1.0),
    Listener(
        name="outbox.sent-copies", kinds=(MessagesFiled,), handle=yield_to_clients, gather=1.0
    ),
    Listener(name="outbox.account-copies", kinds=(Delivered,), handle=keep_copies, gather=1.0),
)


async def _note_bounce(tx: Tx, raw: bytes) -> None:
    prefix, rest = mime.split_trace(raw)
    match = _DELIVERED_TO.search(prefix)
    found = recipient_of(match[1].decode("ascii", "replace")) if match else None
    if found is None or not is_ours(await keyring(tx), *found):
        return
    notice = await asyncio.to_thread(read_notice, mime.scan(rest))
    if notice is None or notice.kind is not Kind.FAILED:
        return
    failures = [each for each in notice.recipients if each.action == "failed"]
    if failures:
        await _fail(tx, found[0], failures[0])


async def _fail(tx: Tx, recipient_id: UUID, reported: Reported) -> None:
    rows = await store.find_recipients(tx, tx.workspace, [recipient_id])
    if not rows:
        return
    report = seal_report(
        await keyring(tx),
        recipient_id,
        reply=reported.diagnostic,
        host=reported.remote_host,
        reason=reported.reason or "",
    )
    status = reported.status or "5.0.0"
    if not await store.fail_late(tx, recipient_id, status, report, clock.now()):
        return
    outbox_message_id = rows[0]["outbox_message_id"]
    copy = rows[0]["mailbox_message_id"]
    await store.finish_messages(tx, [outbox_message_id], clock.now())
    announce(
        tx,
        DeliveryFailed(
            outbox_message_ids=[outbox_message_id],
            mailbox_message_ids=[copy] if copy else [],
            recipient_ids=[recipient_id],
        ),
    )
