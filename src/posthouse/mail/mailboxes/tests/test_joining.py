"""Threads that were filed apart by transactions side by side, and how they become one again."""

import asyncio
import itertools
import random
from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.foundation.events import announce, drain
from posthouse.foundation.ids import new_id
from posthouse.mail.mailboxes.events import MessagesFiled
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import find_folder, read_folder
from posthouse.mail.mailboxes.listeners import LISTENERS
from posthouse.mail.mailboxes.merging import merge_threads
from posthouse.mail.mailboxes.model import Filed, Filing
from posthouse.mail.mailboxes.reading import changes_since
from tests.support.house import Workspace, deliver, letter


@pytest.fixture(autouse=True)
async def acquainted(house: Database, workspace: Workspace) -> None:
    """Addresses are here already, so that writers need not wait for each other over them."""
    await deliver(house, workspace, letter(message_id="0@k.example", subject="Hello"))
    await drain(house, LISTENERS)


def mail(message_id: str, *references: str, subject: str = "Quotation") -> bytes:
    named = " ".join(f"<{each}@k.example>" for each in references)
    return letter(
        message_id=f"{message_id}@k.example", references=named, subject=subject, body=message_id
    )


async def file(tx: Tx, workspace: Workspace, folder: str, raw: bytes) -> Filed:
    (filed,) = await file_messages(
        tx,
        [
            Filing(
                mailbox_id=workspace.mailbox_id,
                folder_id=await find_folder(tx, workspace.mailbox_id, folder),
                raw=raw,
                received_at=datetime.now(UTC),
                direction="in",
                door="smtp",
            )
        ],
    )
    return filed


async def file_side_by_side(
    house: Database, workspace: Workspace, one: bytes, other: bytes
) -> list[Filed]:
    """Two transactions, none of which sees what the other files."""
    async with house.workspace(workspace.id) as first:
        filed = await file(first, workspace, "INBOX", one)
        async with house.workspace(workspace.id) as second:
            return [filed, await file(second, workspace, "Archive", other)]


async def threads(house: Database, workspace: Workspace, *filed: Filed) -> list[UUID]:
    """The thread of each, on which all three tables agree."""
    async with house.workspace(workspace.id) as tx:
        rows = await tx.connection.fetch(
            "SELECT c.id, m.thread_id, c.thread_id AS copy, p.thread_id AS place"
            "  FROM mailbox_messages c JOIN messages m ON m.id = c.message_id"
            "  JOIN folder_messages p ON p.mailbox_message_id = c.id"
        )
    for row in rows:
        assert row["thread_id"] == row["copy"] == row["place"]
    found = {row["id"]: row["thread_id"] for row in rows}
    return [found[one.mailbox_message_id] for one in filed]


async def merges(house: Database) -> int:
    async with house.system() as tx:
        return int(
            await tx.connection.fetchval("SELECT count(*) FROM events WHERE kind = 'ThreadsMerged'")
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(mail("1"), mail("2", "1"), id="the parent is written first"),
        pytest.param(mail("2", "1"), mail("1"), id="the reply is written first"),
        pytest.param(mail("2", "1"), mail("3", "1"), id="both reply to one that is not here"),
        pytest.param(
            mail("1"), mail("2", "1", subject="Re: Pumps"), id="a reply under another subject"
        ),
    ],
)
async def test_relatives_filed_side_by_side_become_one_thread(
    house: Database, workspace: Workspace, one: bytes, other: bytes
):
    filed = await file_side_by_side(house, workspace, one, other)
    assert len(set(await threads(house, workspace, *filed))) == 2

    await drain(house, LISTENERS)

    oldest = min(each.thread_id for each in filed if each.thread_id)
    assert await threads(house, workspace, *filed) == [oldest, oldest]
    assert await merges(house) == 1  # the event of the repair is handled as well: it ends


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(mail("1"), mail("2"), id="only the subject is the same"),
        pytest.param(mail("1"), mail("2", "1", subject="Pumps"), id="a fresh subject"),
        pytest.param(mail("2", "1"), mail("3", "1", subject="Pumps"), id="siblings apart"),
    ],
)
async def test_what_would_not_have_joined_does_not_join_afterwards(
    house: Database, workspace: Workspace, one: bytes, other: bytes
):
    filed = await file_side_by_side(house, workspace, one, other)

    await drain(house, LISTENERS)

    assert len(set(await threads(house, workspace, *filed))) == 2
    assert await merges(house) == 0


async def test_the_first_event_may_be_handled_before_the_other_commits(
    house: Database, workspace: Workspace
):
    first = house.workspace(workspace.id)
    one = await file(await first.__aenter__(), workspace, "INBOX", mail("1"))
    async with house.workspace(workspace.id) as second:
        other = await file(second, workspace, "Archive", mail("2", "1"))
        await first.__aexit__(None, None, None)
        await drain(house, LISTENERS)
    assert len(set(await threads(house, workspace, one, other))) == 2

    await drain(house, LISTENERS)
    assert len(set(await threads(house, workspace, one, other))) == 1


async def two_threads_and_their_parent(house: Database, workspace: Workspace) -> list[Filed]:
    """Replies of different subjects to a mail that is not here: 2 and 3 stand apart."""
    filed = [
        *await deliver(house, workspace, mail("2", "1", subject="Re: Pumps")),
        *await deliver(house, workspace, mail("3", "1", subject="Re: Valves")),
    ]
    await drain(house, LISTENERS)
    return filed


