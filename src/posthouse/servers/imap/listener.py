"""A listening port for IMAP: who may come in, with how many at once, and how it stops."""

import asyncio
from dataclasses import dataclass

from posthouse.foundation.census import Census
from posthouse.foundation.entrance import Entrance, Share, open_sockets
from posthouse.foundation.metrics import Counter, Gauge
from posthouse.protocols.imap import responses
from posthouse.servers.imap.connection import Connection
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.session import Session

SESSIONS = Gauge(
    "posthouse_imap_sessions", "IMAP connections open.", ["listener"], multiprocess_mode="livesum"
)
CONNECTIONS = Counter("posthouse_imap_connections_total", "IMAP connections.", ["listener", "end"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerOptions:
    """One listener. With `implicit_tls` the TLS of the context starts with the connection."""

    name: str
    host: str
    port: int
    implicit_tls: bool = False


class Listener:
    """`start()`, then `stop()`."""

    def __init__(self, options: ListenerOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._tasks: dict[asyncio.Task[None], Session] = {}
        self._census = Census.alone()
        self._entrance: Entrance | None = None

    async def start(self, share: Share | None = None) -> None:
        """Accept from sockets that were opened for several, else listen: raises OSError."""
        options = self._options
        share = share or Share(open_sockets(options.host, options.port))
        self._census = share.census
        self._entrance = Entrance(
            share,
            lambda: _Guest(self, write_timeout=self._context.limits.write),
            tls=self._context.tls if options.implicit_tls else None,
            handshake_timeout=self._context.limits.before_sign_in,
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

    def admit(self, connection: Connection) -> None:
        """Start a session, or say why this connection is one too many."""
        limits, name = self._context.limits, self._options.name
        census, peer = self._census, connection.peer
        full = census.admitted >= limits.connections
        if full or census.admitted_from(peer) >= limits.connections_per_source:
            text = "Too many connections" if full else "Too many connections from you"
            connection.write(responses.condition("BYE", text, code="UNAVAILABLE"))
            connection.close()
            CONNECTIONS.labels(name, "refused").inc()
            return
        census.admit(peer)
        session = Session(connection, self._context)
        task = asyncio.get_running_loop().create_task(session.run())
        self._tasks[task] = session
        SESSIONS.labels(name).inc()
        CONNECTIONS.labels(name, "admitted").inc()
        task.add_done_callback(lambda done: self._forget(done, peer))

    def _forget(self, task: "asyncio.Task[None]", peer: str) -> None:
        del self._tasks[task]
        self._census.leave(peer)
        SESSIONS.labels(self._options.name).dec()


class _Guest(Connection):
    """A connection that reports to its listener once."""

    def __init__(self, listener: Listener, *, write_timeout: float) -> None:
        super().__init__(write_timeout=write_timeout)
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._listener.admit(self)
