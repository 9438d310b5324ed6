"""Talking to a filter that runs beside us: where it is, how long it may take, when it rests."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from posthouse.foundation.settings import host_and_port

T = TypeVar("T")
# Who could not be reached is left alone that long: mail does not wait for him each time.
_REST_SECONDS = 10.0

log = logging.getLogger(__name__)


class Unanswered(Exception):
    """The service gave no answer that could be used."""


class Address:
    """`HOST:PORT`, or the path of a socket. Raises Invalid on anything else."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.path = text if text.startswith("/") else None
        self.host, self.port = ("", 0) if self.path else host_and_port(text)


class Service:
    """A filter beside us, as one process sees it."""

    def __init__(self, name: str, address: Address, deadline: float) -> None:
        """`deadline` in seconds."""
        self.name, self.address, self._deadline = name, address, deadline
        self._rests_until = 0.0

    async def ask(self, question: Callable[[Address], Awaitable[T]]) -> T:
        """Its answer. Raises Unanswered, at the latest after the deadline."""
        if time.monotonic() < self._rests_until:
            raise Unanswered(f"{self.name} did not answer a moment ago")
        try:
            async with asyncio.timeout(self._deadline):
                return await question(self.address)
        except (OSError, EOFError, asyncio.LimitOverrunError, Unanswered) as error:
            # Whoever does not listen rests; a message that he cannot read says nothing of the next.
            if isinstance(error, ConnectionRefusedError | FileNotFoundError):
                self._rests_until = time.monotonic() + _REST_SECONDS
            log.warning("%s does not answer: %s", self.name, str(error) or type(error).__name__)
            raise Unanswered(f"{self.name} does not answer") from error


@contextlib.asynccontextmanager
async def connection(
    address: Address,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One connection, closed at the end whatever happens."""
    if address.path is not None:
        reader, writer = await asyncio.open_unix_connection(address.path)
    else:
        reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()
