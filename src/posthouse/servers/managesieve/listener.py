"""A listening port for ManageSieve."""

from posthouse.foundation.metrics import Counter, Gauge
from posthouse.protocols.managesieve import responses
from posthouse.servers import listener
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.managesieve.connection import Connection
from posthouse.servers.managesieve.context import Context
from posthouse.servers.managesieve.session import Session


class Listener(listener.Listener[Connection]):
    """Sessions of one context."""

    open_sessions = Gauge(
        "posthouse_managesieve_sessions",
        "ManageSieve connections open.",
        ["listener"],
        multiprocess_mode="livesum",
    )
    connections = Counter(
        "posthouse_managesieve_connections_total", "ManageSieve connections.", ["listener", "end"]
    )

    def __init__(self, options: ListenerOptions, context: Context) -> None:
        super().__init__(options, context.limits, context.tls)
        self._context = context

    def connection(self) -> Connection:
        return Connection(write_timeout=self._context.limits.write)

    def session(self, connection: Connection) -> Session:
        return Session(connection, self._context)

    def refusal(self, text: str) -> bytes:
        return responses.bye(text, code=b"TRYLATER")
