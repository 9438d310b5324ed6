"""Random changes on both sides, with connections that are cut in between: both sides end equal, and
nothing is lost or doubled.

`make test-histories N=2000` runs many; the seed of each that fails is told. POSTHOUSE_HISTORIES and
POSTHOUSE_HISTORIES_SEED (the first one's seed) do the same for this file.
"""

import os
import random
from collections.abc import Iterator

import pytest

from posthouse.foundation.db import Database
from tests.support.dovecot import OldServer, old_server
from tests.support.histories import History
from tests.support.house import Workspace
from tests.support.linked import Linked, link

from .test_visit import WITHOUT

pytestmark = pytest.mark.interop

MANY = int(os.environ.get("POSTHOUSE_HISTORIES", "3"))
FIRST = int(os.environ.get("POSTHOUSE_HISTORIES_SEED", "0"))
ROUNDS = 8


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


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


async def unlink(linked: Linked) -> None:
    """Thousands of accounts in one house are another test."""
    async with linked.house.workspace(linked.workspace.id) as tx:
        await tx.connection.execute("DELETE FROM linked_accounts")
