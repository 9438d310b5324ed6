"""The IMAP roles: what `roles` runs for imap and imaps."""

import asyncio
import functools
import ssl
from collections.abc import Callable

from posthouse.foundation.db import Database
from posthouse.foundation.memory import give_back_blocks_from
from posthouse.foundation.serving import Serve
from posthouse.foundation.settings import Settings
from posthouse.foundation.sources import networks
from posthouse.servers.imap.commands import HANDLERS
from posthouse.servers.imap.context import Context
from posthouse.servers.imap.listener import Listener, ListenerOptions
from posthouse.servers.serving import serve_listener


def imap_role(name: str) -> Serve:
    """Port 143 (`imap`, STARTTLS) or 993 (`imaps`, TLS from the first byte)."""
    return functools.partial(_serve, name)


# A folder's columns are hundreds of KiB for seconds, of many sessions (see columns.py).
_LARGE_BLOCK = 64 * 1024


async def _serve(
    name: str, database: Database, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    settings = database.service(Settings)

    def make(host: str, port: int, tls: ssl.SSLContext) -> Listener:
        give_back_blocks_from(_LARGE_BLOCK)
        context = Context(
            database=database,
            handlers=HANDLERS,
            largest_message=settings.max_message_size,
            tls=tls,
            plaintext_auth=settings.plaintext_auth,
        )
        options = ListenerOptions(
            name=name,
            host=host,
            port=port,
            implicit_tls=name == "imaps",
            proxies=networks(settings.proxies),
        )
        return Listener(options, context)

    await serve_listener(name, make, database, stop, ready)
