"""Visits to a real Dovecot: with QRESYNC, with CONDSTORE alone, and with neither."""

from collections.abc import Iterator

import pytest

from posthouse.foundation.db import Database
from posthouse.protocols.imap import utf7
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace, letter
from tests.support.linked import Linked, Mirror, link

pytestmark = pytest.mark.interop

WITHOUT: dict[str, dict[str, bool]] = {
    "qresync": {},
    "condstore": {"QRESYNC": False},
    "neither": {"QRESYNC": False, "CONDSTORE": False},
}
OURS = {"Gesendet": "Sent"}


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


def append(linked: Linked, folder: str, *numbers: int, flags: str = "") -> None:
    with linked.client() as client:
        wire = utf7.encode(folder).decode()
        client.create(wire)
        for number in numbers:
            raw = letter(message_id=f"{number}@k.example", subject=f"Pump {number}")
            condition, said = client.append(wire, flags, "", raw)
            assert condition == "OK", said


def expected(linked: Linked) -> Mirror:
    """What the server has, under our names; views have no folder here."""
    there = linked.there()
    there.pop("Everything", None)
    return {OURS.get(name, name): mails for name, mails in there.items()}


async def assert_in_step(linked: Linked) -> None:
    here, wanted = await linked.here(), expected(linked)
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
