"""Random changes here and at Exchange, visits that are cut, answers that nobody hears: both sides
end equal, and nothing is lost or doubled.
"""

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.ews.driver import EwsDriver, connect_ews
from tests.support.ews_server import EwsServer, cut, ews_server
from tests.support.house import Workspace
from tests.support.keyed import KeyedLinked
from tests.support.keyed_histories import MANY, Mischief, many_histories
from tests.support.linked_ews import link_ews

_OPERATIONS = ("SyncFolderItems", "GetItem", "MoveItem", "DeleteItem", "UpdateItem", "FindFolder")


@pytest.mark.timeout(120 + 30 * MANY)
async def test_both_sides_end_equal(house: Database, workspace: Workspace, tmp_path: Path):
    @contextlib.asynccontextmanager
    async def linking() -> AsyncIterator[tuple[KeyedLinked, Mischief]]:
        async with ews_server(tmp_path) as server:
            trouble = Trouble(server)
            linked = await link_ews(house, workspace, server)
            linked.connect = trouble.connect
            yield linked, trouble.brew

    await many_histories(house, workspace, linking)


class Trouble:
    """What Exchange does to the next visit, and to no other."""

    def __init__(self, server: EwsServer) -> None:
        self._server = server
        self._unheard: list[tuple[str, bool]] = []

    def brew(self, chance: random.Random) -> str:
        words = []
        if chance.random() < 0.3:
            self._unheard.append((chance.choice(_OPERATIONS), chance.random() < 0.7))
            words.append(f"no answer to {self._unheard}")
        if chance.random() < 0.2:
            self._server.mailbox.forget_sync_states()
            words.append("sync states forgotten")
        return ", ".join(words)

    async def connect(self, sign_in: SignIn, outside: Outside) -> EwsDriver:
        self._server.faults.waiting.clear()
        for operation, done in self._unheard:
            self._server.faults.add(operation, cut(1, done=True) if done else cut())
        self._unheard.clear()
        return await connect_ews(sign_in, outside)
