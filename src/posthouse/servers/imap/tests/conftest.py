"""An IMAP server on a real store, and written conversations with it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Any
from uuid import UUID

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.access.actions import grant
from posthouse.security.access.model import Level
from posthouse.security.members import Actor
from posthouse.servers.imap.commands import HANDLERS
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.limits import Limits
from posthouse.servers.imap.listener import Listener, ListenerOptions
from tests.support import conversations
from tests.support.conversations import PASSWORD, Client, acme_with_password
from tests.support.house import Workspace

__all__ = ["PASSWORD", "SIGN_IN", "Client", "Serve", "Server", "share"]

GREETING = "S: * OK [CAPABILITY {*}] {*}\n"
SIGN_IN = 'C: in LOGIN anna@acme.example "correct horse battery"\nS: in OK [CAPABILITY {*}] {*}\n'


@pytest.fixture
async def workspace(house: Database) -> Workspace:
    """`acme.example` with Anna, who can sign in."""
    return await acme_with_password(house)


@dataclass(kw_only=True)
class Server(conversations.Server):
    """A listener for tests, with clients to it."""

    context: Context

    async def selected(self, folder: str = "INBOX", script: str = "") -> Client:
        opening = f"C: sel SELECT {folder}\nS: {{...}}\nS: sel OK [READ-WRITE] {{*}}\n"
        return await self.signed_in(opening + dedent(script).strip())


Serve = Callable[..., Awaitable[Server]]


@pytest.fixture
async def serve(house: Database, workspace: Workspace) -> AsyncIterator[Serve]:
    """Start a server; keywords change its context, `limits` its limits."""
    servers: list[Server] = []

    async def start(*, limits: dict[str, Any] | None = None, **changes: Any) -> Server:
        context = Context(
            database=house,
            handlers=HANDLERS,
            largest_message=1_000_000,
            limits=replace(Limits(), **(limits or {})),
        )
        context = replace(context, **changes)
        options = ListenerOptions(name="imap", host="127.0.0.1", port=0)
        listener = Listener(options, context)
        await listener.start()
        servers.append(Server(house, workspace, listener, GREETING, SIGN_IN, context=context))
        return servers[-1]

    yield start
    for server in servers:
        await server.stop()


@pytest.fixture
async def server(serve: Serve) -> Server:
    return await serve()


async def share(server: Server, *, may_write: bool) -> UUID:
    """A shared mailbox `sales@acme.example` that Anna may read in full; its id."""
    workspace = server.workspace
    actor = Actor.system(workspace.id)
    async with server.house.workspace(workspace.id) as tx:
        mailbox_id = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
        await grant(
            tx,
            actor,
            member_id=workspace.member_id,
            mailbox_id=mailbox_id,
            level=Level.FULL,
            may_write=may_write,
        )
    return mailbox_id
