"""Delivering 10 KB messages from a filled queue to smtp-sink, beside Postfix from a filled queue.

Ours are DKIM signed with both keys when they are queued, and held until the clock starts; theirs
wait in the deferred queue until it is flushed. Both are over when no message waits any more. The
sink takes everything and keeps nothing.
"""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta

from bench.figures import Figure, rounds, scaled
from bench.house import opened, running_house, settle
from bench.letters import letters
from bench.lines import SEED
from bench.peers import HoldingPostfix, holding_postfix, running_sink
from bench.sender import Load, Sender
from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.security.members import actor_of
from posthouse.sending.outbox.actions import enqueue
from posthouse.sending.outbox.model import TOPIC
from tests.support.running import ANNA, RunningPosthouse

MESSAGES = 3_000
_DOMAIN = "far.example"
_TOGETHER = 50
_LOOK = 0.02
_FROM = re.compile(rb"^From:.*\r\n(?:[ \t].*\r\n)*", re.MULTILINE)


def measure() -> Iterator[Figure]:
    """One figure: messages a second."""
    count = scaled(MESSAGES, least=100)
    ours: list[float] = []
    theirs: list[float] = []
    with running_sink() as sink, running_house() as house, holding_postfix(sink) as postfix:
        house.must("route", "add", "--domain", "*", "--relay", f"127.0.0.1:{sink}")
        for number in range(rounds()):
            ours.append(_ours(house, number, count))
            theirs.append(_theirs(postfix, number, count))
    yield Figure(
        name="delivered, 10 KB, queue durable, DKIM signed",
        unit="messages/s",
        ours=ours,
        peers=theirs,
        peer="Postfix smtp, unsigned",
        limit=1.0,
        at_least=True,
        ran=f"{count} distinct messages of one recipient each to smtp-sink, {len(ours)} runs",
    )


def _ours(house: RunningPosthouse, number: int, count: int) -> float:
    asyncio.run(_fill(house, number, count))
    settle(house)
    return asyncio.run(_empty(house, count))


async def _fill(house: RunningPosthouse, number: int, count: int) -> None:
    made = letters(count, seed=SEED + 1 + 2 * number, recipient=f"anybody@{_DOMAIN}", marks={})
    written = [_FROM.sub(b"From: Anna <%b>\r\n" % ANNA.encode(), raw, count=1) for raw in made]
    async with opened(house) as database:
        actor = await actor_of(database, ANNA)
        for start in range(0, count, _TOGETHER):
            async with database.workspace(actor.workspace_id) as tx:
                for place, raw in enumerate(written[start : start + _TOGETHER], start):
                    await enqueue(
                        tx,
                        raw=raw,
                        mail_from=ANNA,
                        recipients=[f"r{place}@{_DOMAIN}"],
                        submitted_by=actor.member_id,
                        hold_until=clock.now() + timedelta(days=1),
                        door="composer",
                    )


async def _empty(house: RunningPosthouse, count: int) -> float:
    async with opened(house) as database:
        assert await _waiting(database) == count
        async with database.system() as tx:
            await tx.connection.execute("UPDATE outbox_queue SET due_at = now()")
            tx.signal(TOPIC)
        began = time.monotonic()
        while True:
            if not await _waiting(database):
                return count / (time.monotonic() - began)
            await asyncio.sleep(_LOOK)


async def _waiting(database: Database) -> int:
    async with database.system() as tx:
        return int(await tx.connection.fetchval("SELECT count(*) FROM outbox_queue"))


def _theirs(postfix: HoldingPostfix, number: int, count: int) -> float:
    postfix.hold()
    sender = Sender(Load(postfix.port, f"anybody@{_DOMAIN}", count, SEED + 2 + 2 * number, {}))
    sender.run()
    sender.close()
    while postfix.waiting("deferred") < count:
        time.sleep(_LOOK)
    subprocess.run(["sync"], check=True)
    began = time.monotonic()
    postfix.let_go()
    while postfix.waiting():
        time.sleep(_LOOK)
    return count / (time.monotonic() - began)
