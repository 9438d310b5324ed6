"""A listening port: who may come in, with how many at once, and how it stops.

What a protocol brings of its own (a connection, a session, how it refuses) is in its subclass.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from posthouse.foundation.census import Census
from posthouse.foundation.entrance import Entrance, Share, open_sockets
from posthouse.foundation.metrics import Counter, Gauge
from posthouse.foundation.sources import Network
from posthouse.servers.connection import Connection

C = TypeVar("C", bound=Connection[Any])


class Session(Protocol):
    """One client's conversation."""

    async def run(self) -> None:
        """From greeting to goodbye."""
        ...

    def stop(self) -> None:
        """The server is going down: end after the current command."""
        ...


class Limits(Protocol):
    """What a listener asks of a protocol's limits. Times in seconds."""

    @property
    def connections(self) -> int: ...

    @property
    def connections_per_source(self) -> int: ...

    @property
    def before_sign_in(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerOptions:
    """One listener. With `implicit_tls` TLS starts with the connection; `proxies` say by the PROXY
    protocol whom they speak for.
    """

    name: str
    host: str
    port: int
    implicit_tls: bool = False
    proxies: tuple[Network, ...] = ()


class Listener(ABC, Generic[C]):
    """`start()`, then `stop()`."""

    # Labelled with the listener, and with the listener and how it went.
    open_sessions: Gauge
    connections: Counter

    def __init__(
        self, options: ListenerOptions, limits: Limits, tls: ssl.SSLContext | None
    ) -> None:
        self._options = options
        self._limits = limits
        self._tls = tls
        self._tasks: dict[asyncio.Task[None], Session] = {}
        self._census = Census.alone()
        self._entrance: Entrance | None = None

    @abstractmethod
    def connection(self) -> C:
        """For who comes next."""

    @abstractmethod
    def session(self, connection: C) -> Session:
        """For who was let in."""

    @abstractmethod
    def refusal(self, text: str) -> bytes:
        """For who was not."""

    async def start(self, share: Share | None = None) -> None:
        """Accept from sockets that were opened for several, else listen: raises OSError."""
        options = self._options
        share = share or Share(open_sockets(options.host, options.port))
        self._census = share.census
        self._entrance = Entrance(
            share,
            self._guest,
            tls=self._tls if options.implicit_tls else None,
            handshake_timeout=self._limits.before_sign_in,
            proxies=options.proxies,
        )
        self._entrance.open()

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        assert self._entrance is not None
        return self._entrance.port

    @property
    def sessions(self) -> int:
        """How many clients are connected to this process."""
        return len(self._tasks)

    async def stop(self, grace: float = 5.0) -> None:
        """Take no more connections, let commands under way end for `grace` seconds, then cut."""
        if self._entrance is not None:
            self._entrance.close()
        for session in self._tasks.values():
            session.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _guest(self) -> C:
        connection = self.connection()
        connection.on_arrival = lambda: self._admit(connection)
        return connection

    def _admit(self, connection: C) -> None:
        """Start a session, or say why this connection is one too many."""
        limits, name = self._limits, self._options.name
        census, peer = self._census, connection.peer
        full = census.admitted >= limits.connections
        if full or census.admitted_from(peer) >= limits.connections_per_source:
            text = "Too many connections" if full else "Too many connections from you"
            connection.write(self.refusal(text))
            connection.close()
            self.connections.labels(name, "refused").inc()
            return
        census.admit(peer)
        session = self.session(connection)
        connection.on_arrival = None
        task = asyncio.get_running_loop().create_task(session.run())
        self._tasks[task] = session
        self.open_sessions.labels(name).inc()
        self.connections.labels(name, "admitted").inc()
        task.add_done_callback(lambda done: self._forget(done, peer))

    def _forget(self, task: "asyncio.Task[None]", peer: str) -> None:
        del self._tasks[task]
        self._census.leave(peer)
        self.open_sessions.labels(self._options.name).dec()
