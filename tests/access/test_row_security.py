"""Row-level security, table by table from the catalogue: a new table is tested by being there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from posthouse.foundation.ids import new_id
from tests.support.directory import DIRECTORY, WITHOUT_POLICY
from tests.support.postgres import FreshDatabase

OURS, THEIRS = new_id(), new_id()


@dataclass(frozen=True, slots=True)
class Table:
    """A protected table and one row for it that satisfies its types."""

    name: str
    row: dict[str, Any]

    def insert(self) -> str:
        names = ", ".join(f'"{name}"' for name in self.row)
        places = ", ".join(f"${number}" for number in range(1, len(self.row) + 1))
        return f"INSERT INTO {self.name} ({names}) VALUES ({places})"

    def values(self, workspace_id: UUID) -> list[Any]:
        return list({**self.row, "workspace_id": workspace_id}.values())


@pytest.fixture
async def owner(each_database: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    """The tables' owner, with references and checks off: rows stand alone here."""
    connection = await asyncpg.connect(each_database.owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    for row in await connection.fetch(
        "SELECT conrelid::regclass::text AS relation, conname FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0"
    ):
        await connection.execute(
            f'ALTER TABLE {row["relation"]} DROP CONSTRAINT "{row["conname"]}"'
        )
    yield connection
    await connection.close()


@pytest.fixture
async def application(
    each_database: FreshDatabase, owner: asyncpg.Connection
) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(each_database.app_dsn)
    yield connection
    await connection.close()


async def test_the_application_is_neither_owner_nor_superuser(
    application: asyncpg.Connection, owner: asyncpg.Connection
):
    role = await application.fetchrow(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
        "  FROM pg_roles WHERE rolname = current_user"
    )
    assert role is not None
    assert tuple(role) == ("posthouse_app", False, False, False, False)
    owned = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relowner IN"
        " (SELECT oid FROM pg_roles WHERE rolname IN ('posthouse_app', 'posthouse_system'))"
    )
    assert owned == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute("ALTER TABLE members DISABLE ROW LEVEL SECURITY")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute("CREATE TABLE mine (id integer)")


async def test_every_table_is_protected_or_in_the_directory(owner: asyncpg.Connection):
    rows = await owner.fetch(
        "SELECT relname, relrowsecurity FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    unprotected = {row["relname"] for row in rows if not row["relrowsecurity"]}
    assert unprotected == set(DIRECTORY) | set(WITHOUT_POLICY)


async def test_nothing_is_seen_or_written_without_a_workspace(
    owner: asyncpg.Connection, application: asyncpg.Connection
):
    for table in await _tables(owner):
        await owner.execute(table.insert(), *table.values(OURS))
        for statement in (
            f"SELECT count(*) FROM {table.name}",
            f"UPDATE {table.name} SET workspace_id = workspace_id",
            f"DELETE FROM {table.name}",
        ):
            with pytest.raises(asyncpg.PostgresError, match=r"posthouse\.workspace"):
                await application.execute(statement)
        with pytest.raises(asyncpg.PostgresError, match=r"posthouse\.workspace"):
            await application.execute(table.insert(), *table.values(OURS))


async def test_anothers_rows_can_neither_be_seen_nor_written(
    owner: asyncpg.Connection, application: asyncpg.Connection
):
    tables = await _tables(owner)
    assert len(tables) > 20
    for table in tables:
        await owner.execute(table.insert(), *table.values(THEIRS))
    await application.execute(f"SET posthouse.workspace = '{OURS}'")
    for table in tables:
        assert await application.fetchval(f"SELECT count(*) FROM {table.name}") == 0, table.name
        for statement in (
            f"UPDATE {table.name} SET workspace_id = '{OURS}'",
            f"DELETE FROM {table.name}",
        ):
            assert (await application.execute(statement)).endswith(" 0"), table.name
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await application.execute(table.insert(), *table.values(THEIRS))


async def test_ones_own_rows_can_be_seen_but_not_given_away(
    owner: asyncpg.Connection, application: asyncpg.Connection
):
    tables = await _tables(owner)
    for table in tables:
        await owner.execute(table.insert(), *table.values(OURS))
    await application.execute(f"SET posthouse.workspace = '{OURS}'")
    for table in tables:
        assert await application.fetchval(f"SELECT count(*) FROM {table.name}") == 1, table.name
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await application.execute(f"UPDATE {table.name} SET workspace_id = '{THEIRS}'")


async def _tables(owner: asyncpg.Connection) -> list[Table]:
    rows = await owner.fetch(
        """
        SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relrowsecurity AND c.relkind IN ('r', 'p') AND NOT c.relispartition
           AND a.attidentity = '' AND a.attgenerated = '' AND a.attnotnull AND NOT a.atthasdef
         ORDER BY c.relname, a.attnum
        """
    )
    found: dict[str, Table] = {}
    for row in rows:
        table = found.setdefault(row["relname"], Table(row["relname"], {}))
        table.row[row["attname"]] = await _value(owner, row["type"])
    return list(found.values())


_LITERALS = {"text": "x", "jsonb": "{}", "boolean": "t", "tsvector": "x", "inet": "192.0.2.1"}


async def _value(owner: asyncpg.Connection, kind: str) -> Any:
    """Some value of a type, as PostgreSQL reads it from text."""
    if kind == "uuid":
        return new_id()
    if kind.endswith("[]"):
        literal = "{}"
    elif kind.startswith(("timestamp", "date")):
        literal = "2026-11-22"
    else:
        literal = _LITERALS.get(kind, "1")
    return await owner.fetchval(f"SELECT '{literal}'::{kind}")
