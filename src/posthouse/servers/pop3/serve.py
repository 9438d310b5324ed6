"""The POP3 roles: what `roles` runs for pop3 and pop3s."""

import asyncio
import functools
import ssl
from collections.abc import Callable

from posthouse.foundation.db import Database
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import Settings
from posthouse.foundation.sources import networks
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.pop3.context import Context
from posthouse.servers.pop3.listener import Listener
from posthouse.servers.serving import serve_listener


def pop3_role(name: str) -> Serve:
    """Port 110 (`pop3`, STLS) or 995 (`pop3s`, TLS from the first byte)."""
    return functools.partial(_serve, name)


async def _serve(
    name: str, database: Database, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    settings = database.service(Settings)

    def make(host: str, port: int, tls: ssl.SSLContext) -> Listener:
        context = Context(database=database, tls=tls, plaintext_auth=settings.plaintext_auth)
        options = ListenerOptions(
            name=name,
            host=host,
            port=port,
            implicit_tls=name == "pop3s",
            proxies=networks(settings.proxies),
        )
        return Listener(options, context)

    await serve_listener(name, make, database, stop, ready)
