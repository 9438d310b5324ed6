"""The role that keeps the certificate: obtains it when it is due, and asks when that will be."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import asyncpg

from posthouse.foundation.chores import Chore, run_chore
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Busy
from posthouse.security.certificates.actions import (
    WISH_SIGNAL,
    ask_when_to_renew,
    obtain_if_due,
)

_LOOK_SECONDS = 60.0
# As often as RFC 9773 4.3.3 has it when an authority does not say.
_SUGGESTIONS = Chore(name="certificates.suggestion", do=ask_when_to_renew, every=6 * 3600, first=60)

log = logging.getLogger(__name__)


async def serve(database: Database, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """The role. Several may run; each attempt is one's."""
    suggestions = asyncio.create_task(run_chore(database, _SUGGESTIONS))
    keeping = asyncio.create_task(_keep(database))
    ready()
    await stop.wait()
    for task in (suggestions, keeping):
        task.cancel()
    await asyncio.gather(suggestions, keeping, return_exceptions=True)


async def _keep(database: Database) -> None:
    with database.signals.subscribe(WISH_SIGNAL) as due:
        while True:
            due.clear()
            try:
                obtained = await obtain_if_due(database)
                if obtained is True:
                    log.info("certificate: obtained")
                elif obtained is False:
                    log.warning("certificate: not obtained; “posthouse certificate show” says why")
            except (Busy, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("certificate: %s", type(error).__name__)
            except Exception:  # a fault of ours: it is tried again when the lease is over
                log.exception("certificate")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(due.wait(), _LOOK_SECONDS)
