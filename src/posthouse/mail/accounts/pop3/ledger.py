"""The ledger of a POP3 account: uids of our own, by UIDL and header."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts.ledger import Waiting
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.pop3.driver import INBOX
from posthouse.mail.accounts.pop3.keeping import read_keeping
from posthouse.mail.accounts.pop3.matching import Errand, Item
from posthouse.mail.accounts.remote_folders import KnownFolder, insert_folder, list_folders
from posthouse.mail.mailboxes.folders import find_folder

SQL = load_queries("posthouse.mail.accounts.pop3", "ledger.sql")
# A server that gives everything the same name or header is not to fill our memory.
_MOST_FOUND = 5_000


class Ledger:
    """Of one account; every call is in the caller's transaction."""

    def __init__(self, folder: KnownFolder, kept_days: int | None, largest: int) -> None:
        self.folder = folder
        self.largest = largest
        self._kept_days = kept_days

    @classmethod
    async def open(cls, tx: Tx, account: LinkedAccount, largest: int) -> "Ledger":
        """Made with the first visit; what has more octets than `largest` stays there."""
        known = await list_folders(tx, account.id)
        if not known:
            ours = await find_folder(tx, account.mailbox_id, "INBOX")
            await insert_folder(tx, account.id, INBOX, ours, mirrored=True)
            known = await list_folders(tx, account.id)
        return cls(known[0], await read_keeping(tx, account.id), largest)

    async def count(self, tx: Tx) -> int:
        """All that it ever had."""
        found: int = await tx.value(SQL["count_items"], **self._here(tx))
        return found

    async def by_names(self, tx: Tx, names: Sequence[bytes]) -> list[Item]:
        """All with one of these UIDLs."""
        rows = await tx.rows(
            SQL["items_by_name"], **self._here(tx), names=list(names), limit=_MOST_FOUND
        )
        return [self._item(row) for row in rows]

    async def by_headers(self, tx: Tx, headers: Sequence[bytes]) -> list[Item]:
        """All with one of these headers."""
        rows = await tx.rows(
            SQL["items_by_header"], **self._here(tx), headers=list(headers), limit=_MOST_FOUND
        )
        return [self._item(row) for row in rows]

    async def insert(
        self,
        tx: Tx,
        uids: Sequence[int],
        sizes: Sequence[int],
        names: Sequence[bytes | None],
        headers: Sequence[bytes | None],
    ) -> None:
        """New ones; the highest uid is not given again."""
        await tx.execute(
            SQL["insert_items"],
            **self._here(tx),
            uids=list(uids),
            sizes=list(sizes),
            names=list(names),
            headers=list(headers),
            largest=self.largest,
            now=clock.now(),
        )

    async def change(self, tx: Tx, items: Sequence[Item]) -> None:
        """What has another name or size, or is back."""
        await tx.execute(
            SQL["change_items"],
            **self._here(tx),
            uids=[item.uid for item in items],
            sizes=[item.size for item in items],
            names=[item.name for item in items],
        )

    async def headers(self, tx: Tx, headers: Mapping[int, bytes]) -> None:
        """uid → keyed hash, of what has been read in full."""
        await tx.execute(
            SQL["note_headers"],
            **self._here(tx),
            uids=list(headers),
            headers=list(headers.values()),
        )

    async def wanted(self, tx: Tx, uids: Sequence[int]) -> list[Waiting]:
        """Of these, what is still to be brought; in their order."""
        rows = await tx.rows(SQL["wanted_among"], **self._here(tx), uids=list(uids))
        found = {row["uid"]: row for row in rows}
        return [
            Waiting(
                uid=uid,
                flags=0,
                keywords=(),
                size=found[uid]["size"],
                arrived=None,
                attempts=found[uid]["attempts"],
                lives=found[uid]["lives"],
            )
            for uid in uids
            if uid in found
        ]

    async def stored(self, tx: Tx, uids: Sequence[int]) -> set[int]:
        """Of these, what is here and may go there."""
        rows = await tx.rows(SQL["stored_among"], **self._here(tx), uids=list(uids))
        return {row["uid"] for row in rows}

    async def gone(self, tx: Tx, uids: Sequence[int], reason: str | None = None) -> None:
        """No longer there: `deleted` by us, or by others."""
        await tx.execute(SQL["note_gone"], **self._here(tx), uids=list(uids), reason=reason)

    async def counted(self, tx: Tx, count: int) -> None:
        """So many are left at the server."""
        await tx.execute(SQL["note_count"], **self._here(tx), count=count)

    async def present(self, tx: Tx, after: int, limit: int) -> list[int]:
        """Uids that were there, ascending."""
        rows = await tx.rows(SQL["present_uids"], **self._here(tx), after=after, limit=limit)
        return [row["uid"] for row in rows]

    def _here(self, tx: Tx) -> Mapping[str, UUID]:
        return {"workspace_id": tx.workspace, "remote_folder_id": self.folder.id}

    def _item(self, row: Row) -> Item:
        return Item(
            uid=row["uid"],
            state=row["state"],
            name=row["key"],
            header=row["header_key"],
            size=row["size"],
            errand=self._errand(row),
        )

    def _errand(self, row: Row) -> Errand:
        if row["state"] == "stored" or row["mailbox_message_id"] is not None:
            return self._errand_when_stored(row["arrived_at"])
        return Errand.NONE if row["state"] in ("filtered", "failed") else Errand.FETCH

    @property
    def errand_of_new(self) -> Errand:
        """What is left to do at the server with what was stored this moment."""
        return Errand.DELETE if self._kept_days == 0 else Errand.NONE

    def _errand_when_stored(self, seen_at: datetime) -> Errand:
        if self._kept_days is None:
            return Errand.NONE
        due = clock.now() - seen_at >= timedelta(days=self._kept_days)
        return Errand.DELETE if due else Errand.NONE
