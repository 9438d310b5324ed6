"""Bring a database to today's schema: numbered files, applied once, in order, with checksums.

Two processes that start at once take turns by an advisory lock; the second finds nothing to do.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from importlib import resources

import asyncpg

from posthouse.foundation.errors import Busy, Conflict
from posthouse.foundation.events import begin_epoch

# Any number, as long as nothing else in this database takes the same advisory lock.
_LOCK = 0x706F7374
_OLDEST_SERVER = 15
_FILE = re.compile(r"^(\d{4})_(\w+)\.sql$")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name, its text."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text: a landed file may not change."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def all_migrations() -> list[Migration]:
    """The files of posthouse/migrations in order. Raises ValueError on a number used twice."""
    found: dict[int, Migration] = {}
    for entry in resources.files("posthouse.migrations").iterdir():
        match = _FILE.match(entry.name)
        if match is None:
            continue
        number = int(match[1])
        if number in found:
            raise ValueError(f"two migrations are numbered {number}")
        found[number] = Migration(number, match[2], entry.read_text("utf-8"))
    return [found[number] for number in sorted(found)]


async def migrate(owner_dsn: str) -> int:
    """Apply what is missing to the database at `owner_dsn`; how many files were applied.

    Raises Conflict when the server is older than PostgreSQL 15, when a landed file has changed, or
    when the database is newer than this program, Busy when there is no answer. Each file is one
    transaction.
    """
    connection = await _connect(owner_dsn)
    try:
        if connection.get_server_version().major < _OLDEST_SERVER:
            raise Conflict(f"Posthouse needs PostgreSQL {_OLDEST_SERVER} or newer.")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        count = await _apply_missing(connection)
        await begin_epoch(connection)
        return count
    finally:
        await connection.close()  # also gives the advisory lock back


async def _connect(owner_dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(owner_dsn)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Busy(f"The database cannot be reached: {error or type(error).__name__}") from error


async def _apply_missing(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY,"
        " name text NOT NULL, checksum text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT number, checksum FROM schema_migrations")
    applied = {row["number"]: row["checksum"] for row in rows}
    known = all_migrations()
    newest = known[-1].number if known else 0
    if applied and max(applied) > newest:
        raise Conflict("The database was made by a newer Posthouse. Start that one.")
    count = 0
    for migration in known:
        if migration.number not in applied:
            await _apply(connection, migration)
            count += 1
        elif applied[migration.number] != migration.checksum:
            raise Conflict(f"Migration {migration.number} has changed since it was applied here.")
    return count


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.text)
        await connection.execute(
            "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.checksum,
        )
    log.info("migration %04d %s applied", migration.number, migration.name)
