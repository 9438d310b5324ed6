"""The life of a listening role: quiet when it is switched off, else from its port to its end."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol

from posthouse.foundation.db import Database
from posthouse.foundation.entrance import Share
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import Shares
from posthouse.security.certificates.showing import shown_certificate


class Listens(Protocol):
    """What is started and stopped."""

    async def start(self, share: Share | None = None) -> None:
        """Raises OSError when the port is not to be had."""
        ...

    async def stop(self, grace: float = 5.0) -> None: ...


async def serve_listener(
    name: str,
    make: Callable[[str, int, ssl.SSLContext], Listens],
    database: Database,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    """`make` is given host, port and our certificate, unless `name` is switched off."""
    address = database.service(Settings).listener(name)
    if address is None:
        ready()
        await stop.wait()
        return
    async with shown_certificate(database) as tls:
        listener = make(*address, tls)
        await listener.start(database.service(Shares).of(name))
        ready()
        try:
            await stop.wait()
        finally:
            await listener.stop()
