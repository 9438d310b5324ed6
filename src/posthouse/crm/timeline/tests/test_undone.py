"""A message that was taken back leaves no line in anybody's history."""

from datetime import timedelta

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.sending.outbox.actions import enqueue, undo
from tests.support.crm import actor, file, mail, settle
from tests.support.house import Workspace, letter


async def test_an_undone_message_leaves_the_log(house: Database, workspace: Workspace):
    await file(house, workspace, mail(1))  # Li Wei is known from now on
    await settle(house)
    before = await entries(house, workspace)
    for settled_between in (True, False):
        async with house.workspace(workspace.id) as tx:
            queued = await enqueue(
                tx,
                raw=letter(
                    message_id=f"u{settled_between}@acme.example",
                    sender=workspace.address,
                    to="li.wei@kunde.example",
                ),
                mail_from=workspace.address,
                recipients=["li.wei@kunde.example"],
                submitted_by=workspace.member_id,
                hold_until=clock.now() + timedelta(seconds=10),
                door="composer",
            )
        assert queued.mailbox_message_id
        if settled_between:
            await settle(house)
            assert await entries(house, workspace) > before
        async with house.workspace(workspace.id) as tx:
            await undo(tx, actor(workspace), queued.mailbox_message_id)
        await settle(house)
        assert await entries(house, workspace) == before


async def entries(house: Database, workspace: Workspace) -> int:
    async with house.workspace(workspace.id) as tx:
        return int(await tx.connection.fetchval("SELECT count(*) FROM timeline_entries"))
