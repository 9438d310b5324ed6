"""What workers know of sites, in PostgreSQL: one typed function per statement in site_rows.sql."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from posthouse.foundation.db import Row, Tx
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.sending.outbox", "site_rows.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """How it is with a site."""

    site: str
    connections: int
    per_minute: int | None
    pauses: int
    paused_until: datetime | None
    reason: str | None
    status: str
    changed_at: datetime


async def put_off(
    tx: Tx,
    *,
    worker: UUID,
    recipient_ids: Sequence[UUID],
    site: str,
    until: datetime,
    spread: timedelta,
    late_after: timedelta,
    now: datetime,
) -> set[UUID]:
    """Those that wait from now on; of the others something is to be told."""
    rows = await tx.rows(
        SQL["put_off"],
        worker=worker,
        recipient_ids=list(recipient_ids),
        site=site,
        until=until,
        spread=spread,
        late_after=late_after,
        now=now,
    )
    return {row["recipient_id"] for row in rows}


async def read_sites(tx: Tx, since: datetime | None) -> list[Row]:
    """Rows of outbox_sites."""
    return await tx.rows(SQL["read_sites"], since=since)


async def put_site(tx: Tx, row: SiteRow) -> None:
    """Set or replaced."""
    values: dict[str, Any] = {name: getattr(row, name) for name in row.__slots__}
    await tx.execute(SQL["put_site"], **values)


async def forget_sites(tx: Tx, before: datetime) -> None:
    """What was not touched since."""
    await tx.execute(SQL["forget_sites"], before=before)
