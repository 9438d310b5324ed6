"""What listeners show to who connects: always the newest, without a restart."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Refusal
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import server_context, show
from posthouse.security.certificates import store
from posthouse.security.certificates.actions import CERTIFICATE_SIGNAL
from posthouse.security.vault import Tampered

# A lost signal costs this much time.
_LOOK_SECONDS = 300.0

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def shown_certificate(database: Database) -> AsyncIterator[ssl.SSLContext]:
    """A listener's context, of which new connections get what is newest at that moment.

    The operator's own certificate comes before what was issued. Raises Invalid when it is unusable.
    """
    settings = database.service(Settings)
    context = server_context(settings)
    if settings.tls_certificate is not None:
        yield context
        return
    with database.signals.subscribe(CERTIFICATE_SIGNAL) as news:
        shown = await _look(database, context, None)
        following = asyncio.create_task(_follow(database, context, news, shown))
        try:
            yield context
        finally:
            following.cancel()


async def _follow(
    database: Database, context: ssl.SSLContext, news: asyncio.Event, shown: UUID | None
) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _LOOK_SECONDS)
        news.clear()
        shown = await _look(database, context, shown)


async def _look(database: Database, context: ssl.SSLContext, shown: UUID | None) -> UUID | None:
    """Which one `context` shows now; None: ours. What cannot be shown changes nothing."""
    try:
        async with database.system() as tx:
            newest = await store.newest_certificate(tx)
            if newest is None or newest["id"] == shown:
                return shown
            pair = store.opened(tx, newest)
        show(context, pair.chain, pair.key)
    except (Refusal, Tampered, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning(
            "the certificate cannot be shown: %s", type(error).__name__
        )  # SSLError: OSError
        return shown
    found: UUID = newest["id"]
    return found
