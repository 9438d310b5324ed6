"""Forgetting events that everybody has heard, so that the log does not grow for ever."""

from collections.abc import Sequence
from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.events.log import SQL

KEPT = timedelta(days=30)
"""As long as this an event is kept after all have heard it, for who comes late or looks back."""

# While a portion goes, it holds the log back for everybody: ten milliseconds.
_PORTION = 1000
_MOST_PORTIONS = 200


async def trim(database: Database, listeners: Sequence[str]) -> int:
    """Forget events older than `KEPT` that all `listeners` have passed; how many.

    Nothing goes that one of them has before it, also when it has not run for a year, or never.
    """
    gone = 0
    for _ in range(_MOST_PORTIONS):
        async with database.system() as tx:
            count = await tx.execute(
                SQL["trim_events"],
                listeners=list(listeners),
                now=clock.now(),
                kept=KEPT,
                limit=_PORTION,
            )
        gone += count
        if count < _PORTION:
            break
    return gone
