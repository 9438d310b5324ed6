"""A listening port for POP3."""

from posthouse.foundation.metrics import Counter, Gauge
from posthouse.protocols.pop3 import responses
from posthouse.servers import listener
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.pop3.connection import Connection
from posthouse.servers.pop3.context import Context
from posthouse.servers.pop3.session import Session


class Listener(listener.Listener[Connection]):
    """Sessions of one context."""

    open_sessions = Gauge(
        "posthouse_pop3_sessions",
        "POP3 connections open.",
        ["listener"],
        multiprocess_mode="livesum",
    )
    connections = Counter(
        "posthouse_pop3_connections_total", "POP3 connections.", ["listener", "end"]
    )

    def __init__(self, options: ListenerOptions, context: Context) -> None:
        super().__init__(options, context.limits, context.tls)
        self._context = context

    def connection(self) -> Connection:
        return Connection(write_timeout=self._context.limits.write)

    def session(self, connection: Connection) -> Session:
        return Session(connection, self._context)

    def refusal(self, text: str) -> bytes:
        return responses.err(text, code="SYS/TEMP")
