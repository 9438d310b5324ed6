"""The web that strangers lead us to: only where a stranger may make us look, never too much."""

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin

import httpcore

from posthouse.protocols.dns import (
    BadName,
    CachingResolver,
    IPAddress,
    host_addresses,
    query_name,
)

WEB_PORTS = {"http": 80, "https": 443}

# What may happen to a request before it is answered; of TLS and of time, too.
FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    OSError,
)

_MOST_ADDRESSES = 4
_REDIRECTS = (301, 302, 303, 307, 308)

MayReach = Callable[[IPAddress, int], bool]


def is_public(address: IPAddress, port: int) -> bool:
    """Whether a stranger may make us connect there: never into our own network."""
    return port in WEB_PORTS.values() and is_outside(address)


def is_outside(address: IPAddress) -> bool:
    """Whether it is an address of the Internet, and no form of one of our own network."""
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return (
        address.is_global
        and not address.is_multicast
        and (mapped is None or bool(mapped.is_global))
    )


def header_of(response: httpcore.Response, name: bytes) -> str:
    """The first field of a lower-case name; empty when there is none."""
    fields = (value for said, value in response.headers if said.lower() == name)
    return next(fields, b"").decode("latin-1")


def moved_to(url: str, response: httpcore.Response) -> str | None:
    """Where a redirect leads (RFC 9110 15.4); None for any other answer."""
    place = header_of(response, b"location") if response.status in _REDIRECTS else ""
    return urljoin(url, place) if place else None


async def content_of(response: httpcore.Response, most: int) -> bytes | None:
    """The body; None when it is larger than `most` octets, of which few more are read."""
    content = bytearray()
    async for chunk in response.aiter_stream():
        content += chunk
        if len(content) > most:
            return None
    return bytes(content)


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to names as our resolver knows them, and only where a stranger may lead us.

    The address that was checked is the one connected to: a name that changes in between gains
    nothing.
    """

    def __init__(self, resolver: CachingResolver, may_reach: MayReach) -> None:
        self._resolver = resolver
        self._may_reach = may_reach
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError("no address that may be reached")
        for address in (await self.addresses_of(host, port))[:_MOST_ADDRESSES]:
            try:
                return await self._backend.connect_tcp(str(address), port, timeout=timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error  # this machine may have no IPv6, or that one none that works
        raise failure

    async def addresses_of(self, host: str, port: int) -> list[IPAddress]:
        """Those that may be reached, in the order to try them."""
        return [each for each in await self._known(host) if self._may_reach(each, port)]

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("never")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _known(self, host: str) -> list[IPAddress]:
        try:
            return [ip_address(host.strip("[]"))]
        except ValueError:
            pass
        try:
            answer = await host_addresses(self._resolver, query_name(host))
        except BadName:
            return []
        return list(answer.records)
