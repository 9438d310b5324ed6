"""Live mail is found while an import's backlog waits; the index is what it is without that lane."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain, listen_once, run_listener
from posthouse.mail.mailboxes.changing import expunge
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Door, Filed, Filing
from posthouse.mail.search.indexing import LISTENER
from posthouse.mail.search.lane import LIVE
from posthouse.mail.search.tests.test_backlog import following, rows_of, rows_without_workers
from tests.support.house import Workspace, letter
from tests.support.settling import until_settled


async def come(house: Database, workspace: Workspace, door: Door, *names: str) -> list[Filed]:
    """Through this door, an event for each."""
    filed = []
    for name in names:
        async with house.workspace(workspace.id) as tx:
            filing = Filing(
                mailbox_id=workspace.mailbox_id,
                folder_id=await find_folder(tx, workspace.mailbox_id, "INBOX"),
                raw=letter(
                    message_id=f"{name}@lane.example",
                    subject=name,
                    extra=f"Bcc: {name}@acme.example" if name.endswith("3") else "",
                ),
                received_at=datetime.now(UTC),
                direction="in",
                door=door,
            )
            filed += await file_messages(tx, [filing])
    return filed


def names(kind: str, count: int) -> list[str]:
    return [f"{kind}{number}" for number in range(count)]


async def variants_of(house: Database, filed: list[Filed]) -> set[UUID]:
    async with house.system() as tx:
        ids = [each.mailbox_message_id for each in filed]
        asked = "SELECT variant_id FROM mailbox_messages WHERE id = ANY($1)"
        return {row["variant_id"] for row in await tx.connection.fetch(asked, ids)}


async def indexed(house: Database) -> set[UUID]:
    return {row[0] for row in await rows_of(house)}


async def test_live_mail_is_taken_out_of_its_turn_and_the_import_is_not(
    house: Database, workspace: Workspace
):
    await listen_once(house, LIVE)  # it begins here
    await come(house, workspace, "import", *names("old", 8))
    live = await come(house, workspace, "smtp", *names("new", 4))
    await drain(house, [LIVE])
    assert await indexed(house) == await variants_of(house, live)
    await drain(house, [LISTENER])
    rows = await rows_of(house)
    assert len({row[0] for row in rows}) == 12
    assert rows == await rows_without_workers(house)


async def test_live_mail_alone_is_left_to_the_other_listener(house: Database, workspace: Workspace):
    await listen_once(house, LIVE)
    await come(house, workspace, "import", "old1")
    await drain(house, [LISTENER])
    before = await indexed(house)
    await come(house, workspace, "smtp", *names("new", 4))
    await drain(house, [LIVE])
    assert await indexed(house) == before
    await drain(house, [LISTENER])
    assert len(await indexed(house)) == 5


async def test_both_at_once_and_mail_that_leaves_meanwhile(house: Database, workspace: Workspace):
    await listen_once(house, LIVE)
    taking = asyncio.create_task(run_listener(house, replace(LIVE, gather=0.01, flood_gather=0.01)))
    try:
        async with following(house), asyncio.timeout(60):
            for part in range(4):
                await come(house, workspace, "import", *names(f"old{part}-", 4))
                gone, *_ = await come(house, workspace, "smtp", *names(f"new{part}-", 2))
                async with house.workspace(workspace.id) as tx:
                    inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
                    await expunge(tx, inbox, [gone.uid])
            await until_settled(house, LISTENER.name, LIVE.name)
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    rows = await rows_of(house)
    assert len({row[0] for row in rows}) == 24
    assert rows == await rows_without_workers(house)
    async with house.system() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM event_dead_letters") == 0
