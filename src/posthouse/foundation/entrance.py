"""Accepting connections from sockets that several processes share, each its part.

A socket per process (SO_REUSEPORT) would leave the choice to a hash of the addresses, which now and
then gives seven of eight connections to one of two processes, and what waits at a process that is
killed is lost. An event loop's own server takes all that waits at once, so that a burst goes to who
wakes first. Here a process takes one connection at a time, and only while no other has fewer.
"""

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from posthouse.foundation.census import Census
from posthouse.foundation.sources import Network, is_among
from posthouse.protocols.proxy import BadHeader, Source, read_header

BACKLOG = 511
# How often a process that has more looks whether it is its turn, and for how long it lets the
# others go first. Nothing holds a loop for more than 20 ms: who did not come by then is not well,
# and is not waited for again until its number has changed.
_LOOK_SECONDS = 0.001
_PATIENCE_SECONDS = 0.03
_BREATHER_SECONDS = 1.0
# A proxy speaks at once; its header is looked at without taking what the client says behind it.
_HEADER_SECONDS = 5.0
_HEADER_LOOK_SECONDS = 0.01
_LONGEST_HEADER = 4096

log = logging.getLogger(__name__)


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address of `host`, or the socket file of this path.

    Raises OSError.
    """
    if host.startswith("/"):
        return [_open_socket_file(host)]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with contextlib.ExitStack() as stack:
        sockets = []
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.setblocking(False)
            listening.bind(address)
            listening.listen(BACKLOG)
            sockets.append(listening)
        stack.pop_all()
    return sockets


def _open_socket_file(path: str) -> socket.socket:
    """For the owner and the group of the folder (when that is set-group-ID) alone."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.unlink(path)  # of a server that is gone
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.setblocking(False)
    try:
        listening.bind(path)
        os.chmod(path, 0o660)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


@dataclass(frozen=True, slots=True)
class Share:
    """What a process needs to accept its part: the sockets, and who has how many."""

    sockets: Sequence[socket.socket]
    census: Census = field(default_factory=Census.alone)


@runtime_checkable
class Guest(Protocol):
    """A protocol that believes a proxy about who its client is."""

    def comes_from(self, source: Source) -> None:
        """Said before `connection_made`."""
        ...


class Entrance:
    """Takes connections until it is closed."""

    def __init__(
        self,
        share: Share,
        make_protocol: Callable[[], asyncio.Protocol],
        *,
        tls: ssl.SSLContext | None = None,
        handshake_timeout: float | None = None,
        proxies: Sequence[Network] = (),
    ) -> None:
        """With `tls` it starts with the connection.

        Who connects from `proxies` has to say first whom for (the PROXY protocol); nobody else may.
        """
        self._proxies = proxies
        self._sockets = share.sockets
        self._census = share.census
        self._make_protocol = make_protocol
        self._tls = tls
        self._handshake_timeout = handshake_timeout if tls else None
        self._loop = asyncio.get_running_loop()
        self._accepting: list[asyncio.Task[None]] = []
        self._arriving: set[asyncio.Task[None]] = set()
        self._absent_at: int | None = None

    @property
    def port(self) -> int:
        """The port of the first socket, also when 0 was asked for."""
        return int(self._sockets[0].getsockname()[1])

    def open(self) -> None:
        """Take connections from now on."""
        self._census.open()
        self._accepting = [self._loop.create_task(self._accept(each)) for each in self._sockets]

    def close(self) -> None:
        """Take no more. May be said twice."""
        self._census.close()
        for task in self._accepting:
            task.cancel()
        for listening in self._sockets:
            if listening.fileno() >= 0:
                self._loop.remove_reader(listening)
                listening.close()

    async def _accept(self, listening: socket.socket) -> None:
        while True:
            await self._someone_waits(listening)
            waited_in_vain = await self._let_others_go_first()
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                continue
            except OSError as error:  # out of descriptors or memory
                log.error("no connection can be taken: %s", error.strerror)
                await asyncio.sleep(_BREATHER_SECONDS)
                continue
            if waited_in_vain:
                self._absent_at = self._census.fewest_elsewhere
            self._census.coming(1)
            task = self._loop.create_task(self._welcome(connection))
            self._arriving.add(task)
            task.add_done_callback(self._arrived)

    async def _someone_waits(self, listening: socket.socket) -> None:
        waiting = self._loop.create_future()
        self._loop.add_reader(listening, _done, waiting)
        try:
            await waiting
        finally:
            if listening.fileno() >= 0:  # `close` was faster
                self._loop.remove_reader(listening)

    async def _let_others_go_first(self) -> bool:
        """Until it is our turn; True when the others did not take theirs."""
        seen = None
        until = 0.0
        while True:
            fewest = self._census.fewest_elsewhere
            if fewest is None or self._census.held <= fewest or fewest == self._absent_at:
                return False
            self._absent_at = None
            if fewest != seen:
                seen, until = fewest, self._loop.time() + _PATIENCE_SECONDS
            elif self._loop.time() > until:
                return True
            await asyncio.sleep(_LOOK_SECONDS)

    async def _welcome(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            source, over_tcp = None, connection.family != socket.AF_UNIX
            if over_tcp:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._proxies and is_among(str(connection.getpeername()[0]), self._proxies):
                source = await asyncio.wait_for(self._named(connection), _HEADER_SECONDS)
            await self._loop.connect_accepted_socket(
                lambda: self._guest(source),
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_timeout,
            )
        except (OSError, TimeoutError):  # gone again, or no TLS; ssl.SSLError is an OSError
            connection.close()
        except BadHeader as error:
            log.warning("a proxy did not say whom it speaks for: %s", error)
            connection.close()

    def _guest(self, source: Source | None) -> asyncio.Protocol:
        protocol = self._make_protocol()
        if source is not None:
            assert isinstance(protocol, Guest)
            protocol.comes_from(source)
        return protocol

    async def _named(self, connection: socket.socket) -> Source | None:
        """Whom the proxy speaks for; None for itself. Raises BadHeader, OSError."""
        seen = 0
        while True:
            await self._someone_waits(connection)
            data = connection.recv(_LONGEST_HEADER, socket.MSG_PEEK)
            header = read_header(data) if data else None
            if header is not None:
                connection.recv(header[1])
                return header[0]
            if not data or len(data) == _LONGEST_HEADER:
                raise BadHeader("it ended before it was whole")
            if len(data) == seen:  # what was seen already keeps the socket readable
                await asyncio.sleep(_HEADER_LOOK_SECONDS)
            seen = len(data)

    def _arrived(self, task: "asyncio.Task[None]") -> None:
        self._arriving.discard(task)
        self._census.coming(-1)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a connection could not be taken", exc_info=error)


def _done(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
