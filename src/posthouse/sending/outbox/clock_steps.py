"""A clock that is set back: what waits for a time that was never true is done now.

The clock of a machine may be ahead by days (a wrong time server, a battery) and then be set right.
What was put off meanwhile would wait for as long as it was ahead. (A clock that jumps ahead needs
nobody to see it: what nobody came for grows no older, `Leased.unattended`.)
"""

import time
from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.chores import Chore
from posthouse.foundation.db import Database, Tx
from posthouse.foundation.sql import load_queries
from posthouse.sending.outbox.model import Share

SQL = load_queries("posthouse.sending.outbox", "clock_steps.sql")

_LOOK_SECONDS = 5
# Longer than a lease, and than sending can be undone.
_TOLERATED = timedelta(minutes=1)
# No pause between attempts is longer (`model.pause_after`: 4.8 hours).
_FURTHEST = timedelta(hours=6)


async def bring_back(tx: Tx) -> int:
    """Give what waits for an impossible time a possible one; how many recipients that is."""
    given = {"now": clock.now(), "tolerated": _TOLERATED}
    rows = await tx.rows(SQL["bring_back"], shares=list(Share), furthest=_FURTHEST, **given)
    await tx.execute(SQL["bring_back_messages"], **given)
    await tx.execute(SQL["grow_no_younger"], now=given["now"])
    await tx.execute(SQL["forget_what_is_to_come"], **given)
    return len(rows)


class _Watch:
    """Looks at the clock now and then; at the start it may have been set while nobody looked."""

    def __init__(self) -> None:
        self._ahead = float("inf")

    async def look(self, database: Database) -> int:
        ahead = clock.now().timestamp() - time.monotonic()
        set_back = self._ahead - ahead
        self._ahead = ahead
        if set_back <= _TOLERATED.total_seconds():
            return 0
        async with database.system() as tx:
            return await bring_back(tx)


CHORES = (Chore(name="outbox.clock", do=_Watch().look, every=_LOOK_SECONDS),)
