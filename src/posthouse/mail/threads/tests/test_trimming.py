"""Empty threads go, and nothing else: not while somebody files into one, not what pages lead to."""

from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.ids import new_id
from posthouse.mail.threads import trimming
from posthouse.mail.threads.actions import mark_merged
from posthouse.mail.threads.trimming import Rounds
from tests.support.erasing import erase, take_out
from tests.support.house import Workspace, deliver, letter, make_workspace


async def empty_thread(tx: Tx) -> UUID:
    thread_id = new_id()
    await tx.connection.execute(
        "INSERT INTO threads (workspace_id, id, algorithm_version) VALUES ($1, $2, 1)",
        tx.workspace,
        thread_id,
    )
    return thread_id


async def threads(house: Database, workspace: Workspace) -> set[UUID]:
    async with house.workspace(workspace.id) as tx:
        return {row["id"] for row in await tx.connection.fetch("SELECT id FROM threads")}


async def go_round(house: Database, rounds: Rounds | None = None) -> int:
    """From the beginning to the end, and a bit of the next round."""
    rounds = rounds or Rounds()
    return sum([await rounds.go_on(house) for _ in range(4)])


async def test_what_holds_mail_stays_and_what_is_empty_goes(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trimming, "_PORTION", 2)
    first, second = await deliver(
        house,
        workspace,
        letter(message_id="1@k.example", subject="One"),
        letter(message_id="2@k.example", subject="Two"),
    )
    async with house.workspace(workspace.id) as tx:
        for _ in range(3):
            await empty_thread(tx)
    assert await go_round(house) == 3
    assert await threads(house, workspace) == {first.thread_id, second.thread_id}


async def test_of_every_workspace(house: Database, workspace: Workspace):
    other = await make_workspace(house, "globex.example", "otto")
    for each in (workspace, other):
        await deliver(house, each, letter(message_id="1@k.example"))
        async with house.workspace(each.id) as tx:
            await empty_thread(tx)
    assert await go_round(house) == 2
    assert len(await threads(house, workspace)) == len(await threads(house, other)) == 1


async def test_a_merged_thread_leads_on_as_long_as_the_other_is_there(
    house: Database, workspace: Workspace
):
    (filed,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    assert filed.thread_id is not None
    async with house.workspace(workspace.id) as tx:
        old, into = await empty_thread(tx), await empty_thread(tx)
        older = await empty_thread(tx)
        await mark_merged(tx, {old: filed.thread_id})
        await mark_merged(tx, {older: into})
    assert await go_round(house) == 2
    assert await threads(house, workspace) == {filed.thread_id, old}


async def test_what_has_yet_to_follow_a_merge_keeps_the_other_thread(
    house: Database, workspace: Workspace
):
    (straggler,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    assert straggler.thread_id is not None
    async with house.workspace(workspace.id) as tx:
        into = await empty_thread(tx)
        await mark_merged(tx, {straggler.thread_id: into})
    assert await go_round(house) == 0
    assert await threads(house, workspace) == {straggler.thread_id, into}


async def test_what_was_in_it_is_erased(house: Database, workspace: Workspace):
    (filed,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    await take_out(house, workspace, filed.uid)
    assert await go_round(house) == 0
    await erase(house)
    assert await go_round(house) == 1
    assert await threads(house, workspace) == set()


async def test_a_thread_that_somebody_files_into_stays(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        thread_id = await empty_thread(tx)
    async with house.workspace(workspace.id) as filing:
        await filing.connection.execute(
            "INSERT INTO messages (workspace_id, id, identity, thread_id, date, subject_key,"
            " is_reply) VALUES ($1, $2, $3, $4, now(), $3, false)",
            workspace.id,
            new_id(),
            b"identity",
            thread_id,
        )
        assert await go_round(house) == 0  # and it waits for nobody
    assert await go_round(house) == 0
    assert await threads(house, workspace) == {thread_id}
