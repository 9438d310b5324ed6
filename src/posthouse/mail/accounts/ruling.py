"""Members' rules for new mail of a linked account: obeyed here, and carried over like any change.

Only what arrived in the Inbox there since the account was linked is new. History, what is moved
within the account, and old mail that somebody puts there fire nothing.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.settings import Settings
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.storing import Filable, Target
from posthouse.mail.mailboxes.changing import (
    copy_messages,
    store_flags,
    take_out,
)
from posthouse.mail.mailboxes.model import Filed
from posthouse.mail.rules import Decision, Incoming, Place, RuleBook, decide, record
from posthouse.protocols import mime

SQL = load_queries("posthouse.mail.accounts", "ruling.sql")
# What an account was behind by is still ruled on; nobody is answered weeks later.
_RECENT = timedelta(days=3)
_WRITTEN = timedelta(days=7)
_RETURN_PATH = re.compile(rb"^Return-Path:[ \t]*<?([^<>\s]*)>?", re.IGNORECASE | re.MULTILINE)

Decisions = Mapping[int, Decision]


async def decide_on(database: Database, target: Target, ready: Sequence[Filable]) -> Decisions:
    """UID → what the mailbox's rules want for it, of what is new."""
    mailbox_id = target.account.mailbox_id
    book = _book_of(database)
    if not target.folder.is_inbox or not ready or not book.concerns([mailbox_id]):
        return {}
    async with database.workspace(target.account.workspace_id) as tx:
        new = await _new_of(tx, target, ready)
    decisions: dict[int, Decision] = {}
    hostname = database.service(Settings).hostname
    for letter, made in new:
        incoming = Incoming(
            mailbox_id=mailbox_id,
            address=target.account.address,
            raw=letter.raw,
            trace=b"",
            mail_from=_mail_from(letter.raw),
            received_at=made.received_at,
            source_key=made.source_key,
        )
        found = await decide(database, book, target.account.workspace_id, [incoming], hostname)
        if mailbox_id in found:
            decisions[letter.item.uid] = found[mailbox_id]
    return decisions


async def obey(tx: Tx, filed: Filed, decision: Decision) -> None:
    """In the transaction that has filed it into the Inbox. It was delivered there already: what is
    rejected stays, and its sender is told; what edits made of it is not kept.
    """
    inbox, uid = filed.folder_id, filed.uid
    places = decision.places
    if decision.refusal is not None:
        decision.drafts = [*decision.drafts, decision.refusal]
        decision.refusal, places = None, [Place()]
    await record(tx, decision)
    kept = [each for each in places if each.folder_id in (None, inbox)]
    others = {each.folder_id: each for each in places if each.folder_id not in (None, inbox)}
    for folder_id, place in others.items():
        assert folder_id is not None
        ((_, new_uid),) = await copy_messages(tx, inbox, [uid], folder_id)
        await _mark(tx, folder_id, new_uid, place)
    if not kept:
        await take_out(tx, inbox, [uid])
    for place in kept[:1]:
        await _mark(tx, inbox, uid, place)


async def _mark(tx: Tx, folder_id: UUID, uid: int, place: Place) -> None:
    if place.flags or place.keywords:
        await store_flags(tx, folder_id, [uid], "+", place.flags, place.keywords)


async def _new_of(tx: Tx, target: Target, ready: Sequence[Filable]) -> list[Filable]:
    row = await tx.row(SQL["since"], workspace_id=tx.workspace, account_id=target.account.id)
    if row is None:
        return []
    recent = [
        one for one in ready if _is_new(one, row["linked_at"], row["history_done_at"], clock.now())
    ]
    if not recent:
        return []
    known = await tx.rows(
        SQL["known"],
        workspace_id=tx.workspace,
        mailbox_id=target.account.mailbox_id,
        digests=[made.prepared.digest for _, made in recent],
    )
    digests = {each["digest"] for each in known}
    return [one for one in recent if one[1].prepared.digest not in digests]


def _is_new(
    one: Filable, linked_at: datetime, history_done_at: datetime | None, now: datetime
) -> bool:
    letter, made = one
    arrived, written = letter.item.arrived, made.prepared.date
    if arrived is None:  # POP3 tells no time: what came with the first sync is history
        arrived = now if history_done_at is not None else linked_at
    recent = max(linked_at, now - _RECENT) < arrived <= now + timedelta(hours=1)
    return recent and (written is None or written > now - _WRITTEN)


def _mail_from(raw: bytes) -> str:
    """RFC 5321 4.4: who delivers writes it on top; "" for reports, or where nobody says it."""
    prefix, _ = mime.split_trace(raw)
    found = _RETURN_PATH.search(prefix)
    return found[1].decode("ascii", "replace") if found else ""


def _book_of(database: Database) -> RuleBook:
    with suppress(KeyError):
        return database.service(RuleBook)
    book = RuleBook(database)
    database.provide(book)
    return book
