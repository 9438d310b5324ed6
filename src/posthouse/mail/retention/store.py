"""The statements of this room as functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from posthouse.foundation.db import Tx
from posthouse.foundation.sql import load_queries
from posthouse.mail.retention.model import BY_PLACING, Due, KeptRule, Place, Rule

SQL = load_queries("posthouse.mail.retention")


async def list_rules(tx: Tx) -> list[KeptRule]:
    """All of the workspace."""
    rows = await tx.rows(SQL["list_rules"], workspace_id=tx.workspace)
    return [
        KeptRule(
            rule=Rule(place=Place(row["place"]), days=row["days"]),
            changed_by=row["changed_by"],
            changed_at=row["changed_at"],
            swept_at=row["swept_at"],
            swept_count=row["swept_count"],
        )
        for row in rows
    ]


async def put_rules(tx: Tx, rules: Sequence[Rule], changed_by: UUID | None, now: datetime) -> None:
    """These instead of all there were."""
    places = [rule.place.value for rule in rules]
    await tx.execute(SQL["drop_rules"], workspace_id=tx.workspace, places=places)
    await tx.execute(
        SQL["put_rules"],
        workspace_id=tx.workspace,
        places=places,
        days=[rule.days for rule in rules],
        changed_by=changed_by,
        now=now,
    )


async def list_workspaces(tx: Tx) -> list[UUID]:
    """Where something does not stay for ever, in a transaction of the system."""
    return [row["workspace_id"] for row in await tx.rows(SQL["list_workspaces"])]


async def ruled_folders(tx: Tx, rules: Sequence[Rule]) -> list[tuple[UUID, Place]]:
    """Folders from which something may be taken, each with the place of the rule for it."""
    rows = await tx.rows(
        SQL["ruled_folders"],
        workspace_id=tx.workspace,
        places=[rule.place.value for rule in rules],
        days=[rule.days for rule in rules],
    )
    return [(row["id"], Place(row["place"])) for row in rows]


async def count_due(tx: Tx, rules: Sequence[Rule], now: datetime) -> list[Due]:
    """What each rule would take now; a rule that takes nothing is not among them."""
    rows = await tx.rows(
        SQL["count_due"],
        workspace_id=tx.workspace,
        places=[rule.place.value for rule in rules],
        befores=[None if rule.days is None else now - timedelta(days=rule.days) for rule in rules],
        by_placing=[place.value for place in BY_PLACING],
    )
    return [
        Due(place=Place(row["place"]), messages=row["messages"], mailboxes=row["mailboxes"])
        for row in rows
    ]


async def due_uids(
    tx: Tx, folder_id: UUID, place: Place, before: datetime, limit: int
) -> list[int]:
    """The oldest of a folder that are due by the rule for `place`."""
    name = "due_by_placing" if place in BY_PLACING else "due_by_age"
    rows = await tx.rows(
        SQL[name], workspace_id=tx.workspace, folder_id=folder_id, before=before, limit=limit
    )
    return [row["uid"] for row in rows]


async def lock_rule(tx: Tx, place: Place) -> int | None:
    """Its days as they are now; None when nothing is taken by it any more."""
    days: int | None = await tx.value(
        SQL["lock_rule"], workspace_id=tx.workspace, place=place.value
    )
    return days


async def note_sweep(tx: Tx, place: Place, count: int, now: datetime) -> None:
    """So many more were taken out by this rule."""
    await tx.execute(
        SQL["note_sweep"], workspace_id=tx.workspace, place=place.value, count=count, now=now
    )
