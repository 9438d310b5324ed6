"""Linked accounts: the first sync of a Dovecot's mailbox, what comes later, and when nothing does.

Beside us mbsync brings the same mailbox into a Maildir, with fsync, and looks at it again.
"""

import asyncio
import contextlib
import imaplib
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.figures import Figure, percentile, rounds, scaled
from bench.house import opened, running_house, settle
from bench.letters import letters, write_maildir
from bench.lines import real
from bench.peers import ADDRESS, PASSWORD, Dovecot, running_dovecot
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
from tests.support.running import ANNA, RunningPosthouse
from tests.support.settling import until_settled

MESSAGES = 20_000
_NEWEST = 200
_ARRIVALS = 60
_THERE = "anna@provider.example"
_LARGEST = 50 << 20
# Too often and looking takes time from who is measured.
_LOOK = 0.01


@dataclass(slots=True)
class _Seconds:
    """Of each run."""

    stored: list[float] = field(default_factory=list)
    searchable: list[float] = field(default_factory=list)
    newest: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    unchanged_plain: list[float] = field(default_factory=list)
    mbsync: list[float] = field(default_factory=list)
    mbsync_again: list[float] = field(default_factory=list)


def measure() -> Iterator[Figure]:
    """Six figures, in seconds."""
    count = scaled(MESSAGES)
    seconds = _Seconds()
    folder = Path(tempfile.mkdtemp(prefix="posthouse-sync-"))
    try:
        write_maildir(folder / "source", letters(count, pool=real()))
        for _ in range(rounds()):
            with running_dovecot() as dovecot:
                dovecot.fill(folder / "source")
                _mbsync(folder, dovecot, seconds)
                with running_house(link_private_hosts="on") as house:
                    settle(house)
                    os.sync()
                    asyncio.run(_ours(house, dovecot, count, seconds))
    finally:
        shutil.rmtree(folder)
    yield from _figures(seconds, f"{count} messages of about 10 KB, {rounds()} runs")


def _figures(seconds: _Seconds, ran: str) -> Iterator[Figure]:
    for name, ours, peers, limit in (
        ("first sync until stored", seconds.stored, seconds.mbsync, 1.5),
        ("first sync until linked and searchable", seconds.searchable, seconds.mbsync, 3.0),
        (
            "resync of what is unchanged, no CONDSTORE",
            seconds.unchanged_plain,
            seconds.mbsync_again,
            2.5,
        ),
    ):
        yield Figure(
            name=name, unit="s", ours=ours, peers=peers, peer="mbsync", limit=limit, ran=ran
        )
    for name, ours, limit in (
        (f"first sync until the newest {_NEWEST} are here", seconds.newest, 3.0),
        ("new mail there until it is here, p95", seconds.arrivals, 1.0),
        ("resync of what is unchanged, QRESYNC, after the sign-in", seconds.unchanged, 0.2),
    ):
        yield Figure(name=name, unit="s", ours=ours, limit=limit, ran=ran)


async def _ours(house: RunningPosthouse, dovecot: Dovecot, count: int, seconds: _Seconds) -> None:
    async with opened(house) as database:
        began = time.monotonic()
        account = await _link(database, dovecot)
        await _until(partial(_has, database, account, min(count, _NEWEST)))
        seconds.newest.append(time.monotonic() - began)
        await _until(partial(_has, database, account, count))
        seconds.stored.append(time.monotonic() - began)
        await until_settled(database)
        seconds.searchable.append(time.monotonic() - began)
        await _until(partial(_is_done, database, account))
        seconds.arrivals.append(
            percentile(await _arrivals(database, account, dovecot, count), 0.95)
        )
        await _pause(database, account)
        seconds.unchanged.append(await _look_again(database, account, {}))
        without = {"QRESYNC": False, "CONDSTORE": False}
        seconds.unchanged_plain.append(await _look_again(database, account, without))


async def _link(database: Database, dovecot: Dovecot) -> LinkedAccount:
    actor = await actor_of(database, ANNA)
    async with database.workspace(actor.workspace_id) as tx:
        return await link_account(
            tx,
            actor,
            address=_THERE,
            servers=_servers(dovecot),
            secret=Secret(password=PASSWORD),
        )


def _servers(dovecot: Dovecot) -> Servers:
    return Servers(
        incoming=Server(host="127.0.0.1", port=dovecot.imap, security="plain"),
        outgoing=None,
        login=ADDRESS,
    )


async def _pause(database: Database, account: LinkedAccount) -> None:
    actor = await actor_of(database, ANNA)
    async with database.workspace(actor.workspace_id) as tx:
        await pause_account(tx, actor, account.id)


async def _until(there: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await there():
            return
        await asyncio.sleep(_LOOK)


async def _has(database: Database, account: LinkedAccount, count: int) -> bool:
    async with database.workspace(account.workspace_id) as tx:
        found = await tx.connection.fetchval(
            "SELECT sum(message_count) FROM folders WHERE mailbox_id = $1", account.mailbox_id
        )
    return int(found or 0) >= count


async def _is_done(database: Database, account: LinkedAccount) -> bool:
    async with database.workspace(account.workspace_id) as tx:
        done = await tx.connection.fetchval(
            "SELECT history_done_at FROM linked_accounts WHERE id = $1", account.id
        )
    return done is not None


async def _arrivals(
    database: Database, account: LinkedAccount, dovecot: Dovecot, count: int
) -> list[float]:
    """Seconds of each, from APPEND's answer there until the folder here has it."""
    pauses, taken = random.Random(7), []
    client = imaplib.IMAP4("127.0.0.1", dovecot.imap)
    try:
        client.login(ADDRESS, PASSWORD)
        for number, raw in enumerate(letters(scaled(_ARRIVALS), seed=9), start=1):
            await asyncio.sleep(pauses.uniform(0.05, 0.4))
            await asyncio.to_thread(client.append, "INBOX", "", "", raw)
            began = time.monotonic()
            await _until(partial(_has, database, account, count + number))
            taken.append(time.monotonic() - began)
    finally:
        client.logout()
    return taken


async def _look_again(
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
        address=_THERE,
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


def _mbsync(folder: Path, dovecot: Dovecot, seconds: _Seconds) -> None:
    """Into a fresh Maildir, and once more when nothing has changed."""
    target = folder / "pulled"
    target.mkdir()
    config = write_config(folder, dovecot.imap, ADDRESS, PASSWORD, target)
    for taken in (seconds.mbsync, seconds.mbsync_again):
        began = time.monotonic()
        subprocess.run(
            ["mbsync", "-q", "-c", str(config), "bench"],
            check=True,
            env={**os.environ, "HOME": str(folder)},
        )
        taken.append(time.monotonic() - began)
    shutil.rmtree(target)
