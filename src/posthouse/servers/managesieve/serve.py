"""The ManageSieve role: what `roles.py` runs."""

import asyncio
from collections.abc import Callable

from posthouse.foundation.db import Database
from posthouse.foundation.settings import Settings
from posthouse.foundation.sharing import Shares
from posthouse.foundation.sources import networks
from posthouse.foundation.tls import server_context
from posthouse.servers.listener import ListenerOptions
from posthouse.servers.managesieve.context import Context
from posthouse.servers.managesieve.listener import Listener

_NAME = "managesieve"


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Port 4190, STARTTLS."""
    settings = database.service(Settings)
    address = settings.listener(_NAME)
    if address is None:
        ready()
        await stop.wait()
        return
    context = Context(
        database=database, tls=server_context(settings), plaintext_auth=settings.plaintext_auth
    )
    options = ListenerOptions(
        name=_NAME, host=address[0], port=address[1], proxies=networks(settings.proxies)
    )
    listener = Listener(options, context)
    await listener.start(database.service(Shares).of(_NAME))
    ready()
    try:
        await stop.wait()
    finally:
        await listener.stop()
