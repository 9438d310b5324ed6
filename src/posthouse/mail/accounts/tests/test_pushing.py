"""What changes here reaches a real Dovecot: flags, moves, deletions; conflicts lose nothing."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.mail.mailboxes.changing import (
    expunge,
    move_messages,
    store_flags,
    take_out,
)
from posthouse.mail.mailboxes.folders import create_folder, find_folder
from posthouse.mail.mailboxes.model import Flags
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace
from tests.support.linked import Linked, link

from .test_visit import WITHOUT, append, assert_in_step

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture(params=["qresync", "neither"])
async def linked(
    house: Database, workspace: Workspace, server: OldServer, request: pytest.FixtureRequest
) -> Linked:
    name = f"{request.node.originalname}-{request.param}"
    return await link(house, workspace, server, name, WITHOUT[request.param])


async def folder(tx: Tx, linked: Linked, name: str) -> UUID:
    return await find_folder(tx, linked.account.mailbox_id, name)


async def test_flags_moves_and_deletions_of_ours_reach_the_server(linked: Linked):
    append(linked, "INBOX", *range(8))
    append(linked, "Customers", 20)
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox, customers = await folder(tx, linked, "INBOX"), await folder(tx, linked, "Customers")
        await store_flags(tx, inbox, [1, 2], "+", Flags.SEEN | Flags.FLAGGED, ["$Hot"])
        await move_messages(tx, inbox, [3, 4], customers)
        await take_out(tx, inbox, [5])
        made = await create_folder(tx, linked.account.mailbox_id, "Ours/Deep")
        await move_messages(tx, inbox, [6], made)
        await move_messages(tx, inbox, [7], await folder(tx, linked, "Archive"))
    await linked.visit()
    there = linked.there()
    assert [flags for _, *flags in there["INBOX"]].count([5, ("$Hot",)]) == 2
    assert (len(there["INBOX"]), len(there["Customers"])) == (3, 3)
    assert (len(there["Ours.Deep"]), len(there["Archive"])) == (1, 1)
    assert await linked.visit() == 0
    async with linked.house.workspace(linked.workspace.id) as tx:
        await store_flags(tx, inbox, [1], "-", Flags.SEEN, ["$Hot"])
    await linked.visit()
    assert sorted(flags for _, flags, _ in linked.there()["INBOX"]) == [0, 4, 5]
    ledger = await linked.ledger()
    assert ledger["stored"] == 8


async def test_both_sides_change_at_once(linked: Linked):
    append(linked, "INBOX", *range(6))
    append(linked, "Customers")
    await linked.visit()
    with linked.client() as client:
        client.select("INBOX")
        client.uid("STORE", "1", "+FLAGS", r"(\Answered)")
        client.uid("STORE", "2", "+FLAGS", r"(\Flagged)")
        client.uid("STORE", "3", "+FLAGS", r"(\Seen)")
        client.uid("MOVE", "4", "Customers")
        client.uid("STORE", "5", "+FLAGS", r"(\Deleted)")
        client.uid("EXPUNGE", "5")
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox, customers = await folder(tx, linked, "INBOX"), await folder(tx, linked, "Customers")
        await store_flags(tx, inbox, [1], "+", Flags.SEEN)
        await take_out(tx, inbox, [2])  # changed there: not deleted
        await move_messages(tx, inbox, [3], customers)
        await move_messages(tx, inbox, [4], customers)
        await store_flags(tx, inbox, [5], "+", Flags.FLAGGED)
    for _ in range(3):
        await linked.visit()
    there = linked.there()
    assert sorted(flags for _, flags, _ in there["INBOX"]) == [0, 3, 4]
    assert sorted(flags for _, flags, _ in there["Customers"]) == [0, 1]
    here = await linked.here()
    assert (here["INBOX"], here["Customers"]) == (there["INBOX"], there["Customers"])


async def test_deleted_is_deleted_for_good(linked: Linked):
    append(linked, "INBOX", 1, 2)
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox = await folder(tx, linked, "INBOX")
        await store_flags(tx, inbox, [1], "+", Flags.DELETED)
        await expunge(tx, inbox)
    await linked.visit()
    assert await linked.visit() == 0
    await assert_in_step(linked)
    assert len(linked.there()["INBOX"]) == 1
