"""Random changes on both sides, with connections that are cut in between: both sides end equal, and
nothing is lost or doubled.

`make test-histories N=2000` runs many; the seed of each that fails is told. POSTHOUSE_HISTORIES and
POSTHOUSE_HISTORIES_SEED (the first one's seed) do the same for this file.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.security.vault import Vault
from tests.support.dovecot import OldServer, old_server
from tests.support.histories import History
from tests.support.house import Workspace, open_house
from tests.support.linked import Linked, link
from tests.support.postgres import FreshDatabase
from tests.support.visiting_process import told

from .test_visit import WITHOUT

pytestmark = pytest.mark.interop

MANY = int(os.environ.get("POSTHOUSE_HISTORIES", "3"))
# The few that everybody runs are the same each time; 0 is a seed of its own for each run.
FIRST = int(os.environ.get("POSTHOUSE_HISTORIES_SEED", "40000"))
KEY = os.urandom(32)
ROUNDS = 8
ROUNDS_WITH_KILLS = 3  # each is another process


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture
async def house(database: FreshDatabase, tmp_path: Path) -> AsyncIterator[Database]:
    """One that other processes can open."""
    opened = await open_house(database, tmp_path)
    opened.provide(Vault(KEY))
    yield opened
    await opened.close()


@pytest.mark.timeout(120 + 30 * MANY)
async def test_both_sides_end_equal(house: Database, workspace: Workspace, server: OldServer):
    first = FIRST or random.SystemRandom().randrange(1 << 32)
    print(f"{MANY} histories from seed {first}")
    failed: list[Exception] = []
    for seed in range(first, first + MANY):
        speaks = list(WITHOUT)[seed % len(WITHOUT)]
        linked = await link(house, workspace, server, f"history-{seed}", WITHOUT[speaks])
        history = History(linked, seed)
        try:
            await history.run(ROUNDS)
        except Exception as error:
            print(f"seed {seed} ({speaks}): {error!r}"[:500], *history.told, sep="\n  ", flush=True)
            failed.append(error)
        await unlink(linked)
        if (done := seed - first + 1) % 25 == 0:
            print(f"{done} histories, {len(failed)} failed", flush=True)
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {MANY} histories from seed {first}", failed)


@pytest.mark.timeout(120 + 30 * MANY)
async def test_a_process_that_is_killed_in_the_middle(
    house: Database,
    workspace: Workspace,
    server: OldServer,
    database: FreshDatabase,
    tmp_path: Path,
):
    """kill -9, at some moment of a visit."""
    first = FIRST or random.SystemRandom().randrange(1 << 32)
    print(f"killed histories from seed {first}")
    for seed in range(first, first + max(1, MANY // 20)):
        linked = await link(house, workspace, server, f"killed-{seed}")
        history = KilledHistory(linked, seed, told(linked, database.owner_dsn, KEY, tmp_path))
        try:
            await history.run(ROUNDS_WITH_KILLS)
        except Exception:
            print(f"seed {seed}", *history.told, sep="\n  ", flush=True)
            raise
        await unlink(linked)


class KilledHistory(History):
    """Whose visits are another process's, which is killed."""

    def __init__(self, linked: Linked, seed: int, given: str) -> None:
        super().__init__(linked, seed)
        self._given = given

    async def visit(self) -> None:
        """Some visits, and the last one up to somewhere."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.visiting_process", self._given),
            env={**os.environ, "PYTHONPATH": "src:."},
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        moment = self._chance.random() / 2
        self.told.append(f"killed after {moment}")
        await asyncio.sleep(moment)
        process.kill()
        await process.wait()


async def unlink(linked: Linked) -> None:
    """Thousands of accounts in one house are another test."""
    async with linked.house.workspace(linked.workspace.id) as tx:
        await tx.connection.execute("DELETE FROM linked_accounts")
