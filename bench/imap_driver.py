"""Many IMAP sessions in a process of their own, each saying its next line when it was answered."""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import cast

import uvloop

TAG = b"bench"
_LONGEST_LINE = 4096  # of answers that end a command
_PATIENCE = 300

Operation = list[bytes]
"""Lines to say, without tag and line end; a literal stands in its line."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where and as whom."""

    port: int
    address: str
    password: str


@dataclass(frozen=True, slots=True)
class Run:
    """How long all operations took together, and what came back."""

    seconds: float
    octets: int


def drive(login: Login, folders: Sequence[str], plans: Sequence[Sequence[Operation]]) -> Run:
    """One session for each plan, all at once, after each has selected its folder.

    Raises RuntimeError when anything is refused.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(login, folders, plans, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        found = ours.recv()
    finally:
        process.join(20)
    if isinstance(found, str):
        raise RuntimeError(found)
    return cast(Run, found)


def _main(
    login: Login,
    folders: Sequence[str],
    plans: Sequence[Sequence[Operation]],
    results: Connection,
) -> None:
    try:
        results.send(uvloop.run(_run(login, folders, plans)))
    except Exception as error:
        results.send(f"{type(error).__name__}: {error}")


async def _run(login: Login, folders: Sequence[str], plans: Sequence[Sequence[Operation]]) -> Run:
    loop = asyncio.get_running_loop()
    sessions = []
    for folder in folders:
        _, session = await loop.create_connection(_Session, "127.0.0.1", login.port)
        await session.greeting
        await session.say(f'LOGIN "{login.address}" "{login.password}"'.encode())
        await session.say(f"SELECT {folder}".encode())
        sessions.append(session)
    before = sum(session.octets for session in sessions)
    began = time.monotonic()
    async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as group:
        for session, plan in zip(sessions, plans, strict=True):
            group.create_task(_work(session, plan))
    seconds = time.monotonic() - began
    octets = sum(session.octets for session in sessions) - before
    for session in sessions:
        await session.say(b"LOGOUT")
    return Run(seconds, octets)


async def _work(session: "_Session", plan: Sequence[Operation]) -> None:
    for operation in plan:
        for line in operation:
            await session.say(line)


class _Session(asyncio.Protocol):
    """One connection. Of an answer only its end is looked for: that costs the same with anybody."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[None] = loop.create_future()
        self.octets = 0
        self._answered = self.greeting
        self._end = b"* OK"
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.octets += len(data)
        self._tail = (self._tail + data)[-_LONGEST_LINE:]
        if not self._tail.endswith(b"\r\n") or self._answered.done():
            return
        last = self._tail[:-2].rpartition(b"\r\n")[2]
        if last.startswith(self._end):
            self._answered.set_result(None)
        elif last.startswith(TAG):
            self._answered.set_exception(RuntimeError(f"the server said {last!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(RuntimeError("the server hung up"))

    async def say(self, line: bytes) -> None:
        """Until the server is done with it; for IDLE until it waits. Raises RuntimeError."""
        self._answered = asyncio.get_running_loop().create_future()
        self._end = b"+ " if line == b"IDLE" else TAG + b" OK"
        self._tail = b""
        self._transport.write((b"" if line == b"DONE" else TAG + b" ") + line + b"\r\n")
        await self._answered
