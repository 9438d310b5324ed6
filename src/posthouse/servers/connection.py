"""One connection: bytes in and out, each way with a brake, and the change to TLS.

For edges whose sessions ask for the next command when they want it. What came and was not asked for
waits in a reader that knows the protocol's grammar.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, cast

from posthouse.protocols.proxy import Source

_READ_AHEAD = 256 * 1024
_WRITE_AHEAD = 4 * 1024 * 1024  # two batches: one is read while the last one goes out


class Reader(Protocol):
    """Keeps what came until it is pulled."""

    def feed(self, data: bytes) -> None:
        """More came."""
        ...

    def __len__(self) -> int:
        """Octets received and not yet pulled."""
        ...

    def discard(self) -> None:
        """Forget everything received: nothing said before TLS counts after it."""
        ...


R = TypeVar("R", bound=Reader)
T = TypeVar("T")


class ClientGone(Exception):
    """The connection ended; there is nobody to answer."""


class TooSlow(Exception):
    """The client said nothing for as long as it may."""


class Connection(asyncio.Protocol, Generic[R]):
    """A reader fed by the event loop, and a transport written to with backpressure."""

    def __init__(self, reader: R, *, write_timeout: float) -> None:
        self.reader = reader
        self.on_arrival: Callable[[], None] | None = None
        self.encrypted = False
        self.peer = ""
        self.attention = asyncio.Event()  # something came, or the client left
        self._write_timeout = write_timeout
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._reading_paused = False
        self._said_all = False  # nothing more will come
        self._gone = False  # nothing more is taken either
        self._waiter: asyncio.Task[Any] | None = None
        self._patient_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._too_slow = False

    # -- what the event loop calls -----------------------------------------------

    def comes_from(self, source: Source) -> None:
        self.peer = source.host  # as a proxy says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._take_transport(cast(asyncio.Transport, transport))
        peer = transport.get_extra_info("peername")
        self.peer = self.peer or (str(peer[0]) if peer else "")
        if self.on_arrival is not None:
            self.on_arrival()

    def data_received(self, data: bytes) -> None:
        self.reader.feed(data)
        self.attention.set()
        self.mind_the_brake(len(self.reader))

    def mind_the_brake(self, waiting: int) -> None:
        """Take no more while so many octets wait."""
        if waiting > _READ_AHEAD and not self._reading_paused and self._transport:
            self._transport.pause_reading()
            self._reading_paused = True

    def eof_received(self) -> bool:
        """Half closed (`printf … | nc`): commands that came are still answered; TLS cannot."""
        self._said_all = True
        self.attention.set()
        return not self.encrypted

    def connection_lost(self, exc: Exception | None) -> None:
        self.hang_up()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # -- what the session calls ----------------------------------------------------

    def pull(self, take: Callable[[], T]) -> T:
        """What the reader's `take` finds in what has come so far."""
        taken = take()
        if self._reading_paused and len(self.reader) < _READ_AHEAD // 2 and self._transport:
            self._reading_paused = False
            self._transport.resume_reading()
        return taken

    async def pulled(self, take: Callable[[], T | None], patience: float) -> T:
        """The same, as soon as there is something. Raises TooSlow, ClientGone."""
        while (taken := self.pull(take)) is None:
            await self.wait(patience)
        return taken

    async def wait(self, patience: float) -> None:
        """Until `attention` is set. Raises TooSlow, ClientGone."""
        if self._said_all:
            raise ClientGone
        waiter = asyncio.current_task()
        assert waiter is not None
        self._be_patient(patience)
        self._waiter = waiter
        try:
            await self.attention.wait()
        except asyncio.CancelledError:
            if not self._too_slow or waiter.uncancel():
                raise
            raise TooSlow from None
        finally:
            self._waiter = None
        self.attention.clear()

    def _be_patient(self, patience: float) -> None:
        # One alarm, moved on when it rings: to set one for each of a client's thousands of commands
        # takes longer than to answer the simple ones.
        self._too_slow = False
        self._patient_until = asyncio.get_running_loop().time() + patience
        if self._alarm is None or self._alarm.when() > self._patient_until:
            self._set_alarm(patience)

    def _set_alarm(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None:
            return
        left = self._patient_until - asyncio.get_running_loop().time()
        if left > 0:
            self._set_alarm(left)
        else:
            self._too_slow = True
            self._waiter.cancel()

    def write(self, octets: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    async def drain(self) -> None:
        """Until the client has taken enough. Raises ClientGone, also for one that takes nothing."""
        if self._gone:
            raise ClientGone
        if self._may_write.is_set():
            return
        try:
            async with asyncio.timeout(self._write_timeout):
                await self._may_write.wait()
        except TimeoutError:
            self.abort()
            raise ClientGone from None
        if self._gone:
            raise ClientGone

    async def start_tls(self, context: ssl.SSLContext, patience: float) -> None:
        """Speak TLS from here on; what came in plain text is forgotten. Raises ClientGone."""
        self.reader.discard()
        assert self._transport is not None
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=patience
            )
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self.abort()
            raise ClientGone from error
        if transport is None:
            raise ClientGone
        self._take_transport(transport)

    def hang_up(self) -> None:
        """Whoever waits for the client is told that it left."""
        self._said_all = self._gone = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self.attention.set()
        self._may_write.set()

    def close(self) -> None:
        """After what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take_transport(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reading_paused = False
        self.encrypted = transport.get_extra_info("ssl_object") is not None
        transport.set_write_buffer_limits(high=_WRITE_AHEAD)
