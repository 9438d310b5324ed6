"""Who keeps which account in step: leases of ten seconds, renewed while a process lives.

What a dead process had in hand is taken up by another one as soon as its leases end. A person's
act (pause, new secret) ends a lease at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.sql import load_queries

SQL = load_queries("posthouse.mail.accounts", "leases.sql")
TOPIC = "accounts"
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0


class Leased(NamedTuple):
    """An account in our hands."""

    account_id: UUID
    workspace_id: UUID


async def take_due(database: Database, holder: UUID, limit: int) -> list[Leased]:
    """At most `limit` of those that are due, longest due first."""
    now = clock.now()
    async with database.system() as tx:
        rows = await tx.rows(
            SQL["take_due"], now=now, until=now + LEASE, holder=holder, limit=limit
        )
    return [Leased(row["account_id"], row["workspace_id"]) for row in rows]


async def renew(database: Database, holder: UUID, account_ids: Sequence[UUID]) -> set[UUID]:
    """Those that are still in our hands."""
    async with database.system() as tx:
        rows = await tx.rows(
            SQL["renew"],
            holder=holder,
            account_ids=list(account_ids),
            until=clock.now() + LEASE,
        )
    return {row["account_id"] for row in rows}


async def give_back(database: Database, holder: UUID, account_id: UUID, due_at: datetime) -> None:
    """Due at that time, for anybody; nothing when it is not in our hands any more."""
    async with database.system() as tx:
        await tx.execute(SQL["give_back"], holder=holder, account_id=account_id, due_at=due_at)
