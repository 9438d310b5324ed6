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

    @property
    def secure(self) -> bool:
        """Whether TLS is there."""
        transport = self._transport
        return transport is not None and transport.get_extra_info("ssl_object") is not None

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
        if self._transport is None:
            raise Unreachable(f"{self._host} has closed the connection.")
        self._transport.write(data)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._may_write.wait()
        except TimeoutError:
            raise self._silent() from None

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands. What came in the clear is forgotten: nobody vouches for it."""
        if self._transport is None:
            raise Unreachable(f"{self._host} has closed the connection.")
        self._forget()
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=_name(self._host),
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            )
        except (OSError, TimeoutError) as error:
            self.abort()
            raise _why(self._host, error) from None
        if transport is None:
            raise Unreachable(f"{self._host} has closed the connection.")
        self._transport = transport

    def abort(self) -> None:
        """Leave at once, without a word."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    async def close(self) -> None:
        """Leave, once what was written has gone; soon in any case."""
        if self._transport is None:
            return
        self._transport.close()
        await asyncio.wait([self._lost], timeout=_GOODBYE_SECONDS)
        self.abort()

    # -- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From now on it can be written to."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Kept until it is read; beyond some, the server has to wait."""
        self._unread.append(data)
        self._octets += len(data)
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

    async def _something(self, patience: float) -> None:
        if self._transport is not None:
            self._waiting = self._loop.create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._waiting
            except TimeoutError:
                raise self._silent() from None
            finally:
                self._waiting = None
        if not self._unread:
            raise Unreachable(f"{self._host} has closed the connection.")

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
    tls = server.security == "tls"
    try:
        async with asyncio.timeout(_CONNECT_SECONDS + (_HANDSHAKE_SECONDS if tls else 0)):
            await asyncio.get_running_loop().create_connection(
                lambda: wire,
                str(address),
                server.port,
                ssl=outside.tls if tls else None,
                server_hostname=_name(server.host) if tls else None,
            )
    except (OSError, TimeoutError) as error:
        raise _why(server.host, error) from None
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
