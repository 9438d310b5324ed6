"""What a linked account costs in memory while nothing happens: IMAP over TLS, in IDLE."""

import asyncio
import time
from collections.abc import Iterator, Sequence

from bench.figures import Figure, scaled
from bench.house import opened, running_house, settle
from bench.idle import resident
from posthouse.foundation.db import Database
from posthouse.mail.accounts.actions import link_account
from posthouse.mail.accounts.model import Secret, Server, Servers
from posthouse.security.members import actor_of, add_member
from tests.support.dovecot import PASSWORD, OldServer, old_server
from tests.support.running import ANNA, RunningPosthouse

ACCOUNTS = 1_000
_BEFORE = 20  # what a process keeps once it has had some
_OF_A_MEMBER = 20  # as many as one may have
_QUIET = 12  # seconds until all are in IDLE, and some more
_PATIENCE = 1_800


def measure() -> Iterator[Figure]:
    """Two figures of one process: how many it holds, and its resident memory by account."""
    count = scaled(ACCOUNTS)
    with (
        old_server(most_sessions=2 * (count + _BEFORE)) as dovecot,
        running_house(authority=dovecot.authority, link_private_hosts="on") as house,
    ):
        settle(house)
        held, cost = asyncio.run(_cost(house, dovecot, count))
    ran = f"{count} accounts with an empty Inbox at a Dovecot, over TLS, all in IDLE, 1 run"
    yield Figure(
        name="linked accounts that idle in one process",
        unit="accounts",
        ours=[held],
        limit=ACCOUNTS,
        at_least=True,
        ran=ran,
    )
    yield Figure(
        name="memory of an idle linked account", unit="KiB", ours=[cost], limit=150, ran=ran
    )


async def _cost(house: RunningPosthouse, dovecot: OldServer, count: int) -> tuple[float, float]:
    """How many are in step, and KiB by account."""
    names = [f"box{number}@provider.example" for number in range(_BEFORE + count)]
    async with opened(house) as database:
        await _link(database, dovecot, names[:_BEFORE])
        await _until_in_step(database, _BEFORE)
        before = _resident(house)
        await _link(database, dovecot, names[_BEFORE:])
        held = await _until_in_step(database, len(names))
    return float(held), (_resident(house) - before) / count


async def _link(database: Database, dovecot: OldServer, names: Sequence[str]) -> None:
    admin = await actor_of(database, ANNA)
    server = Server(host="localhost", port=dovecot.imaps, security="tls")
    for start in range(0, len(names), _OF_A_MEMBER):
        member = await add_member(
            database,
            admin.workspace_id,
            f"of-{names[start].partition('@')[0]}@acme.example",
            PASSWORD,
        )
        async with database.workspace(admin.workspace_id) as tx:
            for name in names[start : start + _OF_A_MEMBER]:
                await link_account(
                    tx,
                    member,
                    address=name,
                    servers=Servers(incoming=server, outgoing=None, login=name),
                    secret=Secret(password=PASSWORD),
                )


async def _until_in_step(database: Database, count: int) -> int:
    """How many have had their first sync, once these many have."""
    end, done = time.monotonic() + _PATIENCE, 0
    while done < count and time.monotonic() < end:
        async with database.system() as tx:
            done = await tx.connection.fetchval(
                "SELECT count(*) FROM linked_accounts"
                " WHERE history_done_at IS NOT NULL AND state = 'active'"
            )
        await asyncio.sleep(0.5)
    return done


def _resident(house: RunningPosthouse) -> int:
    time.sleep(scaled(_QUIET, least=3))
    return sum(resident(pid) for pid in house.pids_of("work"))
