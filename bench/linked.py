"""One mailbox of a Dovecot as Anna's linked account, and mbsync beside it."""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from bench.peers import ADDRESS, PASSWORD, Dovecot
from bench.pull import write_config
from posthouse.foundation.db import Database
from posthouse.mail.accounts.actions import link_account, pause_account
from posthouse.mail.accounts.driver import SignIn
from posthouse.mail.accounts.hands import Hands
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.model import LinkedAccount, Secret, Server, Servers
from posthouse.mail.accounts.reaching import outside_of
from posthouse.mail.accounts.visit import Visit
from posthouse.security.members import actor_of
from tests.support.running import ANNA

THERE = "anna@provider.example"
_LARGEST = 50 << 20
# Too often and looking takes time from who is measured.
_LOOK = 0.01


async def link(database: Database, dovecot: Dovecot) -> LinkedAccount:
    """From now on it is brought."""
    actor = await actor_of(database, ANNA)
    async with database.workspace(actor.workspace_id) as tx:
        return await link_account(
            tx,
            actor,
            address=THERE,
            servers=_servers(dovecot),
            secret=Secret(password=PASSWORD),
        )


def _servers(dovecot: Dovecot) -> Servers:
    return Servers(
        incoming=Server(host="127.0.0.1", port=dovecot.imap, security="plain"),
        outgoing=None,
        login=ADDRESS,
    )


async def pause(database: Database, account: LinkedAccount) -> None:
    """The house lets go of it."""
    actor = await actor_of(database, ANNA)
    async with database.workspace(actor.workspace_id) as tx:
        await pause_account(tx, actor, account.id)


async def until(there: Callable[[], Awaitable[bool]]) -> None:
    """As soon as it is so."""
    while True:
        if await there():
            return
        await asyncio.sleep(_LOOK)


async def has(database: Database, account: LinkedAccount, count: int) -> bool:
    """Whether so many messages are here."""
    async with database.workspace(account.workspace_id) as tx:
        found = await tx.connection.fetchval(
            "SELECT sum(message_count) FROM folders WHERE mailbox_id = $1", account.mailbox_id
        )
    return int(found or 0) >= count


async def is_done(database: Database, account: LinkedAccount) -> bool:
    """Whether its first sync is."""
    async with database.workspace(account.workspace_id) as tx:
        done = await tx.connection.fetchval(
            "SELECT history_done_at FROM linked_accounts WHERE id = $1", account.id
        )
    return done is not None


async def look_again(
    database: Database, account: LinkedAccount, overrides: dict[str, bool]
) -> float:
    """A visit in this process, after the sign-in."""
    async with _visiting(database, account, overrides) as visit:
        began = time.monotonic()
        await visit.run()
        return time.monotonic() - began


@contextlib.asynccontextmanager
async def _visiting(
    database: Database, account: LinkedAccount, overrides: dict[str, bool]
) -> AsyncIterator[Visit]:
    sign_in = SignIn(
        kind="imap",
        address=THERE,
        servers=account.servers,
        secret=Secret(password=PASSWORD),
        overrides=overrides,
    )
    driver, hands = await connect_imap(sign_in, await outside_of(database)), Hands()
    try:
        yield Visit(database, driver, account, hands, largest=_LARGEST)
    finally:
        hands.close()
        await driver.close()


def mbsync(folder: Path, dovecot: Dovecot) -> float:
    """Seconds until the Maildir `folder`/pulled is in step, from nothing when it is empty."""
    target = folder / "pulled"
    target.mkdir(exist_ok=True)
    config = write_config(folder, dovecot.imap, ADDRESS, PASSWORD, target)
    began = time.monotonic()
    subprocess.run(
        ["mbsync", "-q", "-c", str(config), "bench"],
        check=True,
        env={**os.environ, "HOME": str(folder)},
    )
    return time.monotonic() - began
