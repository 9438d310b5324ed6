"""A listening port for IMAP: who may come in, with how many at once, and how it stops."""

import asyncio
import ssl
from collections import Counter
from dataclasses import dataclass

from posthouse.foundation.metrics import Counter as Metric
from posthouse.foundation.metrics import Gauge
from posthouse.foundation.sources import network_of
from posthouse.protocols.imap import responses
from posthouse.servers.imap.connection import Connection
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.session import Session

SESSIONS = Gauge(
    "posthouse_imap_sessions", "IMAP connections open.", ["listener"], multiprocess_mode="livesum"
)
CONNECTIONS = Metric("posthouse_imap_connections_total", "IMAP connections.", ["listener", "end"])
_BACKLOG = 511


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerOptions:
    """One listener. With `implicit_tls` the TLS of the context starts with the connection."""

    name: str
    host: str
    port: int
    implicit_tls: bool = False
    reuse_port: bool = False


class Listener:
    """`start()`, then `stop()`."""

    def __init__(self, options: ListenerOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._tasks: dict[asyncio.Task[None], Session] = {}
        self._sources: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        options = self._options
        tls: ssl.SSLContext | None = self._context.tls if options.implicit_tls else None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Guest(self, write_timeout=self._context.limits.write),
            options.host,
            options.port,
            ssl=tls,
            ssl_handshake_timeout=self._context.limits.before_sign_in if tls else None,
            reuse_port=options.reuse_port or None,
            backlog=_BACKLOG,
        )

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """How many clients are connected."""
        return len(self._tasks)

    async def stop(self, grace: float = 5.0) -> None:
        """Take no more connections, let commands under way end for `grace` seconds, then cut."""
        if self._server is not None:
            self._server.close()
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
        source = network_of(connection.peer)
        full = len(self._tasks) >= limits.connections
        if full or self._sources[source] >= limits.connections_per_source:
            text = "Too many connections" if full else "Too many connections from you"
            connection.write(responses.condition("BYE", text, code="UNAVAILABLE"))
            connection.close()
            CONNECTIONS.labels(name, "refused").inc()
            return
        self._sources[source] += 1
        session = Session(connection, self._context)
        task = asyncio.get_running_loop().create_task(session.run())
        self._tasks[task] = session
        SESSIONS.labels(name).inc()
        CONNECTIONS.labels(name, "admitted").inc()
        task.add_done_callback(lambda done: self._forget(done, source))

    def _forget(self, task: "asyncio.Task[None]", source: str) -> None:
        del self._tasks[task]
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]
        SESSIONS.labels(self._options.name).dec()


class _Guest(Connection):
    """A connection that reports to its listener once."""

    def __init__(self, listener: Listener, *, write_timeout: float) -> None:
        super().__init__(write_timeout=write_timeout)
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._listener.admit(self)
