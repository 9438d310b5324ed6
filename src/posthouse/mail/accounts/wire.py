"""Bytes to and from a server elsewhere: connecting, TLS from the start or later, patience.

What POP3 and IMAP have in common below their grammars. What the server sends faster than it is read
waits at the server: nothing here grows.
"""

import asyncio
import ssl
from collections import deque
from typing import cast

from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import AccountError, Unreachable, Untrusted
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.reaching import addresses_to_reach
from posthouse.mail.accounts.tls import TlsStream
from posthouse.protocols.dns import IPAddress

# Servers are slow to greet while they lock or look through a large mailbox.
PATIENCE = 120.0
_CONNECT_SECONDS = 20.0
_HANDSHAKE_SECONDS = 30.0
_GOODBYE_SECONDS = 2.0
_MOST_ADDRESSES = 4
_MOST_UNREAD = 256 * 1024


class Wire(asyncio.Protocol):
    """Made by `connect`; one reader and one writer at a time; all calls raise Unreachable."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._unread: deque[bytes] = deque()
        self._octets = 0
        self._paused = False
        self._waiting: asyncio.Future[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._lost = self._loop.create_future()
        self._tls: TlsStream | None = None
        self._broken: ssl.SSLError | None = None  # what was wrong with TLS

    @property
    def secure(self) -> bool:
        """Whether TLS is there."""
        return self._tls is not None and self._tls.ready

    async def read(self, patience: float = PATIENCE) -> bytes:
        """What has come, at least an octet."""
        if not self._unread:
            await self._something(patience)
        data = b"".join(self._unread)
        self._forget()
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Given to the network, as far as it takes it."""
        pieces = [data] if self._tls is None else self._tls.send(data)
        try:
            async with asyncio.timeout(PATIENCE) as patience:
                for piece in pieces:
                    if self._transport is None:
                        raise self._gone()
                    self._transport.write(piece)
                    if not self._may_write.is_set():
                        await self._may_write.wait()
                        patience.reschedule(self._loop.time() + PATIENCE)
        except TimeoutError:
            raise self._silent() from None
        except ssl.SSLError as error:
            self.abort()
            raise _why(self._host, error) from None

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands. What came in the clear is forgotten: nobody vouches for it."""
        if self._transport is None:
            raise self._gone()
        self._forget()
        self._tls = TlsStream(context, _name(self._host))
        try:
            self._tls.begin()
            self._flush()
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                while not self._tls.ready:
                    await self._wait()
                    if self._transport is None:
                        raise self._broken or ConnectionResetError
        except (OSError, TimeoutError) as error:
            self.abort()
            raise _why(self._host, error) from None

    def abort(self) -> None:
        """Leave at once, without a word."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    async def close(self) -> None:
        """Leave, once what was written has gone; soon in any case."""
        if self._transport is None:
            return
        if self._tls is not None:
            self._tls.end()
            self._flush()
        self._transport.close()
        await asyncio.wait([self._lost], timeout=_GOODBYE_SECONDS)
        self.abort()

    # -- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From now on it can be written to."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Kept until it is read; beyond some, the server has to wait."""
        if self._tls is None:
            self._keep(data)
        else:
            self._decrypt(data, self._tls)
        if self._octets > _MOST_UNREAD and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        self._transport = None
        self._may_write.set()
        if not self._lost.done():
            self._lost.set_result(None)
        self._wake()

    def pause_writing(self) -> None:
        """The network takes no more."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """Now it does."""
        self._may_write.set()

    # -- helpers

    def _keep(self, data: bytes) -> None:
        self._unread.append(data)
        self._octets += len(data)

    def _decrypt(self, data: bytes, tls: TlsStream) -> None:
        try:
            for piece in tls.receive(data):
                self._keep(piece)
        except ssl.SSLError as error:
            self._broken = error
        self._flush()  # an alert says why
        if (self._broken or tls.ended) and self._transport is not None:
            transport, self._transport = self._transport, None
            transport.close()

    def _flush(self) -> None:
        if self._transport is not None and self._tls is not None:
            self._transport.write(self._tls.pending())

    async def _something(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                while not self._unread and self._transport is not None:
                    await self._wait()  # TLS says things of its own, too
        except TimeoutError:
            raise self._silent() from None
        if not self._unread:
            raise self._gone()

    async def _wait(self) -> None:
        """Until something comes, or nothing will any more."""
        self._waiting = self._loop.create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _gone(self) -> AccountError:
        if self._broken is not None:
            return _why(self._host, self._broken)
        return Unreachable(f"{self._host} has closed the connection.")

    def _forget(self) -> None:
        self._unread.clear()
        self._octets = 0

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _silent(self) -> Unreachable:
        self.abort()
        return Unreachable(f"{self._host} does not answer.")


async def connect(outside: Outside, server: Server) -> Wire:
    """With TLS from the start where it is so. Raises Unreachable, Untrusted, Forbidden."""
    last: AccountError = Unreachable(f"{server.host} cannot be reached.")
    addresses = await addresses_to_reach(outside, server.host)
    for address in addresses[:_MOST_ADDRESSES]:
        try:
            return await _connect(outside, server, address)
        except Untrusted:
            raise
        except Unreachable as error:
            last = error
    raise last


async def _connect(outside: Outside, server: Server, address: IPAddress) -> Wire:
    wire = Wire(server.host)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await asyncio.get_running_loop().create_connection(
                lambda: wire, str(address), server.port
            )
    except (OSError, TimeoutError) as error:
        raise _why(server.host, error) from None
    if server.security == "tls":
        await wire.start_tls(outside.tls)
    return wire


def _why(host: str, error: Exception) -> AccountError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(
            f"{host} shows no certificate that can be trusted.", said=error.verify_message
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"{host} speaks no TLS there.", said=str(error.reason or ""))
    if isinstance(error, TimeoutError):
        return Unreachable(f"{host} does not answer.")
    return Unreachable(f"{host} cannot be reached.", said=getattr(error, "strerror", None) or "")


def _name(host: str) -> str:
    return host.strip("[]")
