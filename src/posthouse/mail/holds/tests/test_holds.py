"""Nothing of a held mailbox is erased, whoever deletes it."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.errors import Conflict, Denied, Invalid, NotFound
from posthouse.foundation.events import drain
from posthouse.foundation.ids import new_id
from posthouse.mail.holds import actions
from posthouse.mail.holds.model import Hold
from posthouse.mail.listing.reading import raw_message
from posthouse.mail.mailboxes import erasing
from posthouse.mail.mailboxes.changing import delete_folder, take_out
from posthouse.mail.mailboxes.erasing import erase_due
from posthouse.mail.mailboxes.folders import create_folder, find_folder, make_mailbox
from posthouse.mail.mailboxes.reading import read_raw
from posthouse.mail.search.actions import search
from posthouse.mail.search.indexing import LISTENER as SEARCH
from posthouse.security.members import Actor, Role
from tests.support import erasing as deleting
from tests.support.erasing import erase, erase_everything, make_due
from tests.support.house import Workspace, deliver, letter


async def hold(house: Database, workspace: Workspace, reason: str = "Pump v. Valve") -> Hold:
    async with house.workspace(workspace.id) as tx:
        return await actions.set_hold(tx, Actor.system(workspace.id), workspace.address, reason)


async def lift(house: Database, workspace: Workspace, hold: Hold) -> Hold:
    async with house.workspace(workspace.id) as tx:
        return await actions.lift_hold(tx, Actor.system(workspace.id), hold.id)


async def copies(house: Database, workspace: Workspace) -> int:
    async with house.workspace(workspace.id) as tx:
        return int(await tx.connection.fetchval("SELECT count(*) FROM mailbox_messages"))


async def test_what_is_deleted_is_kept_until_the_hold_is_lifted(
    house: Database, workspace: Workspace
):
    raw = letter(message_id="1@k.example")
    filed, _ = await deliver(house, workspace, raw, letter(message_id="2@k.example"))
    held = await hold(house, workspace)
    await deleting.take_out(house, workspace, 1, 2)
    assert await erase(house) == 0
    assert await copies(house, workspace) == 2
    async with house.workspace(workspace.id) as tx:
        assert filed.mailbox_message_id is not None
        assert await read_raw(tx, filed.mailbox_message_id) == raw
        found = await actions.read_hold(tx, Actor.system(workspace.id), held.id)
    assert (found.kept, found.reason, found.set_by) == (2, "Pump v. Valve", None)

    lifted = await lift(house, workspace, held)
    assert lifted.lifted_at is not None
    assert await erase_due(house) == 2
    assert await copies(house, workspace) == 0


async def test_its_member_does_not_see_what_is_kept(house: Database, workspace: Workspace):
    (filed,) = await deliver(house, workspace, letter(message_id="1@k.example"))
    await drain(house, [SEARCH])
    await hold(house, workspace)
    owner = replace(Actor.system(workspace.id), role=Role.MEMBER, member_id=workspace.member_id)
    assert filed.mailbox_message_id is not None
    assert await raw_message(house, owner, filed.mailbox_message_id)
    await deleting.take_out(house, workspace, 1)
    assert await erase(house) == 0
    with pytest.raises(NotFound):
        await raw_message(house, owner, filed.mailbox_message_id)
    async with house.workspace(workspace.id) as tx:
        assert (await search(tx, owner, "pumps")).hits == []


async def test_what_was_deleted_just_before_is_kept_too(house: Database, workspace: Workspace):
    """It has left its folder and is not erased yet."""
    await deliver(house, workspace, letter(message_id="1@k.example"))
    await deleting.take_out(house, workspace, 1)
    await hold(house, workspace)
    assert await erase(house) == 0
    assert await copies(house, workspace) == 1


async def test_a_deleted_folder_is_kept(house: Database, workspace: Workspace):
    async with house.workspace(workspace.id) as tx:
        folder_id = await create_folder(tx, workspace.mailbox_id, "Gone")
    await deliver(house, workspace, letter(message_id="1@k.example"), folder="Gone")
    await hold(house, workspace)
    async with house.workspace(workspace.id) as tx:
        await delete_folder(tx, folder_id)
    assert await erase(house) == 0
    assert await copies(house, workspace) == 1


async def test_the_last_of_two_holds_counts(house: Database, workspace: Workspace):
    await deliver(house, workspace, letter(message_id="1@k.example"))
    first, second = await hold(house, workspace, "first"), await hold(house, workspace, "second")
    await deleting.take_out(house, workspace, 1)
    assert await erase(house) == 0
    await lift(house, workspace, first)
    await make_due(house)
    assert await erase_due(house) == 0
    with pytest.raises(Conflict):
        await lift(house, workspace, first)
    await lift(house, workspace, second)
    assert await erase_due(house) == 1


async def test_two_holds_that_are_lifted_at_once(house: Database, workspace: Workspace):
    await deliver(house, workspace, letter(message_id="1@k.example"))
    holds = [await hold(house, workspace), await hold(house, workspace)]
    await deleting.take_out(house, workspace, 1)
    assert await erase(house) == 0
    await asyncio.gather(*(lift(house, workspace, each) for each in holds))
    assert await erase_due(house) == 1


async def test_other_mailboxes_are_erased_all_the_same(house: Database, workspace: Workspace):
    """Also in the batch in which held mail stands first."""
    async with house.workspace(workspace.id) as tx:
        other = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="Sales", owner_member_id=None
        )
    elsewhere = replace(workspace, mailbox_id=other)
    await deliver(house, workspace, letter(message_id="1@k.example"))
    await deliver(house, elsewhere, letter(message_id="2@k.example"))
    await hold(house, workspace)
    assert await erase_everything(house, workspace) == 1
    assert await copies(house, workspace) == 1


async def test_what_the_hold_found_is_not_erased_by_a_sweep_that_runs(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """The hold waits for the batch under way; from its commit on nothing goes."""
    monkeypatch.setattr(erasing, "_BATCH", 5)
    await deliver(house, workspace, *(letter(message_id=f"{n}@k.example") for n in range(40)))
    async with house.workspace(workspace.id) as tx:
        inbox = await find_folder(tx, workspace.mailbox_id, "INBOX")
        await take_out(tx, inbox, range(1, 41))
    await drain(house, [*erasing.LISTENERS])
    await make_due(house)
    erase, erase_batch = erasing._erase, erasing._erase_batch
    under_way, held = asyncio.Event(), asyncio.Event()

    async def told(*arguments: object) -> int:
        under_way.set()
        return await erase(*arguments)  # type: ignore[arg-type]

    async def not_before_the_hold(*arguments: object) -> tuple[int, int]:
        if under_way.is_set():
            await held.wait()
        return await erase_batch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(erasing, "_erase", told)
    monkeypatch.setattr(erasing, "_erase_batch", not_before_the_hold)
    sweeping = [asyncio.create_task(erase_due(house)) for _ in range(2)]
    await under_way.wait()
    await hold(house, workspace)
    held.set()
    there = await copies(house, workspace)
    erased = sum(await asyncio.gather(*sweeping))
    assert await copies(house, workspace) == there == 40 - erased
    assert there > 0
    await make_due(house)
    assert await erase_due(house) == 0


async def test_a_held_mailbox_cannot_be_dropped(house: Database, workspace: Workspace):
    held = await hold(house, workspace)
    await lift(house, workspace, held)
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with tx.savepoint():
                await tx.connection.execute(
                    "DELETE FROM mailboxes WHERE id = $1", workspace.mailbox_id
                )


async def test_who_may_hold_what(house: Database, workspace: Workspace):
    system = Actor.system(workspace.id)
    member = replace(system, role=Role.MEMBER, member_id=workspace.member_id)
    admin = replace(member, role=Role.ADMIN)
    async with house.workspace(workspace.id) as tx:
        with pytest.raises(Denied):
            await actions.set_hold(tx, member, workspace.address, "why")
        with pytest.raises(Denied):
            await actions.list_holds(tx, member)
        with pytest.raises(Denied):
            await actions.lift_hold(tx, member, new_id())
        with pytest.raises(NotFound):
            await actions.set_hold(tx, admin, "nobody@acme.example", "why")
        with pytest.raises(NotFound):
            await actions.lift_hold(tx, admin, new_id())
        for reason in ("", "  ", "x" * 2001):
            with pytest.raises(Invalid):
                await actions.set_hold(tx, admin, workspace.address, reason)
        made = await actions.set_hold(tx, admin, workspace.address, "because")
        assert (made.set_by, made.address) == ("Anna", workspace.address)
        lifted = await actions.lift_hold(tx, admin, made.id)
        assert lifted.lifted_by == "Anna"
        assert await actions.list_holds(tx, admin) == [lifted]
