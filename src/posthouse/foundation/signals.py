"""Wake-ups between processes: something changed, look again. Never content, never a promise.

Signals are sent after the commit, coalesced per process into one NOTIFY (a NOTIFY inside a commit
serialises commits), and delivered at once inside the process. A lost signal only costs time: who
waits also looks again by itself every now and then.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator

import asyncpg

CHANNEL = "posthouse"
# pg_notify refuses 8,000 bytes; a topic is about 45.
_TOPICS_PER_NOTIFY = 100
# A commit every few milliseconds need not wake every process as often; the first one always does.
_COALESCE_SECONDS = 0.05

Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]

# What a connection raises whose server went away, also half-way in a reply.
_BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

log = logging.getLogger(__name__)


class Signals:
    """The signals of one process: `send` after a commit, `subscribe` to wait for a topic.

    A topic is a short word such as "events" or "folder:<uuid>".
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._news_only: set[asyncio.Event] = set()
        self._outgoing: set[str] = set()
        self._flush: asyncio.Event = asyncio.Event()
        self._sending = False

    def send(self, topics: Iterable[str]) -> None:
        """Wake those who wait here, now, and those elsewhere with the next NOTIFY."""
        for topic in topics:
            self._wake(topic)
            self._outgoing.add(topic)
        if self._outgoing:
            self._flush.set()

    async def flushed(self) -> None:
        """Wait (two seconds at most) until what was sent has left: before a short command ends."""
        deadline = asyncio.get_running_loop().time() + 2
        while self._outgoing or self._flush.is_set() or self._sending:
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.005)

    @contextlib.contextmanager
    def subscribe(self, *topics: str, news_only: bool = False) -> Iterator[asyncio.Event]:
        """An event that is set when any of `topics` is signalled; the subscriber clears it.

        It is also set when signals may have been missed, so that the subscriber looks again. Who
        has nothing to look at, but takes the signal itself for the news, wants `news_only`.
        """
        event = asyncio.Event()
        if news_only:
            self._news_only.add(event)
        for topic in topics:
            self._waiting[topic].add(event)
        try:
            yield event
        finally:
            self._news_only.discard(event)
            for topic in topics:
                self._waiting[topic].discard(event)
                if not self._waiting[topic]:
                    del self._waiting[topic]

    async def run(self, connect: Connect) -> None:
        """Carry signals over one connection of its own, for ever; reconnects by itself."""
        while True:
            try:
                connection = await connect()
            except _BROKEN as error:
                log.warning("signals: no database connection (%s)", type(error).__name__)
                await asyncio.sleep(1)
                continue
            try:
                await self._carry(connection)
            except _BROKEN as error:
                log.warning("signals: connection lost (%s)", type(error).__name__)
                await asyncio.sleep(0.2)
            finally:
                connection.terminate()

    async def _carry(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        # A lost signal only costs time, so none waits for the disk.
        await connection.execute("SET synchronous_commit = off")
        await connection.add_listener(CHANNEL, self._heard)
        # Whoever waited while nobody listened looks again.
        for event in set().union(*self._waiting.values()) - self._news_only:
            event.set()
        while True:
            try:
                await asyncio.wait_for(self._flush.wait(), 10)
            except TimeoutError:
                await connection.execute("SELECT 1")  # notices a dead connection
                continue
            self._sending = True
            self._flush.clear()
            topics = sorted(self._outgoing)
            self._outgoing.clear()
            for start in range(0, len(topics), _TOPICS_PER_NOTIFY):
                payload = " ".join(topics[start : start + _TOPICS_PER_NOTIFY])
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
            self._sending = False
            await asyncio.sleep(_COALESCE_SECONDS)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for topic in str(payload).split():
            self._wake(topic)

    def _wake(self, topic: str) -> None:
        for event in self._waiting.get(topic, ()):
            event.set()
