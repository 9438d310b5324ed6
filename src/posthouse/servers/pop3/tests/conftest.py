"""A POP3 server on a real store, and written conversations with it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.pop3.context import Context
from posthouse.servers.pop3.limits import Limits
from posthouse.servers.pop3.listener import Listener
from tests.support.conversations import PASSWORD, Serve, Server, acme_with_password
from tests.support.house import Workspace

__all__ = ["PASSWORD", "SIGN_IN", "Serve", "Server"]

GREETING = "S: +OK Posthouse is ready\n"
SIGN_IN = f"C: USER anna@acme.example\nS: +OK {{*}}\nC: PASS {PASSWORD}\nS: +OK {{*}}\n"


@pytest.fixture
async def workspace(house: Database) -> Workspace:
    """`acme.example` with Anna, who can sign in."""
    return await acme_with_password(house)


@pytest.fixture
async def serve(house: Database, workspace: Workspace) -> AsyncIterator[Serve]:
    """Start a server; keywords change its context, `limits` its limits."""
    servers: list[Server] = []

    async def start(
        *, limits: dict[str, Any] | None = None, implicit_tls: bool = False, **changes: Any
    ) -> Server:
        context = Context(database=house, limits=replace(Limits(), **(limits or {})), **changes)
        options = ListenerOptions(name="pop3", host="127.0.0.1", port=0, implicit_tls=implicit_tls)
        listener = Listener(options, context)
        await listener.start()
        servers.append(Server(house, workspace, listener, GREETING, SIGN_IN))
        return servers[-1]

    yield start
    for server in servers:
        await server.stop()


@pytest.fixture
async def server(serve: Serve) -> Server:
    return await serve()
