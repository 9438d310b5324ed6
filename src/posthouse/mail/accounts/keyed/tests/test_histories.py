"""Random changes here and at Graph, visits that are cut, a service that forgets and repeats itself:
both sides end equal, and nothing is lost or doubled.

POSTHOUSE_HISTORIES says how many, POSTHOUSE_HISTORIES_SEED the first one's seed.
"""

import os
import random

import pytest

from posthouse.foundation.db import Database
from tests.support.graph_server import Faults, GraphServer, graph_server
from tests.support.house import Workspace
from tests.support.keyed_histories import KeyedHistory
from tests.support.linked_graph import link_graph

MANY = int(os.environ.get("POSTHOUSE_HISTORIES", "2"))
FIRST = int(os.environ.get("POSTHOUSE_HISTORIES_SEED", "0"))
ROUNDS = 6


@pytest.mark.timeout(120 + 30 * MANY)
async def test_both_sides_end_equal(house: Database, workspace: Workspace):
    first = FIRST or random.SystemRandom().randrange(1 << 32)
    print(f"{MANY} histories from seed {first}")
    failed: list[Exception] = []
    for seed in range(first, first + MANY):
        async with graph_server() as server:
            linked = await link_graph(house, workspace, server)
            history = KeyedHistory(linked, seed, lambda chance: trouble(server, chance))
            try:
                await history.run(ROUNDS)
            except Exception as error:
                print(f"seed {seed}: {error!r}"[:500], *history.told, sep="\n  ", flush=True)
                failed.append(error)
            async with house.workspace(workspace.id) as tx:
                await tx.connection.execute("DELETE FROM linked_accounts")
                await tx.connection.execute("DELETE FROM mailboxes WHERE elsewhere")
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {MANY} histories from seed {first}", failed)


def trouble(server: GraphServer, chance: random.Random) -> str:
    """What Graph does now and then."""
    server.page = chance.choice((0, 1, 3))
    server.box.faults = Faults(
        duplicate=chance.random() < 0.3, reorder=chance if chance.random() < 0.3 else None
    )
    if chance.random() < 0.2:
        server.box.forget_tokens()
        return "places forgotten"
    return ""
