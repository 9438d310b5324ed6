"""Group commit: who begins when, and whose turn it is."""

import asyncio
from datetime import UTC, datetime

from posthouse.foundation.db import Database, Tx
from posthouse.mail.intake.committer import Committer, Waiting
from posthouse.mail.mailboxes.model import Filing
from tests.support.house import Workspace, letter

_BEGUN = """SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state = 'idle in transaction'
               AND query LIKE 'BEGIN%'"""


async def until_begun(house: Database, number: int) -> None:
    """As PostgreSQL sees it; only the owner may look."""
    connection = await house.connect()
    async with asyncio.timeout(10):
        while await connection.fetchval(_BEGUN) != number:  # noqa: ASYNC110 - not of this loop
            await asyncio.sleep(0.01)
    await connection.close()


def waiting(workspace: Workspace, number: int) -> Waiting:
    filing = Filing(
        mailbox_id=workspace.mailbox_id,
        folder_id=workspace.mailbox_id,  # until its use is looked up
        raw=letter(message_id=f"{number}@kunde.example"),
        received_at=datetime.now(UTC),
        direction="in",
        door="smtp",
    )
    return Waiting(workspace.id, ["inbox"], [filing])


async def test_the_next_batch_has_begun_before_its_turn(house: Database, workspace: Workspace):
    committer, may_commit, is_inside = Committer(house), asyncio.Event(), asyncio.Event()

    async def hold(tx: Tx) -> None:
        is_inside.set()
        await may_commit.wait()

    first = waiting(workspace, 1)
    first.also = [hold]
    tasks = [asyncio.create_task(committer.file(first))]
    await is_inside.wait()
    # All that come now are the next batch, whichever of them had it begin.
    tasks += [asyncio.create_task(committer.file(waiting(workspace, n))) for n in (2, 3, 4)]
    await until_begun(house, 1)
    assert not any(task.done() for task in tasks)
    may_commit.set()
    filed = await asyncio.gather(*tasks)
    assert [one.uid for [one] in filed] == [1, 2, 3, 4]
    async with house.workspace(workspace.id) as tx:
        modseqs = await tx.connection.fetch("SELECT DISTINCT modseq FROM folder_messages")
    assert len(modseqs) == 2


async def test_who_begins_for_what_another_takes_leaves_nothing_open(
    house: Database, workspace: Workspace
):
    committer = Committer(house)
    for number in range(1, 30, 2):
        pair = (waiting(workspace, number), waiting(workspace, number + 1))
        await asyncio.gather(*map(committer.file, pair))
    await until_begun(house, 0)
    async with house.workspace(workspace.id) as tx:
        uids = await tx.connection.fetch("SELECT uid FROM folder_messages ORDER BY uid")
    assert [row["uid"] for row in uids] == list(range(1, 31))