async def test_what_is_filed_into_a_thread_that_merges_meanwhile_follows(
    house: Database, workspace: Workspace
):
    two, three = await two_threads_and_their_parent(house, workspace)
    async with house.workspace(workspace.id) as writer:
        late = await file(writer, workspace, "Archive", mail("4", "3", subject="Re: Valves"))
        (parent,) = await deliver(house, workspace, mail("1"))

    everyone = (two, three, late, parent)
    assert len(set(await threads(house, workspace, *everyone))) == 2
    await drain(house, LISTENERS)
    assert set(await threads(house, workspace, *everyone)) == {two.thread_id}


async def test_a_merge_looks_back_at_what_it_could_not_see(house: Database, workspace: Workspace):
    """The late reply is handled while the merge, which moved without it, is still open."""
    two, three = await two_threads_and_their_parent(house, workspace)
    writer = house.workspace(workspace.id)
    late = await file(
        await writer.__aenter__(), workspace, "Archive", mail("4", "3", subject="Re: Valves")
    )
    async with house.workspace(workspace.id) as merger:
        parent = await file(merger, workspace, "INBOX", mail("1"))
        await writer.__aexit__(None, None, None)
        await drain(house, LISTENERS)

    await drain(house, LISTENERS)
    assert set(await threads(house, workspace, two, three, late, parent)) == {two.thread_id}


async def test_merges_side_by_side_end_in_one_thread(house: Database, workspace: Workspace):
    a, b, c = [
        (await deliver(house, workspace, mail(name, subject=name), folder=folder))[0]
        for name, folder in (("1", "INBOX"), ("2", "Archive"), ("3", "Sent"))
    ]
    assert a.thread_id
    assert b.thread_id
    assert c.thread_id
    async with house.workspace(workspace.id) as first, house.workspace(workspace.id) as second:
        await merge_threads(first, {b.thread_id: a.thread_id})
        await merge_threads(second, {c.thread_id: b.thread_id})

    await drain(house, LISTENERS)

    assert set(await threads(house, workspace, a, b, c)) == {a.thread_id}
    async with house.workspace(workspace.id) as tx:
        into = await tx.connection.fetchval(
            "SELECT merged_into FROM threads WHERE id = $1", c.thread_id
        )
    assert into == a.thread_id


async def test_a_burst_through_many_doors_is_one_thread_in_the_end(
    house: Database, workspace: Workspace
):
    """Three discussions, in a hostile order, by eight writers at once."""
    letters = [
        mail(f"{name}{n}", *(f"{name}{before}" for before in range(n)), subject=f"Re: {name}")
        for name in ("pumps", "valves", "seals")
        for n in range(8)
    ]
    random.Random(7).shuffle(letters)
    folders = itertools.cycle(("INBOX", "Archive", "Sent", "Drafts"))
    filed = await asyncio.gather(
        *(
            deliver(house, workspace, raw, folder=folder)
            for raw, folder in zip(letters, folders, strict=False)
        )
    )
    await drain(house, LISTENERS)

    found = defaultdict(set)
    standing = await threads(house, workspace, *(one for (one,) in filed))
    for raw, thread in zip(letters, standing, strict=True):
        found[raw.partition(b"Subject: ")[2].partition(b"\r\n")[0]].add(thread)
    assert [len(each) for each in found.values()] == [1, 1, 1]
    assert len(set(standing)) == 3


async def test_who_watches_a_folder_hears_of_a_repair(house: Database, workspace: Workspace):
    filed = await file_side_by_side(house, workspace, mail("1"), mail("2", "1"))
    newer = max(filed, key=lambda each: str(each.thread_id))
    topic = f"folder:{newer.folder_id}"
    async with house.workspace(workspace.id) as tx:
        before = (await read_folder(tx, newer.folder_id)).highest_modseq

    with house.signals.subscribe(topic) as heard:
        await drain(house, LISTENERS)
        assert heard.is_set()

    async with house.workspace(workspace.id) as tx:
        changes = await changes_since(tx, newer.folder_id, before, None)
    assert [row.uid for row in changes.changed] == [newer.uid]


async def test_a_message_id_that_many_bear_joins_nobody(house: Database, workspace: Workspace):
    robots = [
        letter(message_id="robot@k.example", subject="Alarm", sender=f"r{n}@k.example", body=f"{n}")
        for n in range(6)
    ]
    await deliver(house, workspace, *robots)
    filed = await file_side_by_side(
        house,
        workspace,
        mail("2", "robot", subject="Re: Alarm"),
        mail("3", "robot", subject="Re: Alarm"),
    )
    await drain(house, LISTENERS)
    assert len(set(await threads(house, workspace, *filed))) == 2
    assert await merges(house) == 0


async def test_messages_that_are_gone_are_passed_over(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        announce(
            tx, MessagesFiled(mailbox_message_ids=[new_id()], variant_ids=[new_id()], door="smtp")
        )
        announce(tx, MessagesFiled(mailbox_message_ids=[], variant_ids=[], door="smtp"))
    await drain(house, LISTENERS)
    assert await merges(house) == 0
