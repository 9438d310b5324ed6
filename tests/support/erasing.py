"""Taking mail out of its folders, and what the role `erasing` does then, at once."""

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes.changing import expunge, store_flags
from posthouse.mail.mailboxes.erasing import LISTENERS, erase_due
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.search.indexing import LISTENER as SEARCH
from posthouse.security.vault.erasing import erase_loose_blobs
from tests.support.house import Workspace


async def take_out(
    house: Database, workspace: Workspace, *uids: int, folder: str = "INBOX"
) -> None:
    """As a mail program does it."""
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, folder)
        await store_flags(tx, folder_id, uids, "+", Flags.DELETED)
        await expunge(tx, folder_id, uids)


async def erase(house: Database) -> int:
    """What left its last folder, the grace being over; how many mailbox messages."""
    await drain(house, [*LISTENERS, SEARCH])
    await make_due(house)
    erased = await erase_due(house)
    await drain(house, [*LISTENERS, SEARCH])
    await erase_loose_blobs(house)
    return erased


async def make_due(house: Database) -> None:
    """The grace of everything is over."""
    async with house.system() as tx:
        await tx.connection.execute("UPDATE erasures SET due_at = now() - interval '1h'")


async def erase_everything(house: Database, workspace: Workspace) -> int:
    """All mail of the workspace's mailbox, in whatever folder."""
    async with house.workspace(workspace.id) as tx:
        rows = await tx.connection.fetch("SELECT folder_id, uid FROM folder_messages")
        for row in rows:
            await store_flags(tx, row["folder_id"], [row["uid"]], "+", Flags.DELETED)
            await expunge(tx, row["folder_id"], [row["uid"]])
    return await erase(house)
