"""The ManageSieve role: what `roles` runs."""

import asyncio
import ssl
from collections.abc import Callable

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.foundation.sources import networks
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.managesieve.context import Context
from posthouse.servers.managesieve.listener import Listener
from posthouse.servers.serving import serve_listener

_NAME = "managesieve"


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Port 4190, STARTTLS."""
    settings = database.service(Settings)

    def make(host: str, port: int, tls: ssl.SSLContext) -> Listener:
        context = Context(database=database, tls=tls, plaintext_auth=settings.plaintext_auth)
        options = ListenerOptions(
            name=_NAME, host=host, port=port, proxies=networks(settings.proxies)
        )
        return Listener(options, context)

    await serve_listener(_NAME, make, database, stop, ready)
