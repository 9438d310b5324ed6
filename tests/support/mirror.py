"""What our side of a linked account has: its folders, the ledger, how it stands."""

from dataclasses import dataclass, field
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.mail.accounts import store
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.model import Health, LinkedAccount
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, list_folders
from posthouse.mail.mailboxes.model import Door, Filing
from posthouse.mail.mailboxes.reading import WANT_FLAGS, fetch, open_folder
from tests.support.house import Workspace

LARGEST = 50 << 20
# Folder → its messages with flags and keywords, without order.
Mirror = dict[str, list[tuple[bytes, int, tuple[str, ...]]]]


@dataclass
class OurSide:
    """One account of `workspace`."""

    house: Database
    workspace: Workspace
    account: LinkedAccount
    hands: Hands = field(default_factory=Hands, kw_only=True)

    async def here(self) -> Mirror:
        """Folder → messages of our mailbox."""
        found: Mirror = {}
        async with self.house.workspace(self.workspace.id) as tx:
            for folder in await list_folders(tx, self.account.mailbox_id):
                open_now = await open_folder(tx, folder.id, None)
                some = await fetch(tx, folder.id, list(open_now.uids), [WANT_FLAGS, "full"])
                found[folder.name] = sorted(
                    (each.full, int(each.flags), tuple(sorted(open_now.keywords.get(each.uid, ()))))
                    for each in some
                )
        return found

    async def places(self) -> set[tuple[UUID, UUID]]:
        """(message, folder) of our mailbox."""
        async with self.house.workspace(self.workspace.id) as tx:
            rows = await tx.connection.fetch(
                "SELECT p.mailbox_message_id, p.folder_id FROM folder_messages p"
                " JOIN mailbox_messages c ON c.id = p.mailbox_message_id WHERE c.mailbox_id = $1",
                self.account.mailbox_id,
            )
        return {(row["mailbox_message_id"], row["folder_id"]) for row in rows}

    async def file_here(
        self, folder: str, raw: bytes, *, flags: int = 0, door: Door = "append"
    ) -> UUID:
        """As a member does with a mail program; the mailbox message."""
        async with self.house.workspace(self.workspace.id) as tx:
            filing = Filing(
                mailbox_id=self.account.mailbox_id,
                folder_id=await find_folder(tx, self.account.mailbox_id, folder),
                raw=raw,
                received_at=clock.now().replace(microsecond=0),
                direction="out",
                door=door,
                flags=flags,
            )
            (filed,) = await file_messages(tx, [filing])
        assert filed.mailbox_message_id is not None
        return filed.mailbox_message_id

    async def ledger(self) -> dict[str, int]:
        """State → how many items."""
        async with self.house.workspace(self.workspace.id) as tx:
            rows = await tx.connection.fetch(
                "SELECT state, count(*) AS count FROM remote_items GROUP BY state"
            )
        return {row["state"]: row["count"] for row in rows}

    async def filed_events(self) -> int:
        """How many messages were announced as filed."""
        async with self.house.system() as tx:
            return int(
                await tx.connection.fetchval(
                    "SELECT coalesce(sum(jsonb_array_length(body -> 'mailbox_message_ids')), 0)"
                    " FROM events WHERE kind = 'MessagesFiled'"
                )
            )

    async def health(self) -> Health:
        async with self.house.workspace(self.workspace.id) as tx:
            return (await store.list_health(tx, account_id=self.account.id))[0]
