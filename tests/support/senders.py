"""Clients that press mail into a house over several connections, and remember what got 250."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sent:
    """One message: its bytes as they go over the wire before dot-stuffing, and its fate."""

    number: int
    raw: bytes
    accepted: bool = False
    """Whether 250 came back; without it the message may have arrived all the same."""


@dataclass(slots=True)
class Senders:
    """Each message is sent once, over one of `connections`; none is ever repeated."""

    port: int
    recipient: str
    make: Callable[[int], bytes]
    connections: int = 8
    pause: float = 0.1
    sent: list[Sent] = field(default_factory=list)
    lost: int = 0
    refused: list[bytes] = field(default_factory=list)
    """Replies to the message itself that were not 250."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then each connection ends its message and leaves."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.connections):
                group.create_task(self._connection_after_connection(stop))

    @property
    def accepted(self) -> list[Sent]:
        """What was answered with 250."""
        return [message for message in self.sent if message.accepted]

    async def _connection_after_connection(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            try:
                await self._converse(reader, writer, stop)
            except (OSError, asyncio.IncompleteReadError, _TurnedAway, TimeoutError):
                self.lost += 1
                await asyncio.sleep(0.05)
            finally:
                writer.transport.abort()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: asyncio.Event
    ) -> None:
        await _expect(reader, b"220")
        writer.write(b"EHLO sender.example\r\n")
        await _expect(reader, b"250")
        while not stop.is_set():
            await self._send_one(reader, writer)
            await asyncio.sleep(random.uniform(0, 2 * self.pause))
        writer.write(b"QUIT\r\n")
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await _reply(reader)

    async def _send_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"MAIL FROM:<li.wei@kunde.example>\r\nRCPT TO:<%b>\r\nDATA\r\n"
            % self.recipient.encode()
        )
        replies = [await _reply(reader) for _ in range(3)]
        if not replies[2].startswith(b"354"):
            writer.write(b"RSET\r\n")
            await _expect(reader, b"250")
            await asyncio.sleep(0.1)
            return
        message = Sent(len(self.sent), self.make(len(self.sent)))
        self.sent.append(message)
        stuffed = b"\r\n" + message.raw
        writer.write(stuffed.replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        reply = await _reply(reader)
        message.accepted = reply.startswith(b"250")
        if not message.accepted:
            self.refused.append(reply)
            await asyncio.sleep(0.2)


class _TurnedAway(Exception):
    """Another reply than the one that lets us go on."""


async def _reply(reader: asyncio.StreamReader) -> bytes:
    """The last line of the next reply."""
    while True:
        async with asyncio.timeout(60):
            line = await reader.readuntil(b"\n")
        if line[3:4] == b" ":
            return line


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    reply = await _reply(reader)
    if not reply.startswith(code):
        raise _TurnedAway(reply)
