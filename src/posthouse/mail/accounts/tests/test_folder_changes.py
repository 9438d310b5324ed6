"""Folders that are made, renamed or deleted on one side, at a real Dovecot."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.errors import Unreachable
from posthouse.mail.accounts.imap.driver import ImapDriver
from posthouse.mail.accounts.model import Body, RemoteFolder
from posthouse.mail.accounts.visit import Visit
from posthouse.mail.mailboxes.changing import delete_folder, move_messages
from posthouse.mail.mailboxes.folders import create_folder, find_folder, rename_folder
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace
from tests.support.linked import Linked, link
from tests.support.mirror import LARGEST

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


def there(linked: Linked) -> dict[str, int]:
    """Folder → how many, of those that are not there from the start."""
    standard = ("INBOX", "Sent")
    return {k: len(v) for k, v in linked.expected().items() if k not in standard}


class Fetchless(ImapDriver):
    """No content is asked for."""

    async def bodies(self, uids: Sequence[int]) -> AsyncIterator[Body]:
        assert not uids, "content was fetched again"
        for uid in uids:
            yield Body(uid, b"")


async def visit_without_fetching(linked: Linked) -> None:
    async with linked.connected(Fetchless) as driver:
        await Visit(linked.house, driver, linked.account, linked.hands, largest=LARGEST).run()


async def test_renamed_there_is_renamed_here_and_nothing_is_fetched(linked: Linked):
    append(linked, "Red", 1, 2)
    append(linked, "Red.Deep", 3)
    append(linked, "Red.None")
    append(linked, "Blue", 4)
    await linked.visit()
    before = await linked.places()
    with linked.client() as client:
        client.rename("Red", "Green")
        client.rename("Blue", "Green.Blue")
    append(linked, "Green", 5)
    async with linked.connected() as driver:
        visit = Visit(linked.house, driver, linked.account, linked.hands, largest=LARGEST)
        await visit.run()
        assert visit.stored == 1
    assert before < await linked.places()
    here = {k: len(v) for k, v in (await linked.here()).items() if "Green" in k or v}
    assert here == {"Green": 3, "Green/Deep": 1, "Green/None": 0, "Green/Blue": 1}
    await assert_in_step(linked)


async def test_renamed_here_is_renamed_there(linked: Linked):
    append(linked, "Red", 1, 2)
    append(linked, "Red.Deep", 3)
    await linked.visit()
    places = await linked.places()
    async with linked.house.workspace(linked.workspace.id) as tx:
        await rename_folder(tx, await folder(tx, linked, "Red"), "Work/Grün")
    for _ in range(2):
        await visit_without_fetching(linked)
    assert there(linked) == {"Work/Gr&APw-n": 2, "Work/Gr&APw-n/Deep": 1}
    assert await linked.places() == places


async def test_a_cut_right_after_renaming(linked: Linked):
    append(linked, "Red", 1)
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        await rename_folder(tx, await folder(tx, linked, "Red"), "Green")
    async with linked.connected(Deaf) as driver:
        with pytest.raises(Unreachable):
            await Visit(linked.house, driver, linked.account, linked.hands, largest=LARGEST).run()
    for _ in range(2):
        await visit_without_fetching(linked)
    assert there(linked) == {"Green": 1}
    await assert_in_step(linked)


async def test_renamed_on_both_sides(linked: Linked):
    """The server's name is taken in first, and ours is carried over."""
    append(linked, "Red", 1)
    await linked.visit()
    with linked.client() as client:
        client.rename("Red", "Blue")
    async with linked.house.workspace(linked.workspace.id) as tx:
        await rename_folder(tx, await folder(tx, linked, "Red"), "Green")
    for _ in range(2):
        await visit_without_fetching(linked)
    assert there(linked) == {"Green": 1}
    await assert_in_step(linked)


async def test_made_here_is_made_there(linked: Linked):
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        await create_folder(tx, linked.account.mailbox_id, "Work/Deep")
        await create_folder(tx, linked.account.mailbox_id, "Empty")
    for _ in range(2):
        await linked.visit()
    assert there(linked) == {"Work/Deep": 0, "Empty": 0}
    assert {"Work", "Work/Deep", "Empty"} <= set(await linked.here())


async def test_deleted_here_is_deleted_there(linked: Linked):
    """What was moved out of it before is moved there, too."""
    append(linked, "Red", 1, 2, 3)
    append(linked, "Blue")
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        red = await folder(tx, linked, "Red")
        await move_messages(tx, red, [1], await folder(tx, linked, "Blue"))
        await delete_folder(tx, red)
    for _ in range(2):
        await linked.visit()
    assert there(linked) == {"Blue": 1}
    assert "Red" not in await linked.here()
    await assert_in_step(linked)


async def test_what_was_never_here_is_not_deleted_with_its_folder(linked: Linked):
    append(linked, "Red", 1, 2)
    await linked.visit()
    append(linked, "Red", 3)
    with linked.client() as client:
        client.select("Red")
        client.uid("STORE", "2", "+FLAGS", r"(\Flagged)")  # a change nobody has seen here
    async with linked.house.workspace(linked.workspace.id) as tx:
        await delete_folder(tx, await folder(tx, linked, "Red"))
    for _ in range(2):
        await linked.visit()
    assert there(linked) == {"Red": 2}
    await assert_in_step(linked)
    async with linked.house.workspace(linked.workspace.id) as tx:
        await delete_folder(tx, await folder(tx, linked, "Red"))
    for _ in range(2):
        await linked.visit()
    assert there(linked) == {}
    assert "Red" not in await linked.here()


class Deaf(ImapDriver):
    """The connection is lost when the server has renamed a folder."""

    async def rename_folder(self, *given: Any) -> RemoteFolder:
        await super().rename_folder(*given)
        raise Unreachable("cut")
