"""A POP3 server elsewhere, with the faults that a test gives it, at a port of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from posthouse.mail.accounts.driver import SignIn
from posthouse.mail.accounts.model import Secret, Server, Servers
from tests.support.ports import free_port

NAME, PASSWORD = "anna", "horses at the gate"


class _Cut(Exception):
    """The line is dead."""


@dataclass
class Mail:
    """What lies there under a UIDL; None is left out of the list."""

    uidl: str | None
    raw: bytes


@dataclass
class ScriptedPop3:
    """Everything may be changed at any time.

    `says` has answers, to a verb or to a whole command, in place of the usual ones. The connection
    is cut after `cut_after` octets of ours. `size_of` is what LIST tells. `commands` are those that
    came, without what signs in; `connections` how often somebody came.
    """

    mails: list[Mail] = field(default_factory=list)
    capabilities: tuple[str, ...] = ("USER", "TOP", "UIDL", "PIPELINING")
    greeting: str = "+OK ready"
    says: dict[str, bytes] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    line_end: bytes = b"\r\n"
    cut_after: int | None = None
    size_of: Callable[[bytes], int] = len
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def server(self) -> Server:
        return Server(host="localhost", port=self.port, security="plain")

    def asked(self, verb: str) -> list[str]:
        """The commands of one kind."""
        return [command for command in self.commands if command.split(" ")[0] == verb]

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        with suppress(_Cut, ConnectionError, ssl.SSLError):
            await _Visit(self, reader, writer).go()
        writer.close()


class _Visit:
    def __init__(
        self, drop: ScriptedPop3, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.drop, self.reader, self.writer = drop, reader, writer
        self.mails = list(drop.mails)
        self.marked: set[int] = set()
        self.sent = 0

    async def go(self) -> None:
        await self.say(self.drop.greeting.encode() + b"\r\n")
        while line := await self.reader.readline():
            command = line.decode().rstrip("\r\n")
            verb = command.split(" ")[0].upper()
            if verb not in ("USER", "PASS"):
                self.drop.commands.append(command)
            scripted = self.drop.says.get(command, self.drop.says.get(verb))
            if scripted is not None:
                await self.say(scripted)
            elif verb == "QUIT":
                self.drop.mails = [
                    mail
                    for mail in self.drop.mails
                    if not any(mail is self.mails[number - 1] for number in self.marked)
                ]
                await self.say(b"+OK bye\r\n")
                return
            else:
                await self.answer(verb, command.split(" ")[1:])

    async def answer(self, verb: str, words: list[str]) -> None:
        match verb:
            case "CAPA":
                offered = [*self.drop.capabilities]
                offered += ["STLS"] if self.drop.tls is not None else []
                await self.lines(b"+OK\r\n", [word.encode() for word in offered])
            case "STLS" if self.drop.tls is not None:
                # With it what a man in the middle would put there: it must not count (RFC 2595 4).
                await self.say(b"+OK go\r\n-ERR [AUTH] injected\r\n")
                await self.writer.start_tls(self.drop.tls)
            case "USER" | "NOOP":
                await self.say(b"+OK\r\n")
            case "PASS":
                right = " ".join(words) == PASSWORD
                await self.say(b"+OK in\r\n" if right else b"-ERR [AUTH] wrong\r\n")
            case "STAT":
                octets = sum(map(self.drop.size_of, (mail.raw for mail in self.mails)))
                await self.say(b"+OK %d %d\r\n" % (len(self.mails), octets))
            case "LIST":
                sizes = (self.drop.size_of(mail.raw) for mail in self.mails)
                listed = [b"%d %d" % one for one in enumerate(sizes, 1)]
                await self.lines(b"+OK\r\n", listed)
            case "UIDL":
                named = enumerate((mail.uidl for mail in self.mails), 1)
                listed = [f"{n} {uidl}".encode() for n, uidl in named if uidl is not None]
                await self.lines(b"+OK\r\n", listed)
            case "TOP" | "RETR":
                raw = self.mails[int(words[0]) - 1].raw
                if verb == "TOP":
                    raw = raw[: raw.index(b"\r\n\r\n") + 4]
                raw = raw.replace(b"\r\n", self.drop.line_end)
                await self.lines(b"+OK\r\n", raw.split(self.drop.line_end)[:-1])
            case "DELE":
                self.marked.add(int(words[0]))
                await self.say(b"+OK\r\n")
            case _:
                await self.say(b"-ERR what\r\n")

    async def lines(self, first: bytes, following: list[bytes]) -> None:
        end = self.drop.line_end
        stuffed = [b"." + line if line.startswith(b".") else line for line in following]
        await self.say(first + b"".join(line + end for line in stuffed) + b"." + end)

    async def say(self, octets: bytes) -> None:
        if self.drop.cut_after is not None:
            octets = octets[: max(0, self.drop.cut_after - self.sent)]
        self.sent += len(octets)
        self.writer.write(octets)
        await self.writer.drain()
        if self.drop.cut_after is not None and self.sent >= self.drop.cut_after:
            raise _Cut


@asynccontextmanager
async def scripted_pop3(drop: ScriptedPop3) -> AsyncIterator[ScriptedPop3]:
    """It listens meanwhile."""
    drop.port = free_port()
    server = await asyncio.start_server(drop.converse, "127.0.0.1", drop.port, limit=1 << 20)
    try:
        yield drop
    finally:
        server.close()
        await server.wait_closed()


def sign_in(server: Server, *never: str) -> SignIn:
    """With the password that is right; `never` are extensions that are not used."""
    return SignIn(
        kind="pop3",
        address="anna@elsewhere.example",
        servers=Servers(incoming=server, outgoing=None, login=NAME),
        secret=Secret(password=PASSWORD),
        overrides=dict.fromkeys(never, False),
    )
