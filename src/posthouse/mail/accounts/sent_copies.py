"""The copy of sent mail: once here and once at the server, whether or not the server keeps its own.

Here it is filed when it is sent. When it has left, the server is given a while to keep a copy by
itself; then its Sent folder is looked through for the Message-ID, and only where that is missing
ours is put there. A copy found there later, by a visit, is known by its Message-ID to be ours.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row, Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.accounts import store
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import AccountError
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.model import RemoteFolder
from posthouse.mail.accounts.oauth.tokens import tokens_of
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import read_raws
from posthouse.protocols import mime

SQL = load_queries("posthouse.mail.accounts", "sent_copies.sql")
# How long a server may take until its own copy shows.
GRACE = timedelta(seconds=20)
_HANDS_OFF = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=1)
_AT_ONCE = 5  # in memory together
_ACCOUNTS_AT_ONCE = 20
_SECONDS = 60.0
# The newest in Sent are looked through: the message has just been sent.
_NEWEST = 100
_HEADERS = 50

log = logging.getLogger(__name__)


async def expect_copies(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    """These have left; those of linked accounts with folders are to be in Sent there, too."""
    await tx.execute(
        SQL["expect"],
        workspace_id=tx.workspace,
        mailbox_message_ids=list(mailbox_message_ids),
        due_at=clock.now() + GRACE,
    )


async def own_copies(
    tx: Tx, mailbox_id: UUID, folder_id: UUID, message_id_keys: Iterable[bytes]
) -> dict[bytes, list[Row]]:
    """Key of the Message-ID → messages sent from here that no item is yet, in the Sent folder."""
    found: dict[bytes, list[Row]] = {}
    rows = await tx.rows(
        SQL["own_copies"],
        workspace_id=tx.workspace,
        mailbox_id=mailbox_id,
        folder_id=folder_id,
        message_id_keys=list(message_id_keys),
    )
    for row in rows:
        found.setdefault(row["message_id_key"], []).append(row)
    return found


async def settle_copies(database: Database) -> int:
    """Ask the servers whose turn it is; how many copies are there now."""
    async with database.system() as tx:
        rows = await tx.rows(SQL["accounts_due"], now=clock.now(), limit=_ACCOUNTS_AT_ONCE)
    asking = (_settle(database, row["workspace_id"], row["account_id"]) for row in rows)
    return sum(await asyncio.gather(*asking))


async def _settle(database: Database, workspace_id: UUID, account_id: UUID) -> int:
    async with database.workspace(workspace_id) as tx:
        attempts, raws = await _take(tx, account_id)
    try:
        if raws:
            async with (
                asyncio.timeout(_SECONDS),
                _connected(database, workspace_id, account_id) as driver,
            ):
                await put_there(driver, list(raws.values()))
    except (AccountError, TimeoutError) as error:
        log.info("accounts: a copy of sent mail waits (%s)", type(error).__name__)
        pause = timedelta(minutes=2 ** min(max(attempts.values()), 12))
        async with database.workspace(workspace_id) as tx:
            await tx.execute(
                SQL["put_off"],
                workspace_id=workspace_id,
                mailbox_message_ids=list(raws),
                due_at=clock.now() + min(pause, _LONGEST_PAUSE),
            )
            await _done(tx, [each for each in attempts if each not in raws])
        return len(attempts) - len(raws)
    async with database.workspace(workspace_id) as tx:
        await _done(tx, list(attempts))
    return len(attempts)


async def _take(tx: Tx, account_id: UUID) -> tuple[dict[UUID, int], dict[UUID, bytes]]:
    """What is due with its attempts; of that, the content of what may be missing there."""
    now = clock.now()
    due = await tx.rows(
        SQL["take_due"],
        workspace_id=tx.workspace,
        account_id=account_id,
        now=now,
        until=now + _HANDS_OFF,
        limit=_AT_ONCE,
    )
    attempts = {row["mailbox_message_id"]: row["attempts"] for row in due}
    copies = await tx.rows(
        SQL["copies_now"], workspace_id=tx.workspace, mailbox_message_ids=list(attempts)
    )
    there = {row["mailbox_message_id"] for row in copies if row["is_there"]}
    missing = {
        row["mailbox_message_id"]: row["copy_id"]
        for row in copies
        if row["mailbox_message_id"] not in there
    }
    raws = await read_raws(tx, list(missing.values())) if missing else {}
    return attempts, {each: raws[copy] for each, copy in missing.items() if copy in raws}


async def put_there(driver: Driver, raws: Sequence[bytes]) -> int:
    """Put what is not in Sent there; how many that were. Without such a folder there is nothing to
    be done. Raises AccountError.
    """
    sent = next((each for each in await driver.folders() if each.special_use == "sent"), None)
    if sent is None:
        return 0
    wanted = {_message_id(raw): raw for raw in raws}
    async for found in _newest_ids(driver, sent):
        wanted.pop(found, None)
        if not wanted:
            return 0
    for raw in wanted.values():
        await driver.append(sent, raw, flags=Flags.SEEN)
    return len(wanted)


async def _newest_ids(driver: Driver, sent: RemoteFolder) -> AsyncIterator[str | None]:
    opened = await driver.open(sent, None)
    low = max(1, opened.uid_next - _NEWEST) if opened.uid_next else 1
    uids = (await driver.uids(low, 0))[-_NEWEST:] if opened.exists else []
    while uids:
        uids, some = uids[:-_HEADERS], uids[-_HEADERS:]
        for body in reversed(await driver.headers(some)):
            yield _message_id(body.raw)


def _message_id(raw: bytes) -> str | None:
    end = raw.find(b"\r\n\r\n")
    return mime.message_id(mime.scan(raw if end < 0 else raw[: end + 4]))


@asynccontextmanager
async def _connected(
    database: Database, workspace_id: UUID, account_id: UUID
) -> AsyncIterator[Driver]:
    tokens = await tokens_of(database)
    async with database.workspace(workspace_id) as tx:
        account = await store.read_account(tx, account_id)
        secret = await store.read_secret(tx, account_id)
        sign_in = await tokens.sign_in(tx, account, secret)
    driver = await connect_imap(sign_in, await outside_of(database))
    try:
        yield driver
    finally:
        await driver.close()


async def _done(tx: Tx, mailbox_message_ids: Sequence[UUID]) -> None:
    if mailbox_message_ids:
        await tx.execute(
            SQL["done"],
            workspace_id=tx.workspace,
            mailbox_message_ids=list(mailbox_message_ids),
        )
