"""A listening port for IMAP."""

from posthouse.foundation.metrics import Counter, Gauge
from posthouse.protocols.imap import responses
from posthouse.servers import listener
from posthouse.servers.imap.connection import Connection
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.session import Session
from posthouse.servers.listener import ListenerOptions

__all__ = ["Listener", "ListenerOptions"]


class Listener(listener.Listener[Connection]):
    """Sessions of one context."""

    open_sessions = Gauge(
        "posthouse_imap_sessions",
        "IMAP connections open.",
        ["listener"],
        multiprocess_mode="livesum",
    )
    connections = Counter(
        "posthouse_imap_connections_total", "IMAP connections.", ["listener", "end"]
    )

    def __init__(self, options: ListenerOptions, context: Context) -> None:
        super().__init__(options, context.limits, context.tls)
        self._context = context

    def connection(self) -> Connection:
        return Connection(write_timeout=self._context.limits.write)

    def session(self, connection: Connection) -> Session:
        return Session(connection, self._context)

    def refusal(self, text: str) -> bytes:
        return responses.condition("BYE", text, code="UNAVAILABLE")
