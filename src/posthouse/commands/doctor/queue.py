"""Mail on its way out: how old it is, and whether anybody takes it."""

from datetime import timedelta

from posthouse.commands.doctor.finding import Finding, Level
from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.sending.outbox.queue import read_health

# A worker looks each second; in a flood mail may wait for its turn.
_NOBODY_COMES = timedelta(minutes=30)
_OLD = timedelta(days=1)


async def look_at_queue(database: Database) -> list[Finding]:
    """One line for all workspaces."""
    now = clock.now()
    async with database.system() as tx:
        health = await read_health(tx, now)
    level, says = Level.OK, f"{health.recipients} recipients wait"
    if health.held:
        says += f", {health.held} of them held"
    if health.due_since is not None and now - health.due_since > _NOBODY_COMES:
        level = Level.WRONG
        says += (
            f"; what was due {health.due_since:%Y-%m-%d %H:%M} UTC has not been tried:"
            " does the role outbox run?"
        )
    elif health.oldest_at is not None and now - health.oldest_at > _OLD:
        level = Level.WARNING
        says += f"; the oldest since {health.oldest_at:%Y-%m-%d %H:%M} UTC: “posthouse queue list”"
    return [
        Finding(
            what="queue",
            level=level,
            says=says,
            details={
                "recipients": health.recipients,
                "held": health.held,
                "oldest_at": health.oldest_at,
                "due_since": health.due_since,
            },
        )
    ]
