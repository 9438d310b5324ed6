"""Every statement of every room, on the newest and the oldest PostgreSQL, as the application."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from posthouse.foundation.sql import Statement, parse_statement
from tests.support.directory import WITHOUT_POLICY
from tests.support.postgres import FreshDatabase
from tests.support.statements import program_statements, sql_files

# What crosses workspaces on purpose: run by the system role, for all of them at once.
ACROSS_WORKSPACES = {
    "posthouse.mail.mailboxes.workspaces_with_erasures": "says where there is work",
    "posthouse.mail.threads.workspaces": "each has a round of its own",
    "posthouse.mail.retention.list_workspaces": "says where there is work",
    "posthouse.security.vault.workspaces_with_loose_blobs": "says where there is work",
    "posthouse.sending.composer.workspaces_to_mirror": "says where there is work",
    "posthouse.sending.composer.workspaces_with_old_uploads": "says where there is work",
    "posthouse.mail.rules.list_active": "each process knows by heart which mailboxes have rules",
    "posthouse.mail.rules.forget_memories": "age alone decides",
    "posthouse.mail.domain_reports.forget_reports": "age alone decides",
    "posthouse.mail.domain_reports.forget_sources": "what nothing names any more, of all",
    "posthouse.security.members.sweep_networks": "age alone decides",
    "posthouse.servers.http.forget_old_requests": "age alone decides",
}

_REFERENCE = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE(?:\s+ONLY)?|USING)\s+(?:ONLY\s+)?(\w+)"
    r"(?:\s+(?:AS\s+)?(?!(?:ON|WHERE|SET|JOIN|LEFT|INNER|CROSS|USING|VALUES|SELECT|GROUP|ORDER|LIMIT"
    r"|FOR|RETURNING|UNION|HAVING|WINDOW|RIGHT|FULL|NATURAL|DEFAULT|OFFSET|EXCEPT|INTERSECT|AS"
    r"|TABLESAMPLE|OVERRIDING)\b)(\w+))?",
    re.IGNORECASE,
)


@pytest.fixture
async def application(each_database: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the application, inside some workspace."""
    connection = await asyncpg.connect(each_database.app_dsn)
    await connection.execute("SET posthouse.workspace = '00000000-0000-0000-0000-000000000001'")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    yield connection
    await connection.close()


async def test_every_statement_can_be_planned(application: asyncpg.Connection):
    broken = []
    statements = program_statements()
    for statement in statements:
        try:
            await _plan(application, statement)
        except asyncpg.PostgresError as error:
            broken.append(f"{statement.name}: {type(error).__name__}: {error}")
    assert len(statements) > 50
    assert not broken, "\n".join(broken)


def test_every_file_of_statements_is_loaded():
    loaded = {statement.name for statement in program_statements()}
    written = {f"{file.package}.{name}" for file in sql_files() for name in file.names}
    assert written - loaded == set()


async def test_every_statement_names_the_workspace(database: FreshDatabase):
    tables = await _protected_tables(database) | set(WITHOUT_POLICY)
    unfiltered = {
        statement.name: missing
        for statement in program_statements()
        if (missing := _unfiltered(statement.text, tables))
        and statement.name not in ACROSS_WORKSPACES
    }
    assert not unfiltered


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("SELECT id FROM members WHERE workspace_id = :w", []),
        ("SELECT id FROM members WHERE id = :id", ["members"]),
        ("SELECT workspace_id FROM members WHERE id = :id", ["members"]),
        ("DELETE FROM members m WHERE m.workspace_id = :w", []),
        ("UPDATE members SET name = :name WHERE id = :id", ["members"]),
        ("INSERT INTO members (workspace_id, id) VALUES (:w, :id)", []),
        ("INSERT INTO members (id) VALUES (:id)", ["members"]),
        ("SELECT 1 FROM members m JOIN grants g ON g.id = m.id WHERE m.workspace_id = :w", ["g"]),
        (
            "SELECT 1 FROM members m JOIN grants AS g USING (workspace_id, member_id)"
            " WHERE m.workspace_id = :w",
            [],
        ),
        ("SELECT 1 FROM members m WHERE (m.workspace_id, m.id) IN (SELECT 1, 2)", []),
        ("SELECT 1 FROM domains WHERE name = :name", []),
    ],
)
def test_the_filter_is_recognised(text: str, missing: list[str]):
    statement = parse_statement("example", text)
    assert _unfiltered(statement.text, {"members", "grants"}) == missing


async def _plan(connection: asyncpg.Connection, statement: Statement) -> None:
    # Planning, unlike preparing, also asks whether the role may touch the tables.
    await connection.execute(f"PREPARE candidate AS {statement.text}")
    try:
        nulls = ", ".join(["NULL"] * len(statement.parameters))
        call = f"candidate({nulls})" if nulls else "candidate"
        await connection.execute(f"EXPLAIN EXECUTE {call}")
    finally:
        await connection.execute("DEALLOCATE candidate")


async def _protected_tables(database: FreshDatabase) -> set[str]:
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        rows = await connection.fetch("SELECT relname FROM pg_class WHERE relrowsecurity")
    finally:
        await connection.close()
    return {row["relname"] for row in rows}


def _unfiltered(text: str, tables: set[str]) -> list[str]:
    """The references to `tables` in `text` that nothing holds to a workspace."""
    missing = []
    for match in _REFERENCE.finditer(text):
        table, alias = match.groups()
        if table not in tables:
            continue
        column = rf"(?:\b{alias}\.|(?<![\w.]))workspace_id\b" if alias else r"\bworkspace_id\b"
        compared = rf"{column}\s*=|=\s*{column}|\([^()]*{column}[^()]*\)\s*(?:=|IN\b)"
        joined = r"\bUSING\s*\([^)]*\bworkspace_id\b"
        inserted = rf"\bINTO\s+{table}\b(?:\s+AS\s+\w+)?\s*\([^)]*\bworkspace_id\b"
        if not re.search(rf"{compared}|{joined}|{inserted}", text, re.IGNORECASE):
            missing.append(alias or table)
    return missing
