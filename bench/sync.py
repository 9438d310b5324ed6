"""Linked accounts: the first sync of a Dovecot's mailbox, and what comes later.

Beside us mbsync brings the same mailbox into a Maildir, with fsync.
"""

import asyncio
import imaplib
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.figures import Figure, percentile, rounds, scaled
from bench.house import opened, running_house, settle
from bench.letters import letters, write_maildir
from bench.lines import real
from bench.linked import has, is_done, link, mbsync, until
from bench.peers import ADDRESS, PASSWORD, Dovecot, running_dovecot
from posthouse.foundation.db import Database
from posthouse.mail.accounts.model import LinkedAccount
from tests.support.running import RunningPosthouse
from tests.support.settling import until_settled

MESSAGES = 20_000
_NEWEST = 200
_ARRIVALS = 60


@dataclass(slots=True)
class _Seconds:
    """Of each run."""

    stored: list[float] = field(default_factory=list)
    searchable: list[float] = field(default_factory=list)
    newest: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    mbsync: list[float] = field(default_factory=list)


def measure() -> Iterator[Figure]:
    """Four figures, in seconds."""
    count = scaled(MESSAGES)
    seconds = _Seconds()
    folder = Path(tempfile.mkdtemp(prefix="posthouse-sync-"))
    try:
        write_maildir(folder / "source", letters(count, pool=real()))
        for _ in range(rounds()):
            with running_dovecot() as dovecot:
                dovecot.fill(folder / "source")
                seconds.mbsync.append(mbsync(folder, dovecot))
                shutil.rmtree(folder / "pulled")
                with running_house(link_private_hosts="on") as house:
                    settle(house)
                    os.sync()
                    asyncio.run(_ours(house, dovecot, count, seconds))
    finally:
        shutil.rmtree(folder)
    yield from _figures(seconds, f"{count} messages of about 10 KB, {rounds()} runs")


def _figures(seconds: _Seconds, ran: str) -> Iterator[Figure]:
    for name, ours, limit in (
        ("first sync until stored", seconds.stored, 1.5),
        ("first sync until linked and searchable", seconds.searchable, 3.0),
    ):
        yield Figure(
            name=name,
            unit="s",
            ours=ours,
            peers=seconds.mbsync,
            peer="mbsync",
            limit=limit,
            ran=ran,
        )
    for name, ours, limit in (
        (f"first sync until the newest {_NEWEST} are here", seconds.newest, 3.0),
        ("new mail there until it is here, p95", seconds.arrivals, 1.0),
    ):
        yield Figure(name=name, unit="s", ours=ours, limit=limit, ran=ran)


async def _ours(house: RunningPosthouse, dovecot: Dovecot, count: int, seconds: _Seconds) -> None:
    async with opened(house) as database:
        began = time.monotonic()
        account = await link(database, dovecot)
        await until(partial(has, database, account, min(count, _NEWEST)))
        seconds.newest.append(time.monotonic() - began)
        await until(partial(has, database, account, count))
        seconds.stored.append(time.monotonic() - began)
        await until_settled(database)
        seconds.searchable.append(time.monotonic() - began)
        await until(partial(is_done, database, account))
        seconds.arrivals.append(
            percentile(await _arrivals(database, account, dovecot, count), 0.95)
        )


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
            await until(partial(has, database, account, count + number))
            taken.append(time.monotonic() - began)
    finally:
        client.logout()
    return taken
