"""A web of hosts that say what a test wants: HTTP and HTTPS on two ports, any host, any page."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.authority import Issued, issue, make_authority
from tests.support.ports import free_ports


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a page answers."""

    body: bytes = b""
    status: int = 200
    headers: tuple[str, ...] = ()


@dataclass(kw_only=True)
class ScriptedWeb:
    """`pages` by address without the query; anything else is 404. `asked` is method and address.

    A host gets its certificate from `authority` when it is first asked for; those in `strangers`
    show one that nobody has signed.
    """

    folder: Path
    http: int
    https: int
    authority: Issued
    pages: dict[str, Reply] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)

    def trusting(self) -> ssl.SSLContext:
        """For who connects: this web's authority and no other."""
        return ssl.create_default_context(cadata=self.authority.pem)

    def server_side(self) -> ssl.SSLContext:
        """For a server of any name: it shows the certificate of the name it is asked for."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.sni_callback = self._show
        return context

    def _show(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is None:
            return
        if name not in self._contexts:
            issuer = None if name in self.strangers else self.authority
            self._contexts[name] = issue(issuer, name).server_context(self.folder)
        connection.context = self._contexts[name]

    async def _answer(
        self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head)
        }
        address = f"{scheme}://{fields['host'].partition(':')[0]}{target}"
        self.asked.append(f"{method} {address}")
        self.bodies.append(await reader.readexactly(int(fields.get("content-length", "0"))))
        reply = self.pages.get(address.partition("?")[0], Reply(status=404))
        lines = [
            f"HTTP/1.1 {reply.status} As scripted",
            *reply.headers,
            f"Content-Length: {len(reply.body)}",
            "Connection: close",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
        writer.close()


@asynccontextmanager
async def scripted_web(folder: Path) -> AsyncIterator[ScriptedWeb]:
    """Runs on 127.0.0.1 until the block ends."""
    http, https = free_ports(2)
    web = ScriptedWeb(folder=folder, http=http, https=https, authority=make_authority())
    servers = [
        await asyncio.start_server(
            lambda reader, writer: web._answer("http", reader, writer), "127.0.0.1", http
        ),
        await asyncio.start_server(
            lambda reader, writer: web._answer("https", reader, writer),
            "127.0.0.1",
            https,
            ssl=web.server_side(),
        ),
    ]
    try:
        yield web
    finally:
        for server in servers:
            server.close()
