"""What the house promises about every table: marked columns, keys that begin with the workspace."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.directory import DIRECTORY
from tests.support.postgres import FreshDatabase

_HOLDS_WORDS = ("text", "bytea", "json", "jsonb", "tsvector", "text[]", "bytea[]", "xml", "citext")


@pytest.fixture
async def owner(database: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_dsn)
    yield connection
    await connection.close()


async def test_every_column_that_can_hold_words_is_marked(owner: asyncpg.Connection):
    rows = await owner.fetch(
        """
        SELECT c.relname || '.' || a.attname AS place, format_type(a.atttypid, NULL) AS type,
               coalesce(col_description(c.oid, a.attnum), '') AS comment
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'v')
           AND c.relname <> 'schema_migrations'
        """
    )
    wordy = [row for row in rows if row["type"] in _HOLDS_WORDS or "char" in row["type"]]
    unmarked = [
        row["place"] for row in wordy if not re.match(r"encrypted\b|plain: .", row["comment"])
    ]
    assert len(wordy) > 50
    assert unmarked == []


async def test_every_key_begins_with_the_workspace(owner: asyncpg.Connection):
    """So that the tables can be spread over several servers by workspace."""
    rows = await owner.fetch(
        """
        SELECT i.indrelid::regclass::text AS relation, i.indexrelid::regclass::text AS name,
               a.attname AS first
          FROM pg_index i
          JOIN pg_class c ON c.oid = i.indrelid
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT k.conrelid::regclass::text, k.conname, a.attname
          FROM pg_constraint k
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
         WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
           AND NOT k.confrelid::regclass::text = ANY($1::text[])
        """,
        list(DIRECTORY),
    )
    others = [
        (row["relation"], row["name"])
        for row in rows
        if row["relation"] not in DIRECTORY and row["first"] != "workspace_id"
    ]
    assert others == []


async def test_no_row_triggers_but_those_of_references(owner: asyncpg.Connection):
    assert await owner.fetch("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []
