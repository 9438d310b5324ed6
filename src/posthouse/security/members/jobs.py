"""The hourly sweep: old sign-in failures, known networks and ended sessions are forgotten."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import asyncpg

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.security.members.actions.sign_in import sweep

_EVERY_SECONDS = 3600.0

log = logging.getLogger(__name__)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The role: sweep at the start and then each hour, until told to stop."""
    ready()
    while not stop.is_set():
        try:
            await sweep(database)
        except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("members were not swept: %s", type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)
