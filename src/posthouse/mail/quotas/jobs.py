"""Watching mailboxes fill up: since when one is full, and telling its member in time.

Nothing is counted for it when mail is filed: the sums stand in the folders' rows, and this looks at
them once a minute, of mailboxes with limits only.
"""

import logging
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Tx
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folder_by_use
from posthouse.mail.mailboxes.model import Filing
from posthouse.mail.quotas import store
from posthouse.mail.quotas.model import MailboxUsage, level_of
from posthouse.mail.quotas.notices import write_notice

_EVERY = 60

log = logging.getLogger(__name__)


async def watch(database: Database) -> int:
    """Note how full each mailbox is, and tell where it has become worse; how many were told."""
    async with database.system() as tx:
        workspaces = await store.list_workspaces(tx)
    told = 0
    for workspace_id in workspaces:
        async with database.workspace(workspace_id) as tx:
            found = await store.usage_of(tx, only_limited=True)
        for each in found:
            if _noted(each) != (each.fullness, each.usage.full_since is not None):
                told += await _note(database, workspace_id, each)
    return told


CHORES = (Chore(name="quotas.watch", do=watch, every=_EVERY),)


def _noted(found: MailboxUsage) -> tuple[int, bool]:
    percent = found.usage.percent
    return level_of(percent, found.fullness), percent >= 100


async def _note(database: Database, workspace_id: UUID, found: MailboxUsage) -> bool:
    """With the notice in one transaction: each level is told once, by one process."""
    now = clock.now()
    level, is_full = _noted(found)
    full_since = (found.usage.full_since or now) if is_full else None
    async with database.workspace(workspace_id) as tx:
        if not await store.note_fullness(tx, found, level, full_since) or level <= found.fullness:
            return False
        await _tell(tx, found, level)
    log.info("mailbox %s is %d percent full", found.mailbox_id, found.usage.percent)
    return True


async def _tell(tx: Tx, found: MailboxUsage, level: int) -> None:
    """Into the Inbox, whatever its limit."""
    now = clock.now()
    filing = Filing(
        mailbox_id=found.mailbox_id,
        folder_id=await folder_by_use(tx, found.mailbox_id, "inbox"),
        raw=write_notice(found, level, now),
        received_at=now,
        direction="internal",
        door="hosted",
    )
    await file_messages(tx, [filing])
