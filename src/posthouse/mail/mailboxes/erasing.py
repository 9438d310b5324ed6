"""Erasing what is in no folder any more: the copy, and content, identity and body when nobody else
has them, with their data keys.

Never beside a filing of the same content: rows that are being used are left for later, and whoever
wants them while they go stores them anew (filing.py tries again on a foreign key's refusal).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import Listener, announce
from posthouse.foundation.sql import load_queries
from posthouse.mail.mailboxes.events import MessagesErased, MessagesExpunged
from posthouse.security.vault.erasing import let_go

SQL = load_queries("posthouse.mail.mailboxes", "erasing.sql")
# What was filed and taken out at once is still looked at by listeners: search, matching, the log.
GRACE = timedelta(minutes=5)
_BUSY_FOR = timedelta(minutes=1)
# By a draft that answers it, for example.
_HELD_FOR = timedelta(hours=1)
_BATCH = 100


async def note_leavers(tx: Tx, events: Sequence[MessagesExpunged]) -> None:
    """Remember what has left its last folder; it is erased after `GRACE`."""
    await tx.execute(
        SQL["note_leavers"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list({each for e in events for each in e.mailbox_message_ids}),
        due_at=clock.now() + GRACE,
    )


async def erase_due(database: Database) -> int:
    """Erase what is due, in batches, in every workspace; how many mailbox messages.

    Announces MessagesErased.
    """
    now = clock.now()
    async with database.system() as tx:
        rows = await tx.rows(SQL["workspaces_with_erasures"], now=now)
    count = 0
    for row in rows:
        taken = _BATCH
        while taken == _BATCH:
            async with database.workspace(row["workspace_id"]) as tx:
                taken, erased = await _erase_batch(tx, now)
            count += erased
    return count


LISTENERS = (Listener(name="mailboxes.erasing", kinds=(MessagesExpunged,), handle=note_leavers),)
CHORES = (Chore(name="mailboxes.erasing", do=erase_due, every=30),)


async def _erase_batch(tx: Tx, now: datetime) -> tuple[int, int]:
    """(how many were looked at, how many are erased)."""
    taken = await tx.rows(SQL["take_due"], workspace_id=tx.workspace, now=now, limit=_BATCH)
    ids = [row["mailbox_message_id"] for row in taken]
    if not ids:
        return 0, 0
    kept = await _keep_held(tx, ids)
    ids = sorted(set(ids) - kept)
    locked = await tx.rows(SQL["lock_copies"], workspace_id=tx.workspace, mailbox_message_ids=ids)
    free = [row["id"] for row in locked]
    erased, held = await _erase_unheld(tx, free)
    looked_at = sorted(set(free) - set(held))
    await tx.execute(
        SQL["settle_erasures"],
        workspace_id=tx.workspace,
        mailbox_message_ids=ids,
        locked=looked_at,
    )
    await _postpone(tx, held, now + _HELD_FOR)
    await _postpone(tx, sorted(set(ids) - set(free)), now + _BUSY_FOR)
    return len(taken), erased


async def _keep_held(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Those of mailboxes under a legal hold, put aside."""
    unheld = await tx.rows(SQL["lock_unheld"], workspace_id=tx.workspace, mailbox_message_ids=ids)
    kept = await tx.rows(
        SQL["keep_held"],
        workspace_id=tx.workspace,
        mailbox_message_ids=ids,
        unheld=[row["id"] for row in unheld],
    )
    return {row["mailbox_message_id"] for row in kept}


async def _erase_unheld(tx: Tx, ids: Sequence[UUID]) -> tuple[int, list[UUID]]:
    """All at once; one by one when a foreign key holds one. (how many, those that are held)."""
    try:
        async with tx.savepoint():
            return await _erase(tx, ids), []
    except asyncpg.ForeignKeyViolationError:
        if len(ids) == 1:
            return 0, list(ids)
    results = [await _erase_unheld(tx, [copy_id]) for copy_id in ids]
    return sum(count for count, _ in results), [each for _, held in results for each in held]


async def _erase(tx: Tx, ids: Sequence[UUID]) -> int:
    copies = await tx.rows(
        SQL["erase_copies"], workspace_id=tx.workspace, mailbox_message_ids=list(ids)
    )
    if not copies:
        return 0
    variants = await tx.rows(
        SQL["erase_variants"],
        workspace_id=tx.workspace,
        variant_ids=list({row["variant_id"] for row in copies}),
    )
    await tx.execute(
        SQL["erase_messages"],
        workspace_id=tx.workspace,
        message_ids=list({row["message_id"] for row in variants}),
    )
    bodies = await tx.rows(
        SQL["bodies_of_nobody"],
        workspace_id=tx.workspace,
        blob_ids=list({row["body_blob_id"] for row in variants}),
    )
    await let_go(tx, [row["id"] for row in bodies])
    announce(
        tx,
        MessagesErased(
            mailbox_message_ids=[row["id"] for row in copies],
            variant_ids=[row["variant_id"] for row in copies],
        ),
    )
    return len(copies)


async def _postpone(tx: Tx, ids: Sequence[UUID], due_at: datetime) -> None:
    if ids:
        await tx.execute(
            SQL["postpone_erasures"],
            workspace_id=tx.workspace,
            mailbox_message_ids=list(ids),
            due_at=due_at,
        )
