"""Exporting a held mailbox: its folders, and what was deleted and is kept by the hold."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict
from posthouse.mail.holds import actions, store
from posthouse.mail.holds.model import Hold
from posthouse.mail.mailboxes.model import Fetched
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.mail.transfer.exporting import ExportFormat, Message, Target, export_mailbox
from posthouse.security.members import Actor

# No folder's own name: those begin with a dot in a Maildir++, and end in .mbox in the other form.
DELETED = "deleted"
_BATCH = 100
_FIRST = UUID(int=0)


async def export_held(
    database: Database, actor: Actor, hold_id: UUID, directory: Path, form: ExportFormat
) -> int:
    """Write all mail of a held mailbox; how many messages. That it was done is recorded.

    Raises Denied, NotFound, Conflict when the hold was lifted or the directory is not empty.
    """
    async with database.workspace(actor.workspace_id) as tx:
        hold = await actions.read_hold(tx, actor, hold_id)
    if hold.lifted_at is not None:
        raise Conflict("This hold was lifted: its mailbox is no longer held by it.")
    count = await export_mailbox(database, directory, hold.address, form)
    target = Target.beside(directory, DELETED, form)
    async for batch in _deleted(database, actor.workspace_id, hold):
        await asyncio.to_thread(target.write, batch)
        count += len(batch)
    async with database.workspace(actor.workspace_id) as tx:
        by = None if actor.is_system else actor.member_id
        await store.note_export(tx, hold_id, by, count, clock.now())
    return count


async def _deleted(
    database: Database, workspace_id: UUID, hold: Hold
) -> AsyncIterator[list[Message]]:
    """Batches of what is in no folder any more, numbered in the order it came."""
    after, number = _FIRST, 0
    while True:
        async with database.workspace(workspace_id) as tx:
            rows = await store.deleted_messages(tx, hold.mailbox_id, after, _BATCH)
            raws = await read_raws(tx, [row["id"] for row in rows])
        if not rows:
            return
        batch: list[Message] = []
        for row in rows:
            number += 1
            one = Fetched(uid=number, flags=0, modseq=0, internal_date=row["received_at"])
            batch.append((one, raws[row["id"]]))
        yield batch
        after = rows[-1]["id"]
