"""Written conversations with a server of ours, on a real store.

A script line `C: text` is sent, `S: text` must come next; `{*}` in it stands for anything, and
`S: {...}` for any lines up to the next one that fits.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import make_mailbox
from posthouse.security.members import Actor, create_workspace
from posthouse.servers.listener import Listener
from tests.support.house import Workspace

PASSWORD = "correct horse battery"
_PATIENCE = 10


async def acme_with_password(house: Database) -> Workspace:
    """`acme.example` with Anna, who signs in with PASSWORD."""
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
    """A listener for tests, with clients to it. `greeting` and `sign_in` are scripts."""

    house: Database
    workspace: Workspace
    listener: Listener[Any]
    greeting: str
    sign_in: str
    clients: list[Client] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.port

    async def connect(self, script: str = "") -> Client:
        """A client that has read the greeting and followed `script`."""
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**24))
        self.clients.append(client)
        await client.follow(self.greeting + dedent(script).strip())
        return client

    async def signed_in(self, script: str = "") -> Client:
        return await self.connect(self.sign_in + dedent(script).strip())

    async def stop(self) -> None:
        for client in self.clients:
            client.writer.close()
        await self.listener.stop(grace=2)


Serve = Callable[..., Awaitable[Server]]
