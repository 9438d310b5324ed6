"""The predicate at 200,000 messages in one mailbox: its owner, and who sees one in a hundred."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.ids import new_id
from posthouse.foundation.sql import Statement, parse_statement
from posthouse.security import access
from posthouse.security.access import READABLE_MACROS
from posthouse.security.members import Actor, Role
from tests.support.postgres import FreshDatabase

pytestmark = pytest.mark.slow

MESSAGES = 200_000


def _statement(text: str, macro: str, alias: str) -> Statement:
    predicate = READABLE_MACROS[macro].replace("{}", alias)
    return parse_statement(macro, text.replace("READABLE", predicate))


MAILBOX_PAGE = _statement(
    "SELECT mm.id, mm.thread_id FROM mailbox_messages mm"
    " WHERE mm.workspace_id = :workspace_id AND mm.mailbox_id = :mailbox_id AND READABLE"
    " ORDER BY mm.received_at DESC, mm.id DESC LIMIT 50",
    "readable",
    "mm",
)
FOLDER_PAGE = _statement(
    "SELECT fm.uid FROM folder_messages fm"
    " WHERE fm.workspace_id = :workspace_id AND fm.folder_id = :folder_id AND READABLE"
    " ORDER BY fm.received_at DESC, fm.uid DESC LIMIT 50",
    "readable_in",
    "fm",
)
FOLDER_COUNT = _statement(
    "SELECT count(*) FROM folder_messages fm"
    " WHERE fm.workspace_id = :workspace_id AND fm.folder_id = :folder_id AND READABLE",
    "readable_in",
    "fm",
)
SEARCH_HITS = _statement(
    "SELECT mm.id FROM mailbox_messages mm"
    " WHERE mm.workspace_id = :workspace_id AND mm.id = ANY(:ids::uuid[]) AND READABLE",
    "readable",
    "mm",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A full mailbox; its owner, one who sees every hundredth thread, one who sees the oldest."""

    workspace_id: UUID
    mailbox_id: UUID
    folder_id: UUID
    owner: Actor
    scattered: Actor
    oldest: Actor
    some_ids: list[UUID]


@pytest.fixture
async def scene(house: Database, database: FreshDatabase) -> Scene:
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    workspace_id, mailbox_id, folder_id = new_id(), new_id(), new_id()
    owner, scattered, oldest = [
        Actor(
            workspace_id=workspace_id, member_id=new_id(), role=Role.MEMBER, name=name, address=name
        )
        for name in ("owner", "scattered", "oldest")
    ]
    for member in (owner, scattered, oldest):
        await connection.execute(
            "INSERT INTO members (workspace_id, id, address, name, role)"
            " VALUES ($1, $2, $3, $3, 'member')",
            workspace_id, member.member_id, member.name,
        )  # fmt: skip
    await connection.execute(
        "INSERT INTO mailboxes (workspace_id, id, kind, address, name, owner_member_id)"
        " VALUES ($1, $2, 'personal', 'owner', 'owner', $3)",
        workspace_id, mailbox_id, owner.member_id,
    )  # fmt: skip
    await connection.execute(
        "CREATE TEMP TABLE made AS SELECT n, gen_random_uuid() AS id,"
        " md5((n / 2)::text)::uuid AS thread_id, now() + n * interval '1 minute' AS received_at"
        f" FROM generate_series(1, {MESSAGES}) n"
    )
    await connection.execute(
        "INSERT INTO mailbox_messages (workspace_id, id, mailbox_id, variant_id, message_id,"
        "       thread_id, direction, door, received_at, prefix, size, crlf_size)"
        " SELECT $1, id, $2, id, id, thread_id, 'in', 'smtp', received_at,"
        "        decode(repeat('00', 150), 'hex'), 1, 1 FROM made",
        workspace_id, mailbox_id,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO folder_messages (workspace_id, folder_id, uid, mailbox_message_id, thread_id,"
        "       received_at, modseq) SELECT $1, $2, n, id, thread_id, received_at, n FROM made",
        workspace_id, folder_id,
    )  # fmt: skip
    for member, threads in (
        (scattered, f"generate_series(1, {MESSAGES // 2}, 100)"),
        (oldest, f"generate_series(1, {MESSAGES // 200})"),
    ):
        await connection.execute(
            "INSERT INTO grants (workspace_id, id, member_id, mailbox_id, thread_id, level, source)"
            " SELECT $1, gen_random_uuid(), $2, $3, md5(t::text)::uuid, 'full', 'share'"
            f" FROM {threads} t",
            workspace_id, member.member_id, mailbox_id,
        )  # fmt: skip
    some = await connection.fetch("SELECT id FROM made WHERE n % 66 = 0")
    await connection.execute("VACUUM ANALYZE mailbox_messages, folder_messages, grants")
    await connection.close()
    return Scene(
        workspace_id, mailbox_id, folder_id, owner, scattered, oldest, [row["id"] for row in some]
    )


async def test_grants_are_hashed_and_pages_come_in_order(house: Database, scene: Scene):
    counted = {}
    async with house.workspace(scene.workspace_id) as tx:
        for actor in (scene.owner, scene.scattered, scene.oldest):
            calls = await _calls(tx, scene, actor)
            statement, values = calls["count"]
            counted[actor.name] = await tx.value(statement, **values)
        await _check_plans(tx, await _calls(tx, scene, scene.scattered))
    assert counted == {"owner": MESSAGES, "scattered": 2000, "oldest": 2000}


async def _calls(
    tx: Tx, scene: Scene, actor: Actor
) -> dict[str, tuple[Statement, dict[str, object]]]:
    reach = await access.reach_of(tx, actor)
    here = {"workspace_id": scene.workspace_id, **reach.parameters()}
    folder = {
        "workspace_id": scene.workspace_id,
        "folder_id": scene.folder_id,
        **reach.parameters_in(scene.mailbox_id),
    }
    return {
        "mailbox page": (MAILBOX_PAGE, {**here, "mailbox_id": scene.mailbox_id}),
        "folder page": (FOLDER_PAGE, folder),
        "count": (FOLDER_COUNT, folder),
        "hits": (SEARCH_HITS, {**here, "ids": scene.some_ids}),
    }


async def _check_plans(tx: Tx, calls: dict[str, tuple[Statement, dict[str, object]]]) -> None:
    """Grants are hashed once a statement, and pages come from an index in their order."""
    for name in ("mailbox page", "folder page"):
        statement, values = calls[name]
        lines = await tx.connection.fetch(f"EXPLAIN {statement.text}", *statement.arguments(values))
        plan = "\n".join(line[0] for line in lines)
        assert "hashed SubPlan" in plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan
