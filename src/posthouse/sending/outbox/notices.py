"""Telling senders what failed or is late: a delivery status notification into their mailbox.

Whoever wrote what we only sent on is told by mail.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.settings import Settings
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folders_by_use
from posthouse.mail.mailboxes.model import Filing
from posthouse.protocols import mime
from posthouse.protocols.dsn.build import Action, Recipient, Report, build_dsn
from posthouse.protocols.mime.build import make_message_id
from posthouse.sending.outbox import store
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.model import Message, Outcome

# A broken script must not bury its owner: beyond this the states still tell.
_MOST_NOTICES = 100
_WINDOW = timedelta(hours=1)
# Of larger ones the header has to do, whatever was asked for.
_LARGEST_WHOLE = 1 << 20


async def may_notify(tx: Tx, outcomes: Sequence[Outcome], now: datetime) -> set[UUID]:
    """The messages whose senders are to be told: never for the null return path."""
    told: set[UUID] = set()
    sent: dict[UUID | None, int] = {}
    for message in {
        outcome.parcel.message.id: outcome.parcel.message for outcome in outcomes
    }.values():
        mailbox_id = None if message.forwarded_by else message.mailbox_id
        if "@" not in message.mail_from or (mailbox_id is None and not message.forwarded_by):
            continue
        if mailbox_id not in sent:
            sent[mailbox_id] = await store.count_notices(tx, mailbox_id, now - _WINDOW)
        if sent[mailbox_id] < _MOST_NOTICES:
            sent[mailbox_id] += 1
            told.add(message.id)
    return told


async def notify_senders(
    tx: Tx, outcomes: Sequence[Outcome], action: Action, now: datetime
) -> None:
    """One report for each message, about all of its recipients that have this in common."""
    if not outcomes:
        return
    by_message: dict[UUID, list[Outcome]] = {}
    for outcome in outcomes:
        by_message.setdefault(outcome.parcel.message.id, []).append(outcome)
    mailboxes = {group[0].parcel.message.mailbox_id for group in by_message.values()}
    inboxes = await folders_by_use(tx, [m for m in mailboxes if m is not None], "inbox")
    filings: list[Filing] = []
    for group in by_message.values():
        message = group[0].parcel.message
        if message.forwarded_by:
            await _tell_stranger(tx, group, action, now)
        elif message.mailbox_id in inboxes:
            filings.append(_filing(tx, group, action, inboxes[message.mailbox_id], now))
    await file_messages(tx, filings)


async def _tell_stranger(
    tx: Tx, outcomes: Sequence[Outcome], action: Action, now: datetime
) -> None:
    message = outcomes[0].parcel.message
    host = tx.database.service(Settings).hostname
    await enqueue(
        tx,
        raw=build_dsn(_report(message, outcomes, action, host, now)),
        mail_from="",
        recipients=[message.mail_from],
        submitted_by=None,
        door="dsn",
    )


def _filing(
    tx: Tx, outcomes: Sequence[Outcome], action: Action, folder_id: UUID, now: datetime
) -> Filing:
    message = outcomes[0].parcel.message
    assert message.mailbox_id is not None
    host = tx.database.service(Settings).hostname
    recipients = sorted(outcome.parcel.leased.recipient_id.bytes for outcome in outcomes)
    return Filing(
        mailbox_id=message.mailbox_id,
        folder_id=folder_id,
        raw=b"Return-Path: <>\r\n" + build_dsn(_report(message, outcomes, action, host, now)),
        received_at=now,
        direction="in",
        door="dsn",
        source_key=sha256(f"notice {action}".encode() + b"".join(recipients)).digest(),
    )


def _report(
    message: Message, outcomes: Sequence[Outcome], action: Action, host: str, now: datetime
) -> Report:
    header = message.content[: message.header_size]
    request = outcomes[0].parcel.request
    # RFC 3461 4.3: the whole message comes back only when it failed.
    whole = action == "failed" and request.ret == "FULL" and len(message.content) <= _LARGEST_WHOLE
    return Report(
        to=message.mail_from,
        host=host,
        date=now,
        message_id=make_message_id(os.urandom(20), host),
        recipients=tuple(
            Recipient(
                address=outcome.parcel.address,
                action=action,
                status=outcome.reply.enhanced,
                diagnostic=str(outcome.reply),
                remote_host=outcome.host,
                last_attempt=now,
                retry_until=outcome.parcel.give_up_at,
                original=outcome.parcel.request.original_recipient,
            )
            for outcome in outcomes
        ),
        header=header,
        subject=mime.subject(mime.scan(header)),
        envelope_id=request.envelope_id,
        arrived=message.created_at,
        content=message.content if whole else b"",
    )
