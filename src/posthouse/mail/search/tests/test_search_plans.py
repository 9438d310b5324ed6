"""How PostgreSQL reads a folder for a search, on the oldest server and the newest."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from posthouse.foundation.db import Tx
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.search.actions import _PLANNING
from posthouse.mail.search.indexing import SQL
from tests.support.house import Workspace, make_workspace, open_house
from tests.support.postgres import FreshDatabase

MESSAGES = 20_000


@pytest.mark.parametrize("flags", [(0, 0), (4, 0), (0, 1)], ids=["any", "flagged", "unread"])
async def test_a_folder_is_walked_by_date(
    each_database: FreshDatabase, tmp_path: Path, flags: tuple[int, int]
):
    house = await open_house(each_database, tmp_path)
    workspace = await make_workspace(house, "acme.example", "anna")
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
    await _fill(each_database, workspace, inbox)
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute(_PLANNING)
        plan = await _plan(tx, workspace, *flags)
    await house.close()
    assert "folder_messages_by_date on folder_messages" in plan
    assert "Sort Key: p" not in plan
    assert "Hash Join" not in plan
    assert "mailbox_messages_pkey" in plan


async def _fill(database: FreshDatabase, workspace: Workspace, folder_id: UUID) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "CREATE TEMP TABLE made AS SELECT n, gen_random_uuid() AS id,"
        " now() - n * interval '1 minute' AS received_at"
        f" FROM generate_series(1, {MESSAGES}) n"
    )
    await connection.execute(
        "INSERT INTO mailbox_messages (workspace_id, id, mailbox_id, variant_id, message_id,"
        "       thread_id, direction, door, received_at, prefix, size, crlf_size)"
        " SELECT $1, id, $2, id, id, id, 'in', 'smtp', received_at, '', 1, 1 FROM made",
        workspace.id,
        workspace.mailbox_id,
    )
    await connection.execute(
        "INSERT INTO folder_messages (workspace_id, folder_id, uid, mailbox_message_id, thread_id,"
        "       received_at, modseq, flags) SELECT $1, $2, n, id, id, received_at, n, 1 FROM made",
        workspace.id,
        folder_id,
    )
    await connection.execute("VACUUM ANALYZE mailbox_messages, folder_messages")
    await connection.close()


async def _plan(tx: Tx, workspace: Workspace, wanted: int, unwanted: int) -> str:
    values = {
        "workspace_id": workspace.id,
        "mailbox_id": None,
        "before": datetime(9999, 1, 1, tzinfo=UTC),
        "before_id": UUID(int=(1 << 128) - 1),
        "after": datetime(1, 1, 2, tzinfo=UTC),
        "folder_ids": None,
        "flags_set": wanted,
        "flags_clear": unwanted,
        "unread": bool(unwanted),
        "placed": True,
        "reach_mailboxes": [workspace.mailbox_id],
        "reach_member": workspace.member_id,
        "reach_levels": ["full"],
        "among": None,
        "few": 0,
        "depth": 3000,
        "limit": 51,
        "words": None,
        "phrases": [],
        "unwanted": [],
        "in_parts": False,
    }
    statement = SQL["walk_newest"]
    lines = await tx.connection.fetch(f"EXPLAIN {statement.text}", *statement.arguments(values))
    return "\n".join(line[0] for line in lines)
