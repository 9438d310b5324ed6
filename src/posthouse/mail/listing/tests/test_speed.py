"""A page of the thread list at 200,000 messages in one folder: the owner's, and who sees one in a
hundred. Everything the door does: the walk, the figures, decryption."""

import statistics
import time
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.mail.listing.beside import NOTHING_BESIDE
from posthouse.mail.listing.threads import folder_page
from posthouse.security.members import Actor, Role
from tests.support.house import Workspace, deliver, letter
from tests.support.postgres import FreshDatabase

pytestmark = pytest.mark.slow

MESSAGES = 200_000
CONTENTS = 200
LIMIT_SECONDS = 0.050


@dataclass(frozen=True, slots=True)
class Scene:
    folder_id: UUID
    owner: Actor
    scattered: Actor


@pytest.fixture
async def scene(house: Database, database: FreshDatabase, workspace: Workspace) -> Scene:
    filed = await deliver(
        house,
        workspace,
        *(letter(message_id=f"{n}@k", subject=f"Quotation {n}") for n in range(CONTENTS)),
    )
    owner, scattered = [
        Actor(
            workspace_id=workspace.id,
            member_id=member_id,
            role=Role.MEMBER,
            name="",
            address="",
        )
        for member_id in (workspace.member_id, new_id())
    ]
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "CREATE TEMP TABLE made AS SELECT n, gen_random_uuid() AS id,"
        " md5((n / 2)::text)::uuid AS thread_id, now() - n * interval '1 minute' AS received_at"
        f" FROM generate_series(1, {MESSAGES}) n"
    )
    await connection.execute(
        "INSERT INTO mailbox_messages (workspace_id, id, mailbox_id, variant_id, message_id,"
        "       thread_id, direction, door, received_at, prefix, size, crlf_size)"
        " SELECT $1, made.id, $2, v.id, made.id, made.thread_id, 'in', 'smtp', received_at, '',"
        "        1, 1"
        "   FROM made JOIN (SELECT id, row_number() OVER () AS n FROM variants) v"
        f"    ON v.n = made.n % {CONTENTS} + 1",
        workspace.id, workspace.mailbox_id,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO folder_messages (workspace_id, folder_id, uid, mailbox_message_id, thread_id,"
        "       received_at, modseq)"
        " SELECT $1, $2, n + 1000, id, thread_id, received_at, n FROM made",
        workspace.id, filed[0].folder_id,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO grants (workspace_id, id, member_id, mailbox_id, thread_id, level, source)"
        " SELECT $1, gen_random_uuid(), $2, $3, md5(t::text)::uuid, 'full', 'share'"
        f" FROM generate_series(1, {MESSAGES // 2}, 100) t",
        workspace.id, scattered.member_id, workspace.mailbox_id,
    )  # fmt: skip
    await connection.execute("VACUUM ANALYZE mailbox_messages, folder_messages, grants")
    await connection.close()
    return Scene(filed[0].folder_id, owner, scattered)


@pytest.mark.parametrize("who", ["owner", "scattered"])
async def test_a_page_takes_less_than_fifty_milliseconds(
    house: Database, scene: Scene, who: str
) -> None:
    actor: Actor = getattr(scene, who)
    cursor, times = None, []
    for _ in range(21):
        started = time.perf_counter()
        async with house.workspace(actor.workspace_id) as tx:
            page = await folder_page(
                tx,
                actor,
                NOTHING_BESIDE,
                mailbox_id=None,
                folder_id=scene.folder_id,
                cursor=cursor,
                limit=50,
            )
        times.append(time.perf_counter() - started)
        assert len(page.items) == 50
        assert page.items[0].people
        cursor = page.next_cursor
    p95 = statistics.quantiles(times[1:], n=20)[-1]  # the first one opens the connection
    print(f"{who}: median {statistics.median(times) * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms")
    assert p95 < LIMIT_SECONDS
