"""Transactions: what they promise when something inside fails."""

import asyncio
import contextlib

import asyncpg
import pytest

from posthouse.foundation import upkeep
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.foundation.events import Event, announce
from posthouse.foundation.signals import Signals
from tests.support.house import Workspace


class Remarked(Event, frozen=True):
    """For these tests."""

    text: str


async def test_a_failed_transaction_is_never_taken_for_committed(
    house: Database, workspace: Workspace
):
    async def work() -> None:
        async with house.workspace(workspace.id) as tx:
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await tx.connection.execute("SELECT 1 / 0")

    with pytest.raises(RuntimeError, match="failed"):
        await work()


async def test_what_is_announced_comes_back_as_it_was(house: Database, workspace: Workspace):
    text = "it's a \\'; DROP TABLE events; -- $$ \" 报价\n"
    async with house.workspace(workspace.id) as tx:
        announce(tx, Remarked(text=text))
        announce(tx, Remarked(text="'"))
    async with house.system() as tx:
        rows = await tx.connection.fetch(
            "SELECT body FROM events WHERE kind = 'Remarked' ORDER BY seq"
        )
    assert [row["body"]["text"] for row in rows] == [text, "'"]


async def test_an_outer_savepoint_goes_back_behind_an_inner_one(
    house: Database, workspace: Workspace
):
    rename = "UPDATE workspaces SET name = $1"
    async with house.system() as tx:
        with contextlib.suppress(ZeroDivisionError):
            async with tx.savepoint():
                await tx.connection.execute(rename, "outer")
                async with tx.savepoint():
                    await tx.connection.execute(rename, "inner")
                tx.after_commit.append(lambda: pytest.fail("this never happened"))
                raise ZeroDivisionError
    async with house.system() as tx:
        name = await tx.connection.fetchval("SELECT name FROM workspaces")
    assert name == workspace.domain


async def test_upkeep_outlives_a_database_that_is_away(
    house: Database, monkeypatch: pytest.MonkeyPatch
):
    looked = asyncio.Event()

    async def away(database: Database) -> int:
        looked.set()
        raise Busy("The database does not answer right now.")

    monkeypatch.setattr(upkeep, "analyse_grown_tables", away)
    stop = asyncio.Event()
    role = asyncio.create_task(upkeep.serve(house, stop, lambda: None))
    await looked.wait()
    stop.set()
    await role


async def test_signals_outlive_a_connection_that_breaks_in_a_reply(house: Database):
    signals, connections = Signals(), 0
    connected = asyncio.Event()

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        nonlocal connections
        connections += 1
        if connections == 1:
            raise asyncpg.InternalClientError("got result for unknown protocol state")
        connected.set()
        return await house.connect()

    carrying = asyncio.create_task(signals.run(connect))
    await asyncio.wait_for(connected.wait(), 30)
    carrying.cancel()


async def test_a_new_connection_is_no_news(house: Database):
    """Whoever looks for what was missed looks again; nobody takes it for the signal itself."""
    signals = Signals()
    with signals.subscribe("bulk", news_only=True) as news, signals.subscribe("bulk") as look:
        carrying = asyncio.create_task(signals.run(house.connect))
        await asyncio.wait_for(look.wait(), 30)
        assert not news.is_set()
        signals.send(["bulk"])
        assert news.is_set()
    carrying.cancel()
