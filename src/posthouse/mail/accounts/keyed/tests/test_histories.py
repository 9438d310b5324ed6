"""Random changes here and at Graph, visits that are cut, a service that forgets and repeats itself:
both sides end equal, and nothing is lost or doubled.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from posthouse.foundation.db import Database
from tests.support.graph_server import Faults, GraphServer, graph_server
from tests.support.house import Workspace
from tests.support.keyed import KeyedLinked
from tests.support.keyed_histories import MANY, Mischief, many_histories
from tests.support.linked_graph import link_graph


@pytest.mark.timeout(120 + 30 * MANY)
async def test_both_sides_end_equal(house: Database, workspace: Workspace):
    @asynccontextmanager
    async def linking() -> AsyncIterator[tuple[KeyedLinked, Mischief]]:
        async with graph_server() as server:
            linked = await link_graph(house, workspace, server)
            yield linked, lambda chance: trouble(server, chance)

    await many_histories(house, workspace, linking)


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
