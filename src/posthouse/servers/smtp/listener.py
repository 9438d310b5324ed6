"""A listening port: who may come in, with how many at once, and how it stops."""

import asyncio
import dataclasses
import ssl
from dataclasses import dataclass, field

from posthouse.foundation.census import Census
from posthouse.foundation.entrance import Entrance, Share, open_sockets
from posthouse.foundation.sources import LOCAL_SOCKET, Network, is_among, is_loopback
from posthouse.protocols.smtp import replies
from posthouse.protocols.smtp.profile import Profile
from posthouse.protocols.smtp.reply import Reply
from posthouse.servers.smtp import metrics
from posthouse.servers.smtp.backend import Backend
from posthouse.servers.smtp.patience import Timeouts
from posthouse.servers.smtp.rates import Rates, Unlimited
from posthouse.servers.smtp.session import SmtpSession

_TICK = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerOptions:
    """One listener. `plaintext_auth` allows AUTH without TLS to peers on loopback only.

    `connections` are those of all processes that share the listener. `proxies` say by the PROXY
    protocol whom they speak for. With `peers` nobody else may come, over TCP.
    """

    name: str
    host: str
    port: int
    profile: Profile
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    plaintext_auth: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
    connections: int = 1000
    connections_per_source: int = 100
    rates: Rates = field(default_factory=Unlimited)
    proxies: tuple[Network, ...] = ()
    peers: tuple[Network, ...] | None = None


class Listener:
    """`start()`, then `stop()`."""

    def __init__(self, options: ListenerOptions, backend: Backend) -> None:
        """Raises ValueError for implicit TLS without a certificate: never clear by mistake."""
        if options.implicit_tls and options.tls is None:
            raise ValueError(f"{options.name} needs a TLS context")
        self.backend = backend
        self.name = options.name
        self.rates = options.rates
        self.tls = options.tls
        self.timeouts = options.timeouts
        shortest = min(self.timeouts.command, self.timeouts.data_stall, self.timeouts.data_total)
        self.tick_seconds = min(_TICK, shortest / 4)
        self._options = options
        starttls = options.tls is not None and not options.implicit_tls
        self._profile = dataclasses.replace(
            options.profile, starttls=starttls, plaintext_auth=False
        )
        self._loopback_profile = dataclasses.replace(
            self._profile, plaintext_auth=options.plaintext_auth
        )
        self._sessions: set[SmtpSession] = set()
        self._empty = asyncio.Event()
        self._census = Census.alone()
        self._entrance: Entrance | None = None
        self._admitted = metrics.CONNECTIONS.labels(self.name, "admitted")
        self._open_sessions = metrics.SESSIONS.labels(self.name)

    async def start(self, share: Share | None = None) -> None:
        """Accept from sockets that were opened for several, else listen: raises OSError."""
        options = self._options
        share = share or Share(open_sockets(options.host, options.port))
        self._census = share.census
        self._entrance = Entrance(
            share,
            lambda: SmtpSession(self),
            tls=options.tls if options.implicit_tls else None,
            handshake_timeout=options.timeouts.handshake,
            proxies=options.proxies,
        )
        self._entrance.open()

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        assert self._entrance is not None
        return self._entrance.port

    async def stop(self, grace: float = 6.0) -> None:
        """Take no more connections, let what is under way end for `grace` seconds, then cut."""
        if self._entrance is not None:
            self._entrance.close()
        for session in list(self._sessions):
            session.stop()
        if self._sessions:
            self._empty.clear()
            try:
                await asyncio.wait_for(self._empty.wait(), grace)
            except TimeoutError:
                await asyncio.gather(*(session.stop_now() for session in list(self._sessions)))

    # -- what sessions call

    def admit(self, session: SmtpSession, host: str) -> Reply | None:
        """Count a connection, or say why it is one too many."""
        peers = self._options.peers
        if peers is not None and host != LOCAL_SOCKET and not is_among(host, peers):
            return self._turn_away(replies.NOT_FOR_YOU, "stranger")
        if self._census.admitted >= self._options.connections:
            return self._turn_away(replies.TOO_BUSY, "busy")
        if self._census.admitted_from(host) >= self._options.connections_per_source:
            return self._turn_away(replies.TOO_MANY_FROM_YOU, "source")
        if not self.rates.may_connect(host):
            return self._turn_away(replies.TOO_OFTEN, "often")
        self._census.admit(host)
        self._sessions.add(session)
        self._admitted.inc()
        self._open_sessions.inc()
        return None

    def forget(self, session: SmtpSession, host: str) -> None:
        """An admitted connection ended."""
        self._census.leave(host)
        self._sessions.discard(session)
        self._open_sessions.dec()
        if not self._sessions:
            self._empty.set()

    def profile_for(self, host: str) -> Profile:
        """What this peer is offered."""
        return self._loopback_profile if is_loopback(host) else self._profile

    def _turn_away(self, reply: Reply, outcome: str) -> Reply:
        metrics.CONNECTIONS.labels(self.name, outcome).inc()
        return reply
