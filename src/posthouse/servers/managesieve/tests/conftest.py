"""A ManageSieve server on a real store, and written conversations with it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.managesieve.context import Context
from posthouse.servers.managesieve.limits import Limits
from posthouse.servers.managesieve.listener import Listener
from tests.support.conversations import PASSWORD, Serve, Server, acme_with_password
from tests.support.house import Workspace

__all__ = ["PASSWORD", "PLAIN", "SIGN_IN", "Serve", "Server"]

# NUL anna@acme.example NUL correct horse battery
PLAIN = "AGFubmFAYWNtZS5leGFtcGxlAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="
GREETING = 'S: "IMPLEMENTATION" "Posthouse"\nS: {...}\nS: OK "Posthouse is ready."\n'
SIGN_IN = f'C: AUTHENTICATE "PLAIN" "{PLAIN}"\nS: OK "Welcome."\n'


@pytest.fixture
async def workspace(house: Database) -> Workspace:
    """`acme.example` with Anna, who can sign in."""
    return await acme_with_password(house)


@pytest.fixture
async def serve(house: Database, workspace: Workspace) -> AsyncIterator[Serve]:
    """Start a server; keywords change its context, `limits` its limits."""
    servers: list[Server] = []
    carrying = asyncio.create_task(house.signals.run(house.connect))

    async def start(*, limits: dict[str, Any] | None = None, **changes: Any) -> Server:
        context = Context(database=house, limits=replace(Limits(), **(limits or {})), **changes)
        options = ListenerOptions(name="managesieve", host="127.0.0.1", port=0)
        listener = Listener(options, context)
        await listener.start()
        servers.append(Server(house, workspace, listener, GREETING, SIGN_IN))
        return servers[-1]

    yield start
    for server in servers:
        await server.stop()
    carrying.cancel()


@pytest.fixture
async def server(serve: Serve) -> Server:
    return await serve()
