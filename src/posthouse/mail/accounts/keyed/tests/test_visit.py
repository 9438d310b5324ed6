"""Visits to Graph: both sides have the same, whatever happens on either and in between."""

import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.errors import Throttled, Unreachable
from posthouse.mail.accounts.keyed.news import tell_news
from posthouse.mail.mailboxes.changing import (
    delete_folder,
    move_messages,
    store_flags,
    take_out,
)
from posthouse.mail.mailboxes.folders import create_folder, find_folder, rename_folder
from posthouse.mail.mailboxes.model import Flags
from tests.support.cutting import Cut
from tests.support.graph_server import GraphServer, graph_server
from tests.support.house import Workspace, letter
from tests.support.keyed import KeyedLinked
from tests.support.linked_graph import link_graph


@pytest.fixture
async def server() -> AsyncIterator[GraphServer]:
    async with graph_server() as running:
        yield running


@pytest.fixture
async def linked(house: Database, workspace: Workspace, server: GraphServer) -> KeyedLinked:
    return await link_graph(house, workspace, server)


def deliver(linked: KeyedLinked, folder: str, *numbers: int) -> None:
    for number in numbers:
        raw = letter(message_id=f"{number}@k.example", subject=f"Pump {number}")
        linked.elsewhere.deliver(folder, raw)


async def folder(tx: Tx, linked: KeyedLinked, name: str) -> UUID:
    return await find_folder(tx, linked.account.mailbox_id, name)


async def test_first_sync_brings_everything_and_again_nothing(
    linked: KeyedLinked, server: GraphServer
):
    linked.elsewhere.make_folder("Customers")
    linked.elsewhere.make_folder("Customers/Old")
    deliver(linked, "INBOX", *range(30))
    deliver(linked, "Sent", 40)
    deliver(linked, "Customers", 41, 42)
    deliver(linked, "Customers/Old", 43)
    server.page = 7
    assert await linked.visit() == 34
    await linked.assert_in_step()
    assert await linked.ledger() == {"stored": 34}
    assert (await linked.health()).history_done_at is not None
    server.asked.clear()
    assert await linked.visit() == 0
    await linked.assert_in_step()
    assert not [each for each in server.asked if "$value" in each]
    assert server.most_at_once <= 4


async def test_what_changes_there_changes_here_and_a_move_is_a_move(
    linked: KeyedLinked, server: GraphServer
):
    linked.elsewhere.make_folder("Customers")
    deliver(linked, "INBOX", *range(6))
    await linked.visit()
    events = await linked.filed_events()
    server.asked.clear()
    one, two, three, four, *_ = linked.elsewhere.uids("INBOX")
    linked.elsewhere.set_flag("INBOX", one, Flags.SEEN, True)
    linked.elsewhere.set_flag("INBOX", two, Flags.FLAGGED, True)
    linked.elsewhere.move("INBOX", three, "Customers")
    linked.elsewhere.delete("INBOX", four)
    server.box.messages[one].categories = ["Hot", "Red category"]
    await linked.visit()
    here, there = await linked.here(), linked.elsewhere.mirror()
    assert here["Customers"] == there["Customers"]
    assert [flags for _, flags, _ in here["INBOX"]] == [flags for _, flags, _ in there["INBOX"]]
    assert [words for _, _, words in here["INBOX"] if words] == [("Hot",)]
    assert await linked.filed_events() == events
    assert not [each for each in server.asked if "$value" in each], "it is here already"
    server.box.messages[one].categories = []
    linked.elsewhere.set_flag("INBOX", one, Flags.SEEN, False)
    await linked.visit()
    await linked.assert_in_step()


