"""An SMTP client of eight kept connections in a process of its own, as `smtp-source -d` does it.

One command at a time, no pipelining. Unlike smtp-source it sends a different message each time,
so that a server that stores equal content once gains nothing by it. All times are of
time.monotonic(), which is one clock for all processes.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvloop

from bench.letters import letters

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent where. `marks`: message number → a word in it; its 250 is reported at once."""

    port: int
    recipient: str
    count: int
    seed: int
    marks: dict[int, str]


class Sender:
    """Messages are made beforehand; `start` begins to send them.

    `accepted` grows while it sends: mark → the moment of its 250.
    """

    def __init__(self, load: Load) -> None:
        context = multiprocessing.get_context("spawn")
        self.accepted: dict[str, float] = {}
        self._reports, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(load, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._reports.recv()  # it is ready

    def run(self) -> float:
        """Send everything; the seconds until the last 250. Raises EOFError when it failed."""
        began = time.monotonic()
        self._reports.send("go")
        while True:
            mark, moment = self._reports.recv()
            if not mark:
                return float(moment) - began
            self.accepted[mark] = moment

    def close(self) -> None:
        """Wait until its process has ended: that takes a second, which nobody is to measure."""
        self._process.join(20)


def _main(load: Load, reports: Connection) -> None:
    made = letters(load.count, seed=load.seed, recipient=load.recipient, marks=load.marks)
    stuffed = [(b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n" for raw in made]
    reports.send("ready")
    reports.recv()
    uvloop.run(_send_all(load, stuffed, reports))


async def _send_all(load: Load, messages: Sequence[bytes], reports: Connection) -> None:
    numbers = iter(range(len(messages)))
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(_converse(load, messages, numbers, reports))
    reports.send(("", time.monotonic()))


async def _converse(
    load: Load, messages: Sequence[bytes], numbers: Iterator[int], reports: Connection
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)

    async def say(command: bytes, code: bytes) -> None:
        writer.write(command)
        await _expect(reader, code)

    await _expect(reader, b"220")
    await say(b"EHLO sender.example\r\n", b"250")
    for number in numbers:
        await say(b"MAIL FROM:<li.wei@kunde.example>\r\n", b"250")
        await say(b"RCPT TO:<%b>\r\n" % load.recipient.encode(), b"250")
        await say(b"DATA\r\n", b"354")
        await say(messages[number], b"250")
        if number in load.marks:
            reports.send((load.marks[number], time.monotonic()))
    await say(b"QUIT\r\n", b"221")
    writer.close()


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    if not line.startswith(code):
        raise ConnectionError(f"{line!r} instead of {code!r}")
