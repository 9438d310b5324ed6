"""Visits to Exchange: what is special to it, and what its faults cost."""

import asyncio

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.accounts.errors import Throttled, Unreachable
from posthouse.mail.accounts.keyed.sending import Unclear, send_by_account
from posthouse.mail.mailboxes.changing import move_messages, store_flags, take_out
from posthouse.mail.mailboxes.folders import create_folder, find_folder
from posthouse.mail.mailboxes.model import Flags
from tests.support.ews_server import EwsServer, busy, cut
from tests.support.house import Workspace, letter
from tests.support.keyed import KeyedLinked
from tests.support.linked_ews import link_ews


@pytest.fixture
async def linked(house: Database, workspace: Workspace, server: EwsServer) -> KeyedLinked:
    return await link_ews(house, workspace, server)


def deliver(linked: KeyedLinked, folder: str, *numbers: int) -> None:
    for number in numbers:
        raw = letter(message_id=f"{number}@e.example", subject=f"Pump {number}")
        linked.elsewhere.deliver(folder, raw)


async def test_a_mailbox_is_brought_and_kept_in_step(linked: KeyedLinked, server: EwsServer):
    linked.elsewhere.make_folder("Customers")
    linked.elsewhere.make_folder("Customers/Old")
    deliver(linked, "INBOX", *range(30))
    deliver(linked, "Sent", 40)
    deliver(linked, "Customers/Old", 41, 42)
    assert await linked.visit() == 33
    await linked.assert_in_step()
    events = await linked.filed_events()
    server.asked.clear()
    one, two, three, four, *_ = linked.elsewhere.uids("INBOX")
    linked.elsewhere.set_flag("INBOX", one, Flags.SEEN, True)
    linked.elsewhere.set_flag("INBOX", two, Flags.FLAGGED, True)
    linked.elsewhere.move("INBOX", three, "Customers")  # with a new id, and still no new mail
    linked.elsewhere.delete("INBOX", four)
    await linked.visit()
    await linked.assert_in_step()
    assert await linked.filed_events() == events


async def test_what_we_do_is_done_there(linked: KeyedLinked):
    linked.elsewhere.make_folder("Customers")
    deliver(linked, "INBOX", *range(8))
    await linked.visit()
    mailbox = linked.account.mailbox_id
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox = await find_folder(tx, mailbox, "INBOX")
        await store_flags(tx, inbox, [1, 2], "+", Flags.SEEN | Flags.ANSWERED, ["$Hot"])
        await move_messages(tx, inbox, [3, 4], await find_folder(tx, mailbox, "Customers"))
        await take_out(tx, inbox, [5])
        await move_messages(tx, inbox, [6], await create_folder(tx, mailbox, "Ours/Deep"))
    await linked.visit()
    await linked.assert_in_step()
    there = linked.elsewhere.mirror()
    assert [len(there[each]) for each in ("INBOX", "Customers", "Ours/Deep")] == [4, 2, 1]
    assert await linked.visit() == 0
    await linked.assert_in_step()


async def test_a_forgotten_sync_state_costs_a_comparison_and_no_content(
    linked: KeyedLinked, server: EwsServer
):
    deliver(linked, "INBOX", *range(12))
    await linked.visit()
    server.mailbox.forget_sync_states()
    one, two, *_ = linked.elsewhere.uids("INBOX")
    linked.elsewhere.delete("INBOX", one)
    linked.elsewhere.set_flag("INBOX", two, Flags.SEEN, True)
    deliver(linked, "INBOX", 20)
    assert await linked.visit() == 1
    await linked.assert_in_step()


async def test_appointments_in_the_trash_cost_one_comparison(
    linked: KeyedLinked, server: EwsServer
):
    deliver(linked, "Trash", 1, 2)
    trash = server.mailbox.folder("deleteditems")
    server.mailbox.deliver(trash, b"BEGIN:VCALENDAR", kind="CalendarItem")
    async with linked.visiting() as visit:
        await visit.run()
        await visit.run()
        server.asked.clear()
        await visit.run()
        assert visit.stored == 2
    folders = len(await linked.here())
    assert server.asked.count("SyncFolderItems") <= folders
    assert len((await linked.here())["Trash"]) == 2


@pytest.mark.parametrize("operation", ["MoveItem", "DeleteItem", "UpdateItem", "GetItem"])
async def test_what_is_done_though_nothing_was_answered(
    linked: KeyedLinked, server: EwsServer, operation: str
):
    """The new id of a moved item is lost with the answer: it is known again by its content."""
    linked.elsewhere.make_folder("Customers")
    deliver(linked, "INBOX", *range(6))
    await linked.visit()
    mailbox = linked.account.mailbox_id
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox = await find_folder(tx, mailbox, "INBOX")
        await store_flags(tx, inbox, [1, 2], "+", Flags.FLAGGED)
        await move_messages(tx, inbox, [3, 4], await find_folder(tx, mailbox, "Customers"))
        await take_out(tx, inbox, [5])
    deliver(linked, "INBOX", 7)
    server.faults.add(operation, cut(1, done=True))
    with pytest.raises(Unreachable):
        await linked.visit()
    await linked.visit()
    await linked.visit()
    await linked.assert_in_step()
    there = linked.elsewhere.mirror()
    assert [len(there[each]) for each in ("INBOX", "Customers")] == [4, 2]


async def test_new_mail_is_brought_as_soon_as_the_stream_tells(linked: KeyedLinked):
    async with linked.visiting() as visit:
        await visit.run()
        while await visit.watch(0.2):  # that the stream has begun is news, too
            pass
        watching = asyncio.create_task(visit.watch(20))
        await asyncio.sleep(0)
        deliver(linked, "INBOX", 1)
        assert await watching
        assert visit.stored == 1


@pytest.mark.parametrize("unheard", [None, "CreateItem", "SendItem"])
async def test_what_is_sent_lies_once_on_both_sides(
    linked: KeyedLinked, server: EwsServer, unheard: str | None
):
    server.adds_fields = True
    await linked.visit()
    linked.house.provide(linked.outside())
    raw = letter(message_id="s@e.example", sender=linked.account.address, to="li@kunde.example")
    copy = await linked.file_here("Sent", raw, flags=Flags.SEEN, door="composer")
    account = linked.account
    if unheard is not None:
        server.faults.add(unheard, cut(1, done=True))
        with pytest.raises(Unclear):
            await send_by_account(linked.house, account.workspace_id, account.id, copy, raw)
    await send_by_account(linked.house, account.workspace_id, account.id, copy, raw)
    assert len(server.mailbox.sent) == 1
    for _ in range(3):
        await linked.visit()
        here, there = await linked.here(), linked.elsewhere.mirror()
        assert [len(side["Sent"]) for side in (here, there)] == [1, 1]
        assert [len(side["Drafts"]) for side in (here, there)] == [0, 0]


async def test_a_busy_server_ends_the_visit_and_loses_nothing(
    linked: KeyedLinked, server: EwsServer
):
    deliver(linked, "INBOX", *range(5))
    server.faults.add("GetItem", busy(297_749))
    with pytest.raises(Throttled):
        await linked.visit()
    assert await linked.visit() == 5
    await linked.assert_in_step()
