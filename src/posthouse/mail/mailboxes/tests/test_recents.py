"""What is recent: each message to one reader, however many ask at once (RFC 3501 2.3.2)."""

import asyncio
from collections import Counter
from contextlib import suppress

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import find_folder, list_folders
from posthouse.mail.mailboxes.reading import changes_since, open_folder
from tests.support.house import Workspace, deliver, letter


async def inbox(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        return await find_folder(tx, workspace.mailbox_id, "INBOX")


async def test_each_message_is_recent_to_one_reader(house: Database, workspace: Workspace):
    folder_id = await inbox(house, workspace)
    count = 30
    claimed: Counter[int] = Counter()

    async def read() -> None:
        modseq = seen = 0
        while seen < count:
            async with house.workspace(workspace.id) as tx:
                changes = await changes_since(tx, folder_id, modseq, None, claims_recent=True)
            modseq = changes.highest_modseq
            claimed.update(row.uid for row in changes.changed if row.recent)
            seen = max([seen, *(row.uid for row in changes.changed)])

    async def write() -> None:
        for number in range(count):
            await deliver(house, workspace, letter(message_id=f"{number}@x"))

    await asyncio.gather(write(), *(read() for _ in range(5)))
    assert claimed == dict.fromkeys(range(1, count + 1), 1)


async def test_opening_at_the_same_moment(house: Database, workspace: Workspace):
    folder_id = await inbox(house, workspace)
    await deliver(house, workspace, *(letter(message_id=f"{n}@x") for n in range(3)))

    async def opens():
        async with house.workspace(workspace.id) as tx:
            return (await open_folder(tx, folder_id, None, claims_recent=True)).recent_after

    assert sorted(await asyncio.gather(*(opens() for _ in range(6))), key=str) == [0] + [None] * 5


async def test_looking_and_a_failure_take_nothing(house: Database, workspace: Workspace):
    folder_id = await inbox(house, workspace)
    await deliver(house, workspace, letter(message_id="1@x"))

    async def after(claims: bool | None, *, fails: bool = False):
        opened = None
        with suppress(TimeoutError):
            async with house.workspace(workspace.id) as tx:
                opened = await open_folder(tx, folder_id, None, claims_recent=claims)
                if fails:
                    raise TimeoutError
        return opened and opened.recent_after

    async def unclaimed():
        async with house.workspace(workspace.id) as tx:
            folders = await list_folders(tx, workspace.mailbox_id, recent=True)
        return sum(folder.recent_count for folder in folders)

    assert await after(None) is None
    assert await after(False) == 0
    assert await after(True, fails=True) == 0
    assert await unclaimed() == 1
    assert await after(True) == 0
    assert await unclaimed() == 0
    assert await after(False) == 1  # nothing is above it
    assert await after(True) is None


async def test_nobody_waits_for_the_disk(house: Database, workspace: Workspace):
    """Of transactions that claim; others are none of its business."""
    folder_id = await inbox(house, workspace)
    await deliver(house, workspace, letter(message_id="1@x"))
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute("SET LOCAL synchronous_commit = on")
        await open_folder(tx, folder_id, None, claims_recent=False)
        assert await tx.connection.fetchval("SHOW synchronous_commit") == "on"
        await open_folder(tx, folder_id, None, claims_recent=True)
        assert await tx.connection.fetchval("SHOW synchronous_commit") == "off"