async def test_flags_moves_and_deletions_of_ours_reach_the_server(linked: KeyedLinked):
    linked.elsewhere.make_folder("Customers")
    deliver(linked, "INBOX", *range(8))
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox, customers = await folder(tx, linked, "INBOX"), await folder(tx, linked, "Customers")
        await store_flags(tx, inbox, [1, 2], "+", Flags.SEEN | Flags.ANSWERED, ["$Hot"])
        await move_messages(tx, inbox, [3, 4], customers)
        await take_out(tx, inbox, [5])
        made = await create_folder(tx, linked.account.mailbox_id, "Ours/Deep")
        await move_messages(tx, inbox, [6], made)
        await move_messages(tx, inbox, [7], await folder(tx, linked, "Archive"))
    await linked.visit()
    await linked.assert_in_step()
    there = linked.elsewhere.mirror()
    assert sorted(words for _, _, words in there["INBOX"]) == [(), ("$Hot",), ("$Hot",)]
    assert [len(there[name]) for name in ("INBOX", "Customers", "Ours/Deep", "Archive")] == [
        3, 2, 1, 1,
    ]  # fmt: skip
    assert await linked.visit() == 0
    await linked.assert_in_step()
    async with linked.house.workspace(linked.workspace.id) as tx:
        await store_flags(tx, inbox, [1], "-", Flags.SEEN, ["$Hot"])
    await linked.visit()
    await linked.assert_in_step()


async def test_a_draft_that_is_edited_there_is_another_one_here(
    linked: KeyedLinked, server: GraphServer
):
    draft = server.box.deliver(letter(message_id="d@k.example", subject="1"), "drafts", draft=True)
    await linked.visit()
    await linked.assert_in_step()
    linked.elsewhere.set_flag("Drafts", draft.id, Flags.FLAGGED, True)
    events = await linked.filed_events()
    await linked.visit()
    await linked.assert_in_step()
    assert await linked.filed_events() == events, "the content is the same"
    server.box.edit(draft.id, letter(message_id="d@k.example", subject="2"))
    await linked.visit()
    await linked.assert_in_step()


async def test_a_place_that_is_forgotten_costs_a_comparison_and_no_content(
    linked: KeyedLinked, server: GraphServer
):
    deliver(linked, "INBOX", *range(12))
    await linked.visit()
    server.box.forget_tokens()
    one, two, *_ = linked.elsewhere.uids("INBOX")
    linked.elsewhere.delete("INBOX", one)
    linked.elsewhere.set_flag("INBOX", two, Flags.SEEN, True)
    deliver(linked, "INBOX", 20)
    server.asked.clear()
    server.page = 5
    assert await linked.visit() == 1
    await linked.assert_in_step()
    assert len([each for each in server.asked if "$value" in each]) == 1


async def test_what_a_delta_leaves_out_is_found_by_counting(
    linked: KeyedLinked, server: GraphServer
):
    deliver(linked, "INBOX", *range(5))
    async with linked.visiting() as visit:
        await visit.run()
        deliver(linked, "INBOX", 6, 7)
        one, *_, last = linked.elsewhere.uids("INBOX")
        linked.elsewhere.delete("INBOX", one)
        server.box.faults.omit = {one, last}
        await visit.run()
        assert (await linked.health()).counts.there == 6
        deliver(linked, "INBOX", 8)
        server.box.faults.omit = {one, last, linked.elsewhere.uids("INBOX")[-1]}
        await visit.run()
        await visit.run()
    await linked.assert_in_step()


async def test_a_connection_that_is_cut_anywhere_loses_and_doubles_nothing(
    linked: KeyedLinked, server: GraphServer
):
    linked.elsewhere.make_folder("Customers")
    deliver(linked, "INBOX", *range(6))
    deliver(linked, "Customers", 10, 11)
    server.page = 3
    for round_ in range(2):
        for calls in range(200):
            try:
                async with linked.visiting(lambda driver: Cut(driver, calls)) as visit:  # noqa: B023
                    await visit.run()
            except Unreachable:
                continue
            break
        assert calls > 5
        await linked.assert_in_step()
        one, two, three, *_ = linked.elsewhere.uids("INBOX")
        linked.elsewhere.delete("INBOX", one)
        linked.elsewhere.set_flag("INBOX", two, Flags.FLAGGED, True)
        linked.elsewhere.move("INBOX", three, "Customers")
        deliver(linked, "INBOX", 20 + round_)
    await linked.visit()
    await linked.assert_in_step()


async def test_folders_that_go_or_are_renamed(linked: KeyedLinked, server: GraphServer):
    linked.elsewhere.make_folder("Old")
    linked.elsewhere.make_folder("Gone")
    deliver(linked, "Old", 1, 2)
    deliver(linked, "Gone", 3)
    await linked.visit()
    events = await linked.filed_events()
    server.box.rename_folder(server.box.named("Old"), "New")
    server.box.delete_folder(server.box.named("Gone"))
    await linked.visit()
    await linked.assert_in_step()
    assert {"Old", "Gone"}.isdisjoint(await linked.here())
    assert await linked.filed_events() == events


