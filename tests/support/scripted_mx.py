"""A server that takes mail as a test tells it to, at an address of its own on this machine."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

# What it says when it is not told otherwise.
_USUAL = {
    "greeting": "220 mx ready",
    "ehlo": "250-mx\r\n250-8BITMIME\r\n250 PIPELINING",
    "mail": "250 2.1.0 go on",
    "rcpt": "250 2.1.5 go on",
    "data": "354 go on",
    "body": "250 2.0.0 taken",
}


@dataclass
class ScriptedMx:
    """`says` may be changed at any time. `open` and `most_open` count connections.

    With `tls` it offers STARTTLS; `gate` holds back the answer to every message, `held` of them.
    """

    says: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    gate: asyncio.Event | None = None
    recipients: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    held: int = 0
    most_open: int = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            self._say(writer, "greeting")
            await self._go_on(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _go_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure, recipient, refused = False, "", False
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split(" ")[0].lower()
            if verb == "ehlo":
                first, _, others = self._words("ehlo").partition("\r\n")
                offer = "250-STARTTLS\r\n" if self.tls is not None and not secure else ""
                writer.write(f"{first}\r\n{offer}{others}\r\n".encode())
            elif verb == "starttls" and self.tls is not None:
                writer.write(b"220 shake hands\r\n")
                await writer.start_tls(self.tls)
                secure = True
            elif verb == "rcpt":
                recipient = line.partition("<")[2].partition(">")[0]
                self.recipients.append(recipient)
                refused = not self._words("rcpt").startswith("2")
                self._say(writer, "rcpt")
            elif verb == "data":
                if refused or not self._words("mail").startswith("2"):
                    writer.write(b"503 5.5.1 nobody to send it to\r\n")
                    continue
                self._say(writer, "data")
                content = await reader.readuntil(b"\r\n.\r\n")
                if self.gate is not None:
                    self.held += 1
                    await self.gate.wait()
                    self.held -= 1
                if self._words("body").startswith("2"):
                    self.taken.append(recipient)
                    self.contents.append(content.replace(b"\r\n..", b"\r\n.")[:-3])
                self._say(writer, "body")
            elif verb == "quit":
                writer.write(b"221 bye\r\n")
                return
            else:
                self._say(writer, verb if verb in _USUAL else "mail")

    def _words(self, what: str) -> str:
        return self.says.get(what, _USUAL[what])

    def _say(self, writer: asyncio.StreamWriter, what: str) -> None:
        writer.write(f"{self._words(what)}\r\n".encode())


@asynccontextmanager
async def serving(mx: ScriptedMx, port: int, address: str = "127.0.0.1") -> AsyncIterator[None]:
    """Any 127.x.y.z is an address of this machine."""
    server = await asyncio.start_server(mx.converse, address, port)
    try:
        yield
    finally:
        server.close()


@contextmanager
def serving_in_thread(port: int) -> Iterator[ScriptedMx]:
    """One that takes everything until it is told otherwise, for tests without a loop."""
    mx, stop = ScriptedMx(), threading.Event()

    async def serve() -> None:
        async with serving(mx, port):
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield mx
    finally:
        stop.set()
        thread.join(10)
