"""Putting what is filed here alone into the folder there: drafts, copies, imports. Each once.

It is noted before the server is asked. Where the server tells no UID (no UIDPLUS, RFC 4315), or the
connection is cut before we hear it, the next listing shows the message, and it is taken for ours:
by its content, or by its Message-ID where the server has changed it.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import keywords
from posthouse.mail.accounts.driver import Writable
from posthouse.mail.accounts.errors import Refused
from posthouse.mail.accounts.macros import LEDGER_MACROS
from posthouse.mail.accounts.model import LinkedAccount
from posthouse.mail.accounts.remote_folders import KnownFolder
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.protocols import mime

SQL = load_queries("posthouse.mail.accounts", "appending.sql", macros=LEDGER_MACROS)
_AT_ONCE = 50
# Until a server shows what it has taken; doubled each time it was not there, or refused.
_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=12)
# A mail program may send what it puts into Sent, and the provider then keeps a copy by itself.
_SENT_PAUSE = timedelta(minutes=2)

log = logging.getLogger(__name__)


class Appender:
    """Of one connection; folders are open for writing, caught up, and nothing of them waits."""

    def __init__(self, database: Database, driver: Writable, account: LinkedAccount) -> None:
        self._database = database
        self._driver = driver
        self._account = account

    async def append(self, folder: KnownFolder) -> None:
        """One after the other, each written down at once. Raises AccountError."""
        modseq = our_uid = 0
        while True:
            async with self._tx() as tx:
                rows = await tx.rows(
                    SQL["only_here"],
                    workspace_id=tx.workspace,
                    id=folder.id,
                    modseq=modseq,
                    our_uid=our_uid,
                    now=clock.now(),
                    limit=_AT_ONCE,
                )
                names = await keywords.names_of(tx, self._account.mailbox_id)
            if not rows:
                return
            modseq, our_uid = rows[-1]["modseq"], rows[-1]["our_uid"]
            for row in rows:
                await self._put(folder, row, names)

    async def _put(self, folder: KnownFolder, row: Row, names: Mapping[int, str]) -> None:
        identifier = row["mailbox_message_id"]
        if folder.special_use == "sent" and row["attempts"] is None:
            async with self._tx() as tx:
                await _note(tx, folder, row, attempts=0, pause=_SENT_PAUSE)
            return
        attempts = (row["attempts"] or 0) + 1
        async with self._tx() as tx:
            raw = (await read_raws(tx, [identifier])).get(identifier)
            pause = min(_PAUSE * 2 ** min(attempts - 1, 10), _LONGEST_PAUSE)
            await _note(tx, folder, row, attempts=attempts, pause=pause)
        if raw is None:
            return
        served = mime.to_crlf(raw)
        try:
            uid = await self._driver.append(
                folder.named,
                served,
                flags=row["flags"],
                keywords=sorted(names[n] for n in row["keywords"] or () if n in names),
                arrived=row["received_at"],
            )
        except Refused as error:
            # It is here, and asked for again later; others need not wait for it.
            log.warning("accounts: a server does not take a message", extra={"code": error.code})
            return
        if uid:
            async with self._tx() as tx:
                await tx.execute(
                    SQL["keep_appended"],
                    workspace_id=tx.workspace,
                    id=folder.id,
                    generation=folder.generation,
                    uid=uid,
                    flags=row["flags"],
                    keywords=row["keywords"],
                    size=len(served),
                    arrived_at=row["received_at"],
                    mailbox_message_id=identifier,
                )

    def _tx(self) -> AbstractAsyncContextManager[Tx]:
        return self._database.workspace(self._account.workspace_id)


async def find_appended(
    tx: Tx, folder: KnownFolder, digests: Sequence[bytes], message_id_keys: Sequence[bytes]
) -> list[Row]:
    """What we have put there, and no item is yet; `folder_id` is None where it left meanwhile."""
    return await tx.rows(
        SQL["appended_twins"],
        workspace_id=tx.workspace,
        id=folder.id,
        folder_id=folder.folder_id,
        digests=list(digests),
        message_id_keys=list(message_id_keys),
    )


async def found(tx: Tx, folder: KnownFolder, rows: Sequence[Row]) -> None:
    """These were found there; who left meanwhile leaves there, too."""
    if not rows:
        return
    await tx.execute(
        SQL["forget_appends"],
        workspace_id=tx.workspace,
        id=folder.id,
        mailbox_message_ids=[row["mailbox_message_id"] for row in rows],
    )
    if any(row["folder_id"] is None for row in rows):
        await tx.execute(SQL["look_for_all"], workspace_id=tx.workspace, id=folder.id)


async def _note(tx: Tx, folder: KnownFolder, row: Row, *, attempts: int, pause: timedelta) -> None:
    await tx.execute(
        SQL["begin_append"],
        workspace_id=tx.workspace,
        id=folder.id,
        mailbox_message_id=row["mailbox_message_id"],
        attempts=attempts,
        due_at=clock.now() + pause,
        uid_floor=folder.known.uid_next,
    )
