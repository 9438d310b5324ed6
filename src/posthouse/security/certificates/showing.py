"""What listeners show to who connects: always the newest, without a restart."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid, Refusal
from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import server_context, show, show_files
from posthouse.security.certificates import store
from posthouse.security.certificates.actions import CERTIFICATE_SIGNAL
from posthouse.security.vault import Tampered

# A lost signal costs this much time.
_LOOK_SECONDS = 300.0
_READ_AGAIN_SECONDS = 60.0

_Stamp = tuple[tuple[int, int] | None, ...]

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def shown_certificate(database: Database) -> AsyncIterator[ssl.SSLContext]:
    """A listener's context, of which new connections get what is newest at that moment.

    The operator's own certificate comes before what was issued. Raises Invalid when it is unusable.
    """
    settings = database.service(Settings)
    stamp = _stamp(settings)  # before it is read: what is written meanwhile is read again
    context = server_context(settings)
    if settings.tls_certificate is not None:
        reading = asyncio.create_task(_read_again(context, settings, stamp))
        try:
            yield context
        finally:
            reading.cancel()
        return
    with database.signals.subscribe(CERTIFICATE_SIGNAL) as news:
        shown = await _look(database, context, None)
        following = asyncio.create_task(_follow(database, context, news, shown))
        try:
            yield context
        finally:
            following.cancel()


async def _read_again(context: ssl.SSLContext, settings: Settings, shown: _Stamp) -> None:
    """What the operator's own program (certbot, lego …) renews is shown without a restart."""
    while True:
        await asyncio.sleep(_READ_AGAIN_SECONDS)
        stamp = await asyncio.to_thread(_stamp, settings)
        if stamp == shown:
            continue
        try:
            # First in a context of its own: one of two files may be written already, the other not.
            await asyncio.to_thread(server_context, settings)
            show_files(context, settings)
        except Invalid as refused:
            log.warning("the new certificate cannot be shown: %s", refused.reason)
            continue
        shown = stamp
        log.info("the certificate's file has changed: the new one is shown")


def _stamp(settings: Settings) -> _Stamp:
    """Another one when certificate or key is another file, or was written to."""
    return tuple(map(_state, (settings.tls_certificate, settings.tls_key)))


def _state(file: Path | None) -> tuple[int, int] | None:
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return found and (found.st_ino, found.st_mtime_ns)


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
