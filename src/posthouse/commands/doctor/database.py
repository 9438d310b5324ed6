"""PostgreSQL, and the event log that lives in it."""

from datetime import timedelta

from posthouse.commands.doctor.finding import Finding, Level, judged
from posthouse.foundation import clock
from posthouse.foundation.db import Database, Row
from posthouse.foundation.events import KEPT
from posthouse.foundation.events import SQL as EVENTS
from posthouse.roles import all_listeners

_OLDEST = 15
# Each makes `250` a promise, or keeps tables from growing without end.
_ON = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
# PostgreSQL itself begins to warn at 2^31 less forty million.
_OLD_TRANSACTIONS = 1_500_000_000
_OTHER_CLOCK_SECONDS = 60
_LONG_TRANSACTION_SECONDS = 60
_LATE = 10_000
_SLOW = timedelta(hours=1)
_STANDS_STILL = timedelta(days=1)


async def look_at_database(database: Database) -> list[Finding]:
    """Its version and settings, its clock beside ours."""
    async with database.system() as tx:
        server = tx.connection.get_server_version()
        value = tx.connection.fetchval
        settings = {name: await value("SELECT current_setting($1)", name) for name in _ON}
        age = await value("SELECT max(age(datfrozenxid)) FROM pg_database")
        apart = abs((await value("SELECT clock_timestamp()") - clock.now()).total_seconds())
    says = "as ours" if apart < _OTHER_CLOCK_SECONDS else f"{apart:.0f} s from ours"
    old = f"{age / 1e6:.0f} million transactions since the oldest row was frozen"
    return [
        judged("database", server.major >= _OLDEST, f"PostgreSQL {server.major}.{server.minor}"),
        *[judged(name, on == "on", on) for name, on in settings.items()],
        judged("freezing", age < _OLD_TRANSACTIONS, old),
        judged("clock of the database", apart < _OTHER_CLOCK_SECONDS, says),
    ]


async def look_at_log(database: Database) -> list[Finding]:
    """Who follows it, what could not be handled, who holds it back."""
    names = [listener.name for listener in all_listeners()]
    async with database.system() as tx:
        rows = await tx.rows(EVENTS["listener_lag"], listeners=names)
        buried = await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters")
    horizon = await horizon_age(database)
    return [
        *[_of_listener(row) for row in rows],
        judged("dead letters", buried == 0, f"{buried} events could not be handled"),
        judged(
            "event horizon",
            horizon < _LONG_TRANSACTION_SECONDS,
            f"the oldest writing transaction is {horizon:.0f} s old",
        ),
    ]


async def horizon_age(database: Database) -> float:
    """For how many seconds somebody has been writing."""
    connection = await database.connect()  # only the owner sees since when others work
    try:
        return float(await connection.fetchval(EVENTS["horizon_age"].text))
    finally:
        await connection.close()


def _of_listener(row: Row) -> Finding:
    since, behind = row["waits_since"], row["behind"]
    waits = clock.now() - since if since is not None else timedelta(0)
    says = f"{behind} events behind" + ("" if row["moved_at"] else ", it has never run")
    level = Level.OK
    if behind >= _LATE or waits >= _STANDS_STILL:
        level = Level.WRONG
    elif waits >= _SLOW:
        level = Level.WARNING
    if waits >= _SLOW:
        says += f", the oldest of {since:%Y-%m-%d %H:%M} UTC: does its role run?"
    if waits >= KEPT:
        says += " The log is kept for it and grows."
    return Finding(
        what=f"listener {row['listener']}",
        level=level,
        says=says,
        details={"behind": behind, "waits_since": since},
    )
