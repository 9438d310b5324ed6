"""Random changes here and at Gmail, visits that are cut, a history that is forgotten: both sides
end equal, and nothing is lost or doubled.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from posthouse.foundation.db import Database
from tests.support.gmail_server import GmailServer, gmail_server
from tests.support.house import Workspace
from tests.support.keyed import KeyedLinked
from tests.support.keyed_histories import MANY, Mischief, many_histories
from tests.support.linked_gmail import link_gmail

from .conftest import ADDRESS


@pytest.mark.timeout(120 + 30 * MANY)
async def test_both_sides_end_equal(house: Database, workspace: Workspace):
    @asynccontextmanager
    async def linking() -> AsyncIterator[tuple[KeyedLinked, Mischief]]:
        async with gmail_server() as server:
            server.units_left = 1_000_000
            box = server.mailbox(ADDRESS)
            linked = await link_gmail(house, workspace, server, box)
            yield linked, lambda chance: trouble(server, chance)

    await many_histories(house, workspace, linking)


def trouble(server: GmailServer, chance: random.Random) -> str:
    """What Google does now and then."""
    server.most = chance.choice((1, 3, 500))
    server.web.cut_after = chance.randrange(2_000) if chance.random() < 0.2 else None
    if chance.random() < 0.2:
        server.boxes[ADDRESS].forget_history()
        return "history forgotten"
    return ""
