"""IMAP servers elsewhere, played from written conversations, over a port or without one.

A line `S: text` is said by the server, `C: text` must come next; `{*}` in it stands for anything,
`%` for the tag of the command that came last. `S* text` is said as Python writes octets (`\\x00`).
`T:` shakes hands, `X:` hangs up. Whatever the client says beyond the script or against it is a
fault, and the connection is cut.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from textwrap import dedent

from posthouse.mail.accounts.driver import Outside, SignIn
from posthouse.mail.accounts.errors import Unreachable
from posthouse.mail.accounts.model import Secret, Security, Server, Servers
from posthouse.protocols.dns import Answer, CachingResolver, RecordType, Status
from posthouse.protocols.dns.model import Record
from tests.support.ports import free_port

NAME, PASSWORD = "anna", "horses"


class Script:
    """What a server says to what is said to it."""

    def __init__(self, text: str) -> None:
        self._lines = [line for line in dedent(text).strip().splitlines() if line.strip()]
        self._at = 0
        self._tag = b""
        self._waiting = b""
        self.fault = ""
        self.hangs_up = False
        self.wants_tls = False

    @property
    def finished(self) -> bool:
        return self._at == len(self._lines)

    def begin(self) -> bytes:
        """The greeting, or what follows a handshake."""
        return self._go_on()

    def feed(self, data: bytes) -> bytes:
        """What is said to `data`."""
        self._waiting += data
        return self._go_on()

    def _go_on(self) -> bytes:
        said = b""
        while not self.finished and not self.hangs_up and not self.wants_tls:
            side, _, text = self._lines[self._at].strip().partition(" ")
            if side == "C:":
                line, end, rest = self._waiting.partition(b"\r\n")
                if not end:
                    return said
                self._waiting = rest
                if not self._fits(text, line):
                    self.fault = f"{line!r} came, and not {text!r}"
                    self.hangs_up = True
                    return said
            elif side == "S:":
                said += text.replace("%", self._tag.decode()).encode() + b"\r\n"
            elif side == "S*":
                said += text.encode("latin-1").decode("unicode_escape").encode("latin-1")
            elif side == "T:":
                self.wants_tls = True
            else:
                self.hangs_up = True
            self._at += 1
        if self.finished and self._waiting and not self._waiting.endswith(b" LOGOUT\r\n"):
            self.fault = f"{self._waiting!r} came behind the end"
        return said

    def _fits(self, text: str, line: bytes) -> bool:
        if text.startswith("% "):
            self._tag = line.partition(b" ")[0]
        text = text.replace("%", self._tag.decode())
        pattern = ".*".join(map(re.escape, text.split("{*}")))
        return re.fullmatch(pattern, line.decode("utf-8", "replace")) is not None


@dataclass
class ScriptedImap:
    """Plays its scripts, one for each connection."""

    scripts: list[Script]
    tls: ssl.SSLContext | None = None
    port: int = 0
    played: list[Script] = field(default_factory=list)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[len(self.played)]
        self.played.append(script)
        with suppress(ConnectionError, ssl.SSLError):
            writer.write(script.begin())
            while not script.hangs_up and (data := await reader.read(4096)):
                writer.write(script.feed(data))
                if script.wants_tls and self.tls is not None:
                    await writer.start_tls(self.tls)
                    script.wants_tls = False
                    writer.write(script.begin())
        writer.close()


@asynccontextmanager
async def scripted_imap(
    *texts: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ScriptedImap]:
    """Afterwards every script was played to its end."""
    server = ScriptedImap([Script(text) for text in texts], tls=tls, port=free_port())
    listening = await asyncio.start_server(server.converse, "127.0.0.1", server.port)
    async with listening:
        yield server
    for script in server.scripts:
        assert not script.fault, script.fault
        assert script.finished, script._lines[script._at]


class _Here:
    """A name server that has every host on this machine."""

    async def ask(self, name: str, kind: RecordType) -> Answer[Record]:
        if kind is not RecordType.A:
            return Answer(status=Status.NO_DATA, ttl=60)
        return Answer(status=Status.FOUND, records=(IPv4Address("127.0.0.1"),), ttl=60)

    async def close(self) -> None:
        pass


def way_here(tls: ssl.SSLContext | None = None) -> Outside:
    """Wherever it should lead, it leads to this machine."""
    context = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return Outside(resolver=CachingResolver(_Here()), tls=context, private_hosts=True)


def sign_in(
    server: ScriptedImap | None = None,
    *,
    host: str = "127.0.0.1",
    security: Security = "plain",
    overrides: dict[str, bool] | None = None,
) -> SignIn:
    """As Anna."""
    where = Server(host=host, port=server.port if server else 143, security=security)
    return SignIn(
        kind="imap",
        address="anna@acme.example",
        servers=Servers(incoming=where, outgoing=None, login=NAME),
        secret=Secret(password=PASSWORD),
        overrides=overrides or {},
    )


@dataclass
class PlayedWire:
    """A script in place of a network, cut after `cut` octets of the server; chunks of `chunk`."""

    script: Script
    cut: int | None = None
    chunk: int = 1 << 30
    said: bytes = b""
    read_to: int = 0
    secure: bool = True

    def __post_init__(self) -> None:
        self.said = self.script.begin()

    def waits(self) -> bool:
        """Whether something was said that nobody has read."""
        return self.read_to < len(self.said)

    async def read(self, patience: float = 0) -> bytes:
        end = len(self.said) if self.cut is None else min(len(self.said), self.cut)
        data = self.said[self.read_to : min(end, self.read_to + self.chunk)]
        if not data:
            raise Unreachable(self.script.fault or "cut")
        self.read_to += len(data)
        return data

    async def write(self, data: bytes) -> None:
        self.said += self.script.feed(data)

    def abort(self) -> None:
        self.cut = self.read_to

    async def close(self) -> None:
        self.abort()
