"""Visits to a real Dovecot: with QRESYNC, with CONDSTORE alone, and with neither."""

from collections.abc import Iterator
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.accounts import store
from posthouse.mail.accounts.driver import Driver
from posthouse.mail.accounts.errors import Refused, Unreachable
from posthouse.mail.accounts.model import Opened, RemoteFolder
from posthouse.mail.accounts.visit import Visit
from posthouse.protocols.imap import utf7
from tests.support.cutting import Cut
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace, letter
from tests.support.linked import Linked, link
from tests.support.mirror import LARGEST

pytestmark = pytest.mark.interop

WITHOUT: dict[str, dict[str, bool]] = {
    "qresync": {},
    "condstore": {"QRESYNC": False},
    "neither": {"QRESYNC": False, "CONDSTORE": False},
}


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture(params=WITHOUT)
async def linked(
    house: Database, workspace: Workspace, server: OldServer, request: pytest.FixtureRequest
) -> Linked:
    name = f"{request.node.originalname}-{request.param}"
    return await link(house, workspace, server, name, WITHOUT[request.param])


def append(linked: Linked, folder: str, *numbers: int, flags: str = "", arrived: str = "") -> None:
    with linked.client() as client:
        wire = utf7.encode(folder).decode()
        client.create(wire)
        for number in numbers:
            raw = letter(message_id=f"{number}@k.example", subject=f"Pump {number}")
            condition, said = client.append(wire, flags, arrived, raw)
            assert condition == "OK", said


async def assert_in_step(linked: Linked) -> None:
    here, wanted = await linked.here(), linked.expected()
    assert {name: mails for name, mails in here.items() if mails} == {
        name: mails for name, mails in wanted.items() if mails
    }
    health = await linked.health()
    assert (health.counts.there, health.counts.stored) == (
        sum(map(len, wanted.values())),
        sum(map(len, wanted.values())),
    )


async def test_first_sync_brings_everything_and_again_nothing(linked: Linked):
    append(linked, "INBOX", *range(30))
    append(linked, "Gesendet", 40, flags=r"(\Seen)")
    append(linked, "Customers", 41, 42, flags=r"(\Flagged $Forwarded)")
    append(linked, "Everything", 43)
    assert await linked.visit() == 33
    await assert_in_step(linked)
    assert await linked.ledger() == {"stored": 33}
    assert await linked.visit() == 0
    await assert_in_step(linked)
    assert (await linked.health()).history_done_at is not None


async def test_what_changes_there_changes_here(linked: Linked):
    append(linked, "INBOX", *range(10))
    append(linked, "Customers", 20)
    await linked.visit()
    with linked.client() as client:
        client.select("INBOX")
        client.uid("STORE", "1:3", "+FLAGS", r"(\Seen $Hot)")
        client.uid("STORE", "4", "+FLAGS", r"(\Deleted)")
        client.uid("EXPUNGE", "4")
        client.uid("MOVE", "5:6", "Customers")
    append(linked, "INBOX", 30, 31)
    assert await linked.visit() <= 4
    await assert_in_step(linked)
    with linked.client() as client:
        client.select("INBOX")
        client.uid("STORE", "1", "-FLAGS", r"(\Seen $Hot)")
        client.uid("STORE", "2", "+FLAGS", r"(\Answered)")
    await linked.visit()
    await assert_in_step(linked)


async def test_a_folder_numbered_anew_is_found_again_without_events(linked: Linked):
    append(linked, "Customers", *range(8))
    await linked.visit()
    places = await linked.places()
    events = await linked.filed_events()
    with linked.client() as client:
        client.delete("Customers")
    # Other numbers, another time, one is missing: only the content tells.
    append(linked, "Customers", *range(7), arrived='"01-Jan-2026 00:00:00 +0000"')
    append(linked, "Customers", 20)
    assert await linked.visit() == 8
    await assert_in_step(linked)
    assert len(places & await linked.places()) == 7
    assert await linked.filed_events() == events + 1


async def test_what_was_moved_or_numbered_anew_is_not_fetched_again(linked: Linked):
    """Copies keep their time (RFC 3501 6.4.7): size, time and header say that they are the same."""
    append(linked, "Customers", *range(8))
    append(linked, "INBOX", 10, 11)
    await linked.visit()
    places = await linked.places()
    events = await linked.filed_events()
    with linked.client() as client:
        client.create("Copy")
        client.select("Customers")
        client.uid("COPY", "1:*", "Copy")
        client.select("INBOX")
        client.uid("MOVE", "1:2", "Archive")  # there is none
        client.create("Archive")
        client.uid("MOVE", "1:2", "Archive")
        client.delete("Customers")
        client.rename("Copy", "Customers")
    append(linked, "Customers", 20)
    assert await linked.visit() == 1
    await assert_in_step(linked)
    messages = {message for message, _ in await linked.places()}
    assert {message for message, _ in places} < messages
    assert await linked.filed_events() == events + 1
    assert await linked.visit() == 0


async def test_folders_that_go_or_are_renamed_take_their_mail_along(linked: Linked):
    append(linked, "Old", 1, 2)
    append(linked, "Gone", 3)
    await linked.visit()
    places = await linked.places()
    with linked.client() as client:
        client.rename("Old", "New")
        client.delete("Gone")
    await linked.visit()
    await assert_in_step(linked)
    assert {"Old", "Gone"}.isdisjoint(await linked.here())
    assert {message for message, _ in places} > {message for message, _ in await linked.places()}


async def test_a_connection_that_is_cut_anywhere_loses_and_doubles_nothing(linked: Linked):
    append(linked, "INBOX", *range(6))
    append(linked, "Customers", 10, 11)
    steps = 0
    for round_ in range(3):
        steps = await _visit_cut_everywhere(linked)
        await assert_in_step(linked)
        with linked.client() as client:
            client.select("INBOX")
            client.uid("STORE", f"{round_ + 1}", "+FLAGS", r"(\Deleted)")
            client.expunge()
            client.uid("STORE", "5:6", "+FLAGS", r"(\Flagged)")
        append(linked, "INBOX", 20 + round_)
    assert steps > 3
    await linked.visit()
    await assert_in_step(linked)


async def test_a_folder_that_does_not_open_is_left_alone_and_blocks_nothing(linked: Linked):
    append(linked, "INBOX", 1)
    append(linked, "Customers", 2)
    for _ in range(3):
        async with linked.connected() as driver:
            visit = Visit(
                linked.house, Phantom(driver), linked.account, linked.hands, largest=LARGEST
            )
            await visit.run()
    async with linked.house.workspace(linked.workspace.id) as tx:
        folders = await store.folder_health(tx, linked.account.id)
    assert [each.name for each in folders if each.parked] == ["Customers"]
    assert len((await linked.here())["INBOX"]) == 1
    await linked.visit()
    assert (await linked.here())["Customers"] == []


class Phantom:
    """A server that lists a folder and does not open it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    async def open(self, folder: RemoteFolder, known: Any, *, write: bool = False) -> Opened:
        if folder.wire == b"Customers":
            raise Refused("NO")
        return await self._driver.open(folder, known, write=write)


async def _visit_cut_everywhere(linked: Linked) -> int:
    """Each visit gets one call further; how many calls there were in the last one."""
    for calls in range(200):
        async with linked.connected() as driver:
            cut = Cut(driver, calls)
            visit = Visit(linked.house, cut, linked.account, linked.hands, largest=LARGEST)
            try:
                await visit.run()
            except Unreachable:
                continue
        return calls
    raise AssertionError("it never ends")
