"""A ManageSieve server on a real store, and written conversations with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from textwrap import dedent
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.members import Actor, create_workspace
from posthouse.servers.imap.tests.conftest import Client
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.managesieve.context import Context
from posthouse.servers.managesieve.limits import Limits
from posthouse.servers.managesieve.listener import Listener
from tests.support.house import Workspace

PASSWORD = "correct horse battery"
# NUL anna@acme.example NUL correct horse battery
PLAIN = "AGFubmFAYWNtZS5leGFtcGxlAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="
GREETING = 'S: "IMPLEMENTATION" "Posthouse"\nS: {...}\nS: OK "Posthouse is ready."\n'
SIGN_IN = f'C: AUTHENTICATE "PLAIN" "{PLAIN}"\nS: OK "Welcome."\n'


@pytest.fixture
async def workspace(house: Database) -> Workspace:
    """`acme.example` with Anna, who can sign in."""
    made: list[Any] = []

    async def mailbox(tx: Any, actor: Actor) -> None:
        mailbox_id = await make_mailbox(
            tx,
            kind="personal",
            address=actor.address,
            name=actor.name,
            owner_member_id=actor.member_id,
        )
        made.append(mailbox_id)

    actor = await create_workspace(
        house, "Acme", "acme.example", "anna@acme.example", PASSWORD, then=mailbox
    )
    return Workspace(actor.workspace_id, "acme.example", actor.member_id, actor.address, made[0])


@dataclass
class Server:
    """A listener for tests, with clients to it."""

    listener: Listener
    clients: list[Client] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.port

    async def connect(self, script: str = "") -> Client:
        """A client that has read the greeting and followed `script`."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        await client.follow(GREETING + dedent(script).strip())
        return client

    async def signed_in(self, script: str = "") -> Client:
        return await self.connect(SIGN_IN + dedent(script).strip())


Serve = Callable[..., Awaitable[Server]]


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
        servers.append(Server(listener))
        return servers[-1]

    yield start
    for server in servers:
        for client in server.clients:
            client.writer.close()
        await server.listener.stop(grace=2)
    carrying.cancel()


@pytest.fixture
async def server(serve: Serve) -> Server:
    return await serve()
