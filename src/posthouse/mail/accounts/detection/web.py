"""Documents of strangers' web servers: asked for politely, bounded, never in our own network."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore

from posthouse.foundation.guarded import (
    FAILURES,
    WEB_PORTS,
    Guarded,
    content_of,
    is_public,
    moved_to,
)
from posthouse.mail.accounts.driver import Outside
from posthouse.protocols.autoconfig.xml import LARGEST
from posthouse.protocols.dns import BadName, IPAddress, ascii_name

_SECONDS = 8.0
_TIMEOUT = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
_MOST_REDIRECTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was found. `host` is where, after redirects; `secure`: over HTTPS all the way."""

    status: int
    content: bytes
    host: str
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The web's ports, other ones in tests."""

    http: int = WEB_PORTS["http"]
    https: int = WEB_PORTS["https"]


class Web:
    """Asks; whatever goes wrong is None. `outside` says whether private addresses are allowed."""

    def __init__(self, outside: Outside, ports: Ports) -> None:
        self._outside = outside
        self._ports = ports

    async def get(self, url: str) -> Page | None:
        """The document at `url`, over redirects, but never from HTTPS down to HTTP."""
        return await self._ask("GET", url, None)

    async def post(self, url: str, body: bytes) -> Page | None:
        """The answer to an XML document."""
        return await self._ask("POST", url, body)

    async def _ask(self, method: str, url: str, body: bytes | None) -> Page | None:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._outside.tls,
            network_backend=Guarded(self._outside.resolver, self._may_reach),
        )
        try:
            async with pool, asyncio.timeout(_SECONDS):
                for _ in range(_MOST_REDIRECTS + 1):
                    found = await self._once(pool, method, url, body)
                    if not isinstance(found, str):
                        return found
                    if url.startswith("https:") and not found.startswith("https:"):
                        return None
                    url = found
        except FAILURES:
            return None
        return None

    async def _once(
        self, pool: httpcore.AsyncConnectionPool, method: str, url: str, body: bytes | None
    ) -> Page | str | None:
        """A page, or where it has gone; None for what is none of the web."""
        address = self._address(url)
        if address is None:
            return None
        headers = [("Accept", "text/xml, application/xml"), ("User-Agent", "Posthouse")]
        if body is not None:
            headers.append(("Content-Type", "text/xml; charset=utf-8"))
        async with pool.stream(
            method, address, headers=headers, content=body, extensions={"timeout": _TIMEOUT}
        ) as response:
            if elsewhere := moved_to(url, response):
                return elsewhere
            content = await content_of(response, LARGEST)
            if content is None:
                return None
            return Page(
                status=response.status,
                content=content,
                host=address.host.decode(),
                secure=address.scheme == b"https",
            )

    def _address(self, url: str) -> httpcore.URL | None:
        """With the port that stands for the scheme's own; an address of the web, else None."""
        try:
            parts = urlsplit(url)
            usual = {"http": self._ports.http, "https": self._ports.https}[parts.scheme]
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if not target.isascii() or not target.isprintable() or " " in target:
                return None
            host = ascii_name(parts.hostname or "")
            return httpcore.URL(
                scheme=parts.scheme, host=host, port=parts.port or usual, target=target
            )
        except (KeyError, ValueError, BadName):
            return None

    def _may_reach(self, address: IPAddress, port: int) -> bool:
        return self._outside.private_hosts or is_public(address, port)
