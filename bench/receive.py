"""Receiving 10 KB messages over eight connections, beside Postfix that delivers to Dovecot LMTP.

Ours counts from the first byte until all have got their 250 and are readable by IMAP, theirs
until all lie in the Maildir. Meanwhile marked messages are searched for until they are found.
"""

import asyncio
import imaplib
import time
from collections.abc import Iterator

from bench.figures import Figure, percentile, rounds, scaled
from bench.house import opened, running_house
from bench.lines import SEED
from bench.peers import ADDRESS, Dovecot, running_dovecot, running_postfix
from bench.sender import CONNECTIONS, Load, Sender
from posthouse.foundation.db import Database
from posthouse.mail.search.actions import search
from posthouse.mail.search.indexing import SQL as SEARCH
from posthouse.security.members import Actor, actor_of
from tests.support.running import ANNA, RunningPosthouse
from tests.support.settling import until_settled

MESSAGES = 3_000
_SEARCHED = 60
_LOOK = 0.05
# Asking takes our own server's time, so not more often than the figure needs.
_ASK = 0.25


def measure() -> Iterator[Figure]:
    """Two figures: messages a second, and how long after its 250 a message is found."""
    count = scaled(MESSAGES, least=80)
    ours: list[float] = []
    theirs: list[float] = []
    waits: list[float] = []
    with (
        running_house() as house,
        running_dovecot() as dovecot,
        running_postfix(dovecot.lmtp) as port,
    ):
        for number in range(rounds()):
            rate, found_after = asyncio.run(_ours(house, number, count))
            ours.append(rate)
            waits.append(percentile(found_after, 0.95))
            theirs.append(_theirs(dovecot, port, number, count))
    ran = f"{count} distinct messages over {CONNECTIONS} kept connections, {len(ours)} runs"
    yield Figure(
        name="readable, 10 KB",
        unit="messages/s",
        ours=ours,
        peers=theirs,
        peer="Postfix + Dovecot LMTP",
        limit=1.5,
        at_least=True,
        ran=ran,
    )
    yield Figure(
        name="searchable after 250, p95",
        unit="s",
        ours=waits,
        limit=5.0,
        ran=f"{min(_SEARCHED, count)} marked messages a run, asked for every {_ASK} s",
    )


async def _ours(house: RunningPosthouse, number: int, count: int) -> tuple[float, list[float]]:
    """Messages a second, and the waits of the marked ones."""
    every = max(1, count // _SEARCHED)
    marks = {each: f"mark{number}x{each}" for each in range(0, count, every)}
    load = Load(house.ports["smtp"], ANNA, count, SEED + 1 + 2 * number, marks)
    sender = await asyncio.to_thread(Sender, load)
    async with opened(house) as database:
        await until_settled(database)
        await _tidy(database)
        watching = asyncio.create_task(_search_marks(database, sender, set(marks.values())))
        seconds = await asyncio.to_thread(_until_readable, house, sender, count)
        waits = await watching
        await until_settled(database)
    return count / seconds, waits


def _until_readable(house: RunningPosthouse, sender: Sender, count: int) -> float:
    client = house.imap()
    before = _held(client)
    began = time.monotonic()
    sender.run()
    while _held(client) < before + count:
        time.sleep(_LOOK)
    seconds = time.monotonic() - began
    client.logout()
    sender.close()
    return seconds


def _held(client: imaplib.IMAP4) -> int:
    return int(client.select(readonly=True)[1][0] or 0)


async def _search_marks(database: Database, sender: Sender, wanted: set[str]) -> list[float]:
    """Seconds between the 250 of a message and the first search that finds it.

    What came first is found first, so the border between found and not found is halved towards:
    every search takes time from the server that is measured.
    """
    actor = await actor_of(database, ANNA)
    waits: list[float] = []
    while wanted:
        marks = sorted(wanted & sender.accepted.keys(), key=sender.accepted.__getitem__)
        found, unknown = 0, len(marks)
        probe = 0
        while found < unknown:
            if await _is_found(database, actor, marks[probe]):
                found = probe + 1
            else:
                unknown = probe
            probe = (found + unknown) // 2
        now = time.monotonic()
        waits += [now - sender.accepted[mark] for mark in marks[:found]]
        wanted.difference_update(marks[:found])
        await asyncio.sleep(_ASK)
    return waits


async def _tidy(database: Database) -> None:
    """What the house does by itself after twenty quiet seconds: the list of new words is sorted in.

    Searches read that list from end to end, and the peer's run is too short for it.
    """
    connection = await database.connect()
    try:
        await connection.execute(SEARCH["clean_pending"].text)
    finally:
        await connection.close()


async def _is_found(database: Database, actor: Actor, mark: str) -> bool:
    async with database.workspace(actor.workspace_id) as tx:
        return bool((await search(tx, actor, mark)).hits)


def _theirs(dovecot: Dovecot, port: int, number: int, count: int) -> float:
    """Messages a second until the last one lies in the Maildir."""
    sender = Sender(Load(port, ADDRESS, count, SEED + 2 + 2 * number, {}))
    before = dovecot.count()
    began = time.monotonic()
    sender.run()
    while dovecot.count() < before + count:
        time.sleep(_LOOK)
    seconds = time.monotonic() - began
    sender.close()
    return count / seconds
