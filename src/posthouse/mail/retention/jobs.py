"""The sweep: takes out of folders what the rules do not keep, in small transactions.

It may be stopped and killed at any moment: what one batch took is out, the rest is found again by
the next sweep. Each batch looks at the rule anew.
"""

import logging
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database
from posthouse.foundation.errors import NotFound
from posthouse.mail.mailboxes.changing import take_out
from posthouse.mail.retention import store
from posthouse.mail.retention.model import Place

_EVERY = 3600
# Deliveries into the folder wait for a batch: some tens of milliseconds.
_BATCH = 200

log = logging.getLogger(__name__)


async def sweep(database: Database) -> int:
    """All workspaces; how many messages left their folder."""
    async with database.system() as tx:
        workspaces = await store.list_workspaces(tx)
    return sum([await _sweep_workspace(database, each) for each in workspaces])


CHORES = (Chore(name="retention.sweep", do=sweep, every=_EVERY, first=120),)


async def _sweep_workspace(database: Database, workspace_id: UUID) -> int:
    async with database.workspace(workspace_id) as tx:
        rules = [each.rule for each in await store.list_rules(tx)]
        folders = await store.ruled_folders(tx, rules)
    counts: dict[Place, int] = {}
    for folder_id, place in folders:
        taken = _BATCH
        while taken == _BATCH:
            taken = await _sweep_batch(database, workspace_id, folder_id, place)
            counts[place] = counts.get(place, 0) + taken
    for place, count in counts.items():
        if count:
            log.info("retention: %d messages left %s in workspace %s", count, place, workspace_id)
    return sum(counts.values())


async def _sweep_batch(
    database: Database, workspace_id: UUID, folder_id: UUID, place: Place
) -> int:
    now = clock.now()
    async with database.workspace(workspace_id) as tx:
        days = await store.lock_rule(tx, place)
        if days is None:
            return 0
        uids = await store.due_uids(tx, folder_id, place, now - timedelta(days=days), _BATCH)
        if not uids:
            return 0
        try:
            await take_out(tx, folder_id, uids)
        except NotFound:  # the folder was deleted meanwhile
            return 0
        await store.note_sweep(tx, place, len(uids), now)
    return len(uids)