async def test_a_pause_that_is_asked_for_is_taken(linked: KeyedLinked, server: GraphServer):
    deliver(linked, "INBOX", 1)
    server.throttled, server.pause = 1, 0
    assert await linked.visit() == 1
    server.throttled, server.pause = 1, 300
    with pytest.raises(Throttled) as told:
        await linked.visit()
    assert told.value.seconds == 300


async def test_what_came_before_a_pause_is_kept_and_nothing_counts_as_failed(
    linked: KeyedLinked, server: GraphServer
):
    deliver(linked, "INBOX", *range(12))
    server.pause = 300
    stored: list[int] = []
    for after in range(10, 60, 6):  # more often than a message may fail
        server.throttled_after = after
        with contextlib.suppress(Throttled):
            await linked.visit()
        ledger = await linked.ledger()
        assert set(ledger) <= {"stored", "listed"}
        stored.append(ledger.get("stored", 0))
    assert any(0 < count < 12 for count in stored), stored
    server.throttled_after = None
    await linked.visit()
    await linked.assert_in_step()


async def test_a_draft_of_ours_lies_there_once_and_goes_with_ours(
    linked: KeyedLinked, server: GraphServer
):
    await linked.visit()
    raw = letter(message_id="d@acme.example", subject="Pump 1")
    await linked.file_here("Drafts", raw, flags=Flags.DRAFT | Flags.SEEN)
    for _ in range(2):
        await linked.visit()
        await linked.assert_in_step()
    async with linked.house.workspace(linked.workspace.id) as tx:
        await take_out(tx, await folder(tx, linked, "Drafts"), [1])
    await linked.visit()
    await linked.assert_in_step()
    assert linked.elsewhere.mirror()["Drafts"] == []


async def test_what_graph_cannot_keep_stays_here(linked: KeyedLinked, server: GraphServer):
    """It makes no messages but drafts."""
    await linked.visit()
    await linked.file_here("Archive", letter(message_id="a@acme.example"))
    for _ in range(2):
        await linked.visit()
    assert len((await linked.here())["Archive"]) == 1
    assert linked.elsewhere.mirror()["Archive"] == []


async def test_folders_that_are_renamed_and_deleted_here(linked: KeyedLinked, server: GraphServer):
    for name in ("Old", "Old/Deep", "Gone", "Kept"):
        linked.elsewhere.make_folder(name)
        deliver(linked, name, len(linked.elsewhere.mirror()))
    await linked.visit()
    events, kept = await linked.filed_events(), server.box.named("Kept")
    async with linked.house.workspace(linked.workspace.id) as tx:
        await rename_folder(tx, await folder(tx, linked, "Old"), "New")
        await delete_folder(tx, await folder(tx, linked, "Gone"))
        await delete_folder(tx, await folder(tx, linked, "Kept"))
    server.box.deliver(letter(message_id="unseen@k.example"), kept)
    server.asked.clear()
    await linked.visit()
    await linked.assert_in_step()
    there = linked.elsewhere.mirror()
    assert {"Old", "Old/Deep", "Gone"}.isdisjoint(there)
    assert [len(there[name]) for name in ("New", "New/Deep", "Kept")] == [1, 1, 2]
    assert await linked.visit() == 0
    await linked.assert_in_step()
    assert await linked.filed_events() <= events + 2, "what was deleted with its folder comes back"


@pytest.mark.parametrize("watching", [False, True])
async def test_a_move_into_a_folder_that_is_new_is_a_move(
    linked: KeyedLinked, server: GraphServer, watching: bool
):
    deliver(linked, "INBOX", 1, 2)
    async with linked.visiting() as visit:
        await visit.run()
        events = await linked.filed_events()
        server.asked.clear()
        linked.elsewhere.make_folder("Later")
        linked.elsewhere.move("INBOX", linked.elsewhere.uids("INBOX")[0], "Later")
        if watching:
            with visit.listening():
                tell_news(linked.house, [linked.account.id])
                assert await visit.watch(20)
        else:
            await visit.run()
    await linked.visit()
    await linked.assert_in_step()
    assert await linked.filed_events() == events
    assert not [each for each in server.asked if "$value" in each]
