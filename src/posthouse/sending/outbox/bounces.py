"""Reports of failure that come back after another server had taken the mail.

Over our own return path the address says whose delivery it was. What a linked account's provider
reports lies in its Inbox: there the Message-ID of the mail it returns says it, and the recipient.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Tx
from posthouse.foundation.events import announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.prepare import message_id_key
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.protocols import mime
from posthouse.protocols.dsn.model import Kind, Reported
from posthouse.protocols.dsn.notice import read_notice
from posthouse.protocols.mime.model import MESSAGE, Scan
from posthouse.protocols.mime.text import content
from posthouse.security.vault import keyring
from posthouse.sending.outbox import store
from posthouse.sending.outbox.events import DeliveryFailed
from posthouse.sending.outbox.reports import seal_report
from posthouse.sending.outbox.return_path import is_ours, recipient_of

SQL = load_queries("posthouse.sending.outbox", "bounces.sql")
_DELIVERED_TO = re.compile(rb"^Delivered-To: (bounce\+[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_SLICE = 20
# Servers give up after five days (RFC 5321 4.5.4.1).
_LATEST = timedelta(days=10)
_MOST_IDS = 20


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


async def note_account_bounces(tx: Tx, events: Sequence[MessagesFiled]) -> None:
    """What came into linked mailboxes that have sent something lately. Whoever knows the
    Message-ID of a mail can say that it failed: its recipients, and the servers it passed.
    """
    copies = [copy for e in events if e.door == "account" for copy in e.mailbox_message_ids]
    mailboxes = {
        row["id"]: row["mailbox_id"]
        for row in await tx.rows(
            SQL["may_report"],
            workspace_id=tx.workspace,
            mailbox_message_ids=copies,
            since=clock.now() - _LATEST,
        )
    }
    wanted = list(mailboxes)
    for start in range(0, len(wanted), _SLICE):
        for copy, raw in (await read_raws(tx, wanted[start : start + _SLICE])).items():
            await _note_account_bounce(tx, mailboxes[copy], raw)


async def _note_account_bounce(tx: Tx, mailbox_id: UUID, raw: bytes) -> None:
    failures, ids = await asyncio.to_thread(_read, raw)
    if not failures or not ids:
        return
    keys = await keyring(tx)
    rows = await tx.rows(
        SQL["sent_recently"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        message_id_keys=[message_id_key(keys, each) for each in ids],
        since=clock.now() - _LATEST,
    )
    whose = {
        keys.decrypt("outbox_recipients", "address", row["id"], row["address"])
        .decode()
        .casefold(): row["id"]
        for row in rows
    }
    for failure in failures:
        named = [each.casefold() for each in (failure.original, failure.recipient) if each]
        found = next((whose[each] for each in named if each in whose), None)
        if found is None and len(whose) == len(failures) == 1:
            (found,) = whose.values()  # it was sent on from there
        if found is not None:
            await _fail(tx, found, failure)


def _read(raw: bytes) -> tuple[list[Reported], list[str]]:
    """Who failed, and the Message-IDs of the mail that is returned or answered."""
    scan = mime.scan(mime.split_trace(raw)[1])
    notice = read_notice(scan)
    if notice is None or notice.kind is not Kind.FAILED:
        return [], []
    failures = [each for each in notice.recipients if each.action == "failed"]
    return failures, list(dict.fromkeys(_returned_ids(scan)))[:_MOST_IDS]


def _returned_ids(scan: Scan) -> Iterator[str]:
    for part in scan.parts:
        if part.kind == MESSAGE or part.mime_type == "text/rfc822-headers":
            found = mime.message_id(mime.scan(content(scan, part)))
            if found is not None:
                yield found
    yield from mime.in_reply_to(scan)
    yield from mime.references(scan)


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
