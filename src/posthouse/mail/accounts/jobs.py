"""Work that comes round by itself: telling of accounts that are behind, copies of sent mail, and
emptying the mailboxes of unlinked ones.
"""

from uuid import UUID

from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database
from posthouse.mail.accounts import standing, store
from posthouse.mail.accounts.sent_copies import settle_copies
from posthouse.mail.mailboxes.changing import take_out

_SLICE = 500


async def empty_unlinked(database: Database) -> int:
    """Take the mail out of mailboxes that nobody sees any more, and them away when it is erased."""
    async with database.system() as tx:
        workspaces = await store.list_workspaces(tx)
    return sum([await _empty(database, each) for each in workspaces])


CHORES = (
    Chore(name="accounts.behind", do=standing.tell_behind, every=60, first=30),
    Chore(name="accounts.sent-copies", do=settle_copies, every=5, first=5),
    Chore(name="accounts.unlinked", do=empty_unlinked, every=300, first=20),
)


async def _empty(database: Database, workspace_id: UUID) -> int:
    async with database.workspace(workspace_id) as tx:
        folders = await store.folders_to_empty(tx)
    count = 0
    for folder_id in folders:
        taken = _SLICE
        while taken == _SLICE:
            async with database.workspace(workspace_id) as tx:
                uids = await store.some_uids(tx, folder_id, _SLICE)
                taken = len(await take_out(tx, folder_id, uids))
            count += taken
    async with database.workspace(workspace_id) as tx:
        await store.delete_empty_mailboxes(tx)
    return count
