"""What rules take out of folders, when, and what they leave alone."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Denied, Invalid
from posthouse.mail.mailboxes.changing import move_messages
from posthouse.mail.mailboxes.folders import create_folder, find_folder, list_folders
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.retention import actions, jobs
from posthouse.mail.retention.jobs import sweep
from posthouse.mail.retention.model import Due, KeptRule, Place, Rule
from posthouse.security.members import Actor, Role
from tests.support.erasing import erase
from tests.support.house import Workspace, deliver, letter
from tests.support.postgres import FreshDatabase

Wait = Callable[[float], None]


@pytest.fixture
def wait() -> Iterator[Wait]:
    """Let so many days go by."""

    def days_go_by(days: float) -> None:
        then = clock.now() + timedelta(days=days)
        clock.hold(lambda: then)

    yield days_go_by
    clock.hold(None)


async def rule(house: Database, workspace: Workspace, **days: int | None) -> list[KeptRule]:
    rules = [Rule(place=Place(place), days=count) for place, count in days.items()]
    async with house.workspace(workspace.id) as tx:
        return await actions.set_rules(tx, Actor.system(workspace.id), rules)


async def due(house: Database, workspace: Workspace, **days: int | None) -> dict[str, int]:
    rules = [Rule(place=Place(place), days=count) for place, count in days.items()]
    async with house.workspace(workspace.id) as tx:
        found = await actions.try_rules(tx, Actor.system(workspace.id), rules)
    return {each.place.value: each.messages for each in found}


async def left(house: Database, workspace: Workspace) -> dict[str, int]:
    async with house.workspace(workspace.id) as tx:
        folders = await list_folders(tx, workspace.mailbox_id)
    return {each.name: each.message_count for each in folders if each.message_count}


async def fill(house: Database, workspace: Workspace, count: int, folder: str = "INBOX") -> None:
    raws = [letter(message_id=f"{folder}{n}@k.example") for n in range(count)]
    await deliver(house, workspace, *raws, folder=folder)


async def test_each_place_has_its_own_time(house: Database, workspace: Workspace, wait: Wait):
    for count, folder in enumerate(("INBOX", "Sent", "Archive", "Junk", "Trash"), start=1):
        await fill(house, workspace, count, folder)
    rules = {"all": 365, "junk": 30, "trash": 7, "archive": None}
    await rule(house, workspace, **rules)
    wait(6)
    assert await sweep(house) == 0
    wait(2)
    assert await sweep(house) == 5
    assert await left(house, workspace) == {"INBOX": 1, "Sent": 2, "Archive": 3, "Junk": 4}
    wait(30)
    assert await sweep(house) == 4
    wait(365)
    assert await due(house, workspace, **rules) == {"all": 3}
    assert await sweep(house) == 3
    assert await left(house, workspace) == {"Archive": 3}
    assert await erase(house) == 12

    found = await rule(house, workspace, **rules)
    assert {each.rule.place.value: each.swept_count for each in found} == {
        "all": 3,
        "junk": 4,
        "trash": 5,
        "archive": 0,
    }


async def test_old_mail_that_was_deleted_today_has_its_days_in_trash(
    house: Database, workspace: Workspace, wait: Wait
):
    await fill(house, workspace, 2)
    async with house.workspace(workspace.id) as tx:
        await tx.connection.execute("UPDATE folder_messages SET placed_at = now() - interval '9y'")
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        trash = await find_folder(tx, workspace.mailbox_id, "Trash")
        await tx.connection.execute("UPDATE folder_messages SET received_at = '2019-01-01'")
        await move_messages(tx, inbox, [1, 2], trash)
    await rule(house, workspace, trash=30)
    wait(29)
    assert await due(house, workspace, trash=30) == {}
    assert await sweep(house) == 0
    wait(2)
    assert await sweep(house) == 2


async def test_folders_of_members_have_a_rule_of_their_own(
    house: Database, workspace: Workspace, wait: Wait
):
    async with house.workspace(workspace.id) as tx:
        await create_folder(tx, workspace.mailbox_id, "Customers")
    await fill(house, workspace, 2, "Customers")
    await fill(house, workspace, 1)
    wait(11)
    assert await due(house, workspace, own=10) == {"own": 2}
    assert await due(house, workspace, all=10, own=None) == {"all": 1}
    assert await due(house, workspace, all=10) == {"all": 3}


async def test_a_draft_of_the_page_is_no_mail_yet(
    house: Database, workspace: Workspace, wait: Wait
):
    raw = letter(message_id="d@acme.example")
    await deliver(house, workspace, raw, folder="Drafts", flags=Flags.DRAFT | Flags.MIRROR)
    await rule(house, workspace, drafts=1)
    wait(2)
    assert await due(house, workspace, drafts=1) == {}
    assert await sweep(house) == 0


async def test_trying_counts_messages_and_mailboxes(
    house: Database, workspace: Workspace, wait: Wait
):
    await fill(house, workspace, 3)
    wait(2)
    async with house.workspace(workspace.id) as tx:
        found = await actions.try_rules(
            tx, Actor.system(workspace.id), [Rule(place=Place.INBOX, days=1)]
        )
    assert found == [Due(place=Place.INBOX, messages=3, mailboxes=1)]
    assert await left(house, workspace) == {"INBOX": 3}


async def test_a_rule_that_is_taken_back_stops_the_sweep(
    house: Database, workspace: Workspace, wait: Wait, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "_BATCH", 2)
    await fill(house, workspace, 7)
    await rule(house, workspace, inbox=1)
    wait(2)
    plain = jobs._sweep_batch
    batches = 0

    async def taken_back_after_two(*args: Any) -> int:
        nonlocal batches
        batches += 1
        if batches == 3:
            await rule(house, workspace)
        return await plain(*args)

    monkeypatch.setattr(jobs, "_sweep_batch", taken_back_after_two)
    assert await sweep(house) == 4
    assert await left(house, workspace) == {"INBOX": 3}


async def test_several_sweeps_at_once_take_each_message_once(
    house: Database, workspace: Workspace, wait: Wait, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "_BATCH", 3)
    await fill(house, workspace, 20)
    await rule(house, workspace, inbox=1)
    wait(2)
    assert sum(await asyncio.gather(*(sweep(house) for _ in range(3)))) == 20
    (kept,) = await rule(house, workspace, inbox=1)
    assert kept.swept_count == 20


async def test_a_sweep_that_is_killed_is_made_up_for(
    house: Database, workspace: Workspace, database: FreshDatabase, wait: Wait
):
    """What a batch took is counted and out, as one; the next sweep finds the rest."""
    await fill(house, workspace, 150)
    await rule(house, workspace, inbox=1)
    environment = {
        **os.environ,
        "PYTHONPATH": "src:.",
        "POSTHOUSE_TEST_DSN": database.owner_dsn,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.sweeping_process",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()  # its second batch
    process.kill()
    await process.wait()

    wait(2)
    remaining = (await left(house, workspace)).get("INBOX", 0)
    assert 0 < remaining < 150
    assert await due(house, workspace, inbox=1) == {"inbox": remaining}
    assert await sweep(house) == remaining
    (kept,) = await rule(house, workspace, inbox=1)
    assert kept.swept_count == 150
    assert await erase(house) == 150


async def test_what_is_no_rule(house: Database, workspace: Workspace):
    with pytest.raises(Invalid):
        await rule(house, workspace, inbox=0)
    with pytest.raises(Invalid):
        await rule(house, workspace, inbox=40_000)
    with pytest.raises(Invalid):
        await rule(house, workspace, all=None)
    twice = [Rule(place=Place.INBOX, days=1), Rule(place=Place.INBOX, days=2)]
    system = Actor.system(workspace.id)
    member = replace(system, role=Role.MEMBER, member_id=workspace.member_id)
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Invalid):
            await actions.set_rules(tx, system, twice)
        with pytest.raises(Denied):
            await actions.set_rules(tx, member, [])
        with pytest.raises(Denied):
            await actions.try_rules(tx, member, [])
