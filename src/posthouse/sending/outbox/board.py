"""What every site bears, as one worker knows it: what it met itself, and what others wrote down.

A site that is well costs the database nothing. Who finds one slow, blocked or away writes a row;
others read it with the next work they take (`queries.sql` `lease_due` says when there is news).
"""

import math
from collections import OrderedDict
from datetime import datetime, timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row, Tx
from posthouse.sending.outbox import site_rows
from posthouse.sending.outbox.gates import Gate
from posthouse.sending.outbox.pacing import Pace, Reason

_MOST_REMEMBERED = 10_000
# Rows of one transaction may become visible after those of a later one.
_OVERLAP = timedelta(seconds=10)
_FORGET_AFTER = timedelta(days=2)


class Site:
    """One site: its pace and its gate."""

    def __init__(self, name: str, board: "Board") -> None:
        self.name = name
        self.pace = Pace()
        self.gate = Gate(self._places)
        self._board = board

    def _places(self) -> int:
        return max(math.ceil(self.pace.connections / self._board.workers), 1)


class Board:
    """All sites of one process."""

    def __init__(self, database: Database) -> None:
        self.workers = 1
        self._database = database
        self._sites: OrderedDict[str, Site] = OrderedDict()
        self._read_until: datetime | None = None
        self._swept_at: datetime | None = None

    def site(self, name: str) -> Site:
        """Known or new."""
        site = self._sites.get(name)
        if site is None:
            site = self._sites[name] = Site(name, self)
            if len(self._sites) > _MOST_REMEMBERED:
                self._forget_one()
        self._sites.move_to_end(name)
        return site

    async def read_news(self, tx: Tx, changed_at: datetime | None, workers: int) -> None:
        """What others wrote down; asked only when there is something."""
        self.workers = max(workers, 1)
        if changed_at is None or changed_at == self._read_until:
            return
        if self._read_until and changed_at < self._read_until:
            self._read_until = None  # the clock was set back
        since = self._read_until - _OVERLAP if self._read_until else None
        for row in await site_rows.read_sites(tx, since):
            site = self.site(row["site"])
            known = site.pace.changed_at
            if known is None or known < row["changed_at"]:
                site.pace = _pace(row)
                site.gate.let_in()
        self._read_until = changed_at
        await self._sweep(tx)

    async def write_down(self, site: Site) -> None:
        """For the others: how it is with a site."""
        async with self._database.system() as tx:
            await site_rows.put_site(tx, _row(site))

    async def _sweep(self, tx: Tx) -> None:
        now = clock.now()
        if self._swept_at is None or now - self._swept_at > _FORGET_AFTER:
            self._swept_at = now
            await site_rows.forget_sites(tx, now - _FORGET_AFTER)

    def _forget_one(self) -> None:
        for name, site in self._sites.items():
            if site.gate.idle:
                del self._sites[name]
                return


def _row(site: Site) -> site_rows.SiteRow:
    pace = site.pace
    assert pace.changed_at is not None
    return site_rows.SiteRow(
        site=site.name,
        connections=int(pace.connections),
        per_minute=round(pace.per_minute) if pace.per_minute is not None else None,
        pauses=pace.pauses,
        paused_until=pace.paused_until,
        reason=pace.reason,
        status=pace.status,
        changed_at=pace.changed_at,
    )


def _pace(row: Row) -> Pace:
    return Pace(
        connections=row["connections"],
        per_minute=row["per_minute"],
        pauses=row["pauses"],
        paused_until=row["paused_until"],
        reason=Reason(row["reason"]) if row["reason"] else None,
        status=row["status"],
        changed_at=row["changed_at"],
    )
