"""An IMAP server on a real store, and written conversations with it.

A script line `C: text` is sent, `S: text` must come next; `{*}` in it stands for anything, and
`S: {...}` for any lines up to the next one that fits.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from textwrap import dedent
from typing import Any
from uuid import UUID

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.access.actions import grant
from posthouse.security.access.model import Level
from posthouse.security.members import Actor, create_workspace
from posthouse.servers.imap.commands import HANDLERS
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.limits import Limits
from posthouse.servers.imap.listener import Listener, ListenerOptions
from tests.support.house import Workspace

PASSWORD = "correct horse battery"
SIGN_IN = 'C: in LOGIN anna@acme.example "correct horse battery"\nS: in OK [CAPABILITY {*}] {*}\n'
_PATIENCE = 10


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
class Client:
    """One connection that follows scripts."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    said: list[str] = field(default_factory=list)

    async def follow(self, script: str) -> None:
        skipping = False
        for line in dedent(script).strip().splitlines():
            side, _, text = line.partition(" ")
            if side == "C:":
                self.writer.write(text.encode() + b"\r\n")
            elif text == "{...}":
                skipping = True
            else:
                await self._expect(text, skipping=skipping)
                skipping = False

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def line(self) -> str:
        async with asyncio.timeout(_PATIENCE):
            raw = await self.reader.readline()
        text = raw.decode("utf-8", "replace").removesuffix("\r\n")
        self.said.append(text)
        return text

    async def until(self, tag: str) -> list[str]:
        """Lines up to and with the tagged one."""
        lines = [await self.line()]
        while not lines[-1].startswith(f"{tag} "):
            assert not self.reader.at_eof(), lines
            lines.append(await self.line())
        return lines

    async def _expect(self, text: str, *, skipping: bool) -> None:
        pattern = ".*".join(re.escape(piece) for piece in text.split("{*}"))
        while True:
            line = await self.line()
            if re.fullmatch(pattern, line):
                return
            assert skipping, f"expected {text!r}, got {line!r}"
            assert not self.reader.at_eof(), f"expected {text!r}, got the end"

    async def ended(self) -> bool:
        async with asyncio.timeout(_PATIENCE):
            return await self.reader.read() == b""


@dataclass
class Server:
    """A listener for tests, with clients to it."""

    house: Database
    workspace: Workspace
    context: Context
    listener: Listener
    clients: list[Client] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.port

    async def connect(self, script: str = "") -> Client:
        """A client that has read the greeting and followed `script`."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**24))
        self.clients.append(client)
        await client.follow("S: * OK [CAPABILITY {*}] {*}\n" + dedent(script).strip())
        return client

    async def signed_in(self, script: str = "") -> Client:
        return await self.connect(SIGN_IN + dedent(script).strip())

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
        servers.append(Server(house, workspace, context, listener))
        return servers[-1]

    yield start
    for server in servers:
        for client in server.clients:
            client.writer.close()
        await server.listener.stop(grace=2)


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
