"""Sent mail is in Sent once here and once at the server, which keeps its own copy or does not."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts import sent_copies
from posthouse.mail.accounts.sent_copies import expect_copies, put_there, settle_copies
from posthouse.mail.mailboxes.changing import take_out
from posthouse.mail.mailboxes.filing import file_messages
from posthouse.mail.mailboxes.folders import folder_by_use
from posthouse.mail.mailboxes.model import Door, Filing, Flags
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace
from tests.support.linked import Linked, link

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture
async def linked(
    house: Database, workspace: Workspace, server: OldServer, request: pytest.FixtureRequest
) -> Linked:
    found = await link(house, workspace, server, request.node.name.removeprefix("test_"))
    house.provide(found.outside())
    return found


def offer(number: int, extra: bytes = b"") -> bytes:
    return (
        b"%sFrom: anna@provider.example\r\nTo: li@kunde.example\r\nBcc: eva@x.example\r\n"
        b"Subject: Offer %d\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
        b"Message-ID: <offer%d@provider.example>\r\n\r\nHello\r\n" % (extra, number, number)
    )


def of_the_server(number: int) -> bytes:
    """The same as a server keeps it: with a field of its own, and without Bcc."""
    return offer(number, b"X-Kept-By: the server\r\n").replace(b"Bcc: eva@x.example\r\n", b"")


async def file_sent(tx: Tx, linked: Linked, raw: bytes, door: Door) -> UUID:
    mailbox_id = linked.account.mailbox_id
    filing = Filing(
        mailbox_id=mailbox_id,
        folder_id=await folder_by_use(tx, mailbox_id, "sent"),
        raw=raw,
        received_at=clock.now(),
        direction="out",
        door=door,
        flags=Flags.SEEN,
    )
    (filed,) = await file_messages(tx, [filing])
    assert filed.mailbox_message_id is not None
    return filed.mailbox_message_id


async def send(linked: Linked, number: int) -> None:
    """As the outbox does: a copy in Sent, and word that it has left."""
    async with linked.house.workspace(linked.workspace.id) as tx:
        await expect_copies(tx, [await file_sent(tx, linked, offer(number), "composer")])


def keeps(linked: Linked, *numbers: int) -> None:
    """The server has put its own copies into Sent."""
    with linked.client() as client:
        for number in numbers:
            client.append("Gesendet", r"(\Seen)", "", of_the_server(number))


async def both(linked: Linked) -> tuple[list[bytes], list[bytes]]:
    """What is in Sent there, and here."""
    there, here = linked.there()["Gesendet"], (await linked.here())["Sent"]
    assert [flags for _, flags, _ in there] == [Flags.SEEN] * len(there)
    assert [flags for _, flags, _ in here] == [Flags.SEEN] * len(here)
    return [raw for raw, _, _ in there], [raw for raw, _, _ in here]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_copies, "GRACE", timedelta(0))


async def test_a_server_that_keeps_its_own(linked: Linked):
    await linked.visit()
    await send(linked, 1)
    keeps(linked, 1)
    assert await settle_copies(linked.house) == 1
    assert await settle_copies(linked.house) == 0
    await linked.visit()
    assert await both(linked) == ([of_the_server(1)], [offer(1)])


async def test_a_server_that_keeps_none(linked: Linked):
    await linked.visit()
    await send(linked, 1)
    await send(linked, 2)
    keeps(linked, 2)
    assert await settle_copies(linked.house) == 2
    await linked.visit()
    assert await both(linked) == (
        sorted([offer(1), of_the_server(2)]),
        [offer(1), offer(2)],
    )
    await linked.visit()
    assert len((await linked.here())["Sent"]) == 2


async def test_a_visit_that_was_faster(linked: Linked):
    """The server's copy is taken for ours, and nobody is asked any more."""
    await linked.visit()
    await send(linked, 1)
    keeps(linked, 1)
    await linked.visit()
    assert (await linked.here())["Sent"][0][0] == offer(1)
    assert await settle_copies(linked.house) == 1
    assert await both(linked) == ([of_the_server(1)], [offer(1)])


async def test_killed_in_between(linked: Linked):
    """It was put there and not written down: it is found the next time."""
    await linked.visit()
    await send(linked, 1)
    async with linked.connected() as driver:
        assert await put_there(driver, [offer(1)]) == 1
    assert await settle_copies(linked.house) == 1
    await linked.visit()
    assert await both(linked) == ([offer(1)], [offer(1)])


async def test_a_server_that_is_away(linked: Linked, monkeypatch: pytest.MonkeyPatch):
    await linked.visit()
    await send(linked, 1)
    with monkeypatch.context() as away:
        away.setattr(sent_copies, "_SECONDS", 0.0)
        assert await settle_copies(linked.house) == 0
    assert await settle_copies(linked.house) == 0, "not before its time"
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert await settle_copies(linked.house) == 1
    assert [raw for raw, _, _ in linked.there()["Gesendet"]] == [offer(1)]


async def test_what_was_taken_out_meanwhile_is_not_put_there(linked: Linked):
    await linked.visit()
    await send(linked, 1)
    async with linked.house.workspace(linked.workspace.id) as tx:
        folder = await folder_by_use(tx, linked.account.mailbox_id, "sent")
        await take_out(tx, folder, [1])
    assert await settle_copies(linked.house) == 1
    assert await both(linked) == ([], [])


async def test_a_mail_program_that_put_its_own_copy_there(linked: Linked):
    """Ours has left Sent for it (`sending/outbox`): then it is what the server gets."""
    await linked.visit()
    await send(linked, 1)
    async with linked.house.workspace(linked.workspace.id) as tx:
        folder = await folder_by_use(tx, linked.account.mailbox_id, "sent")
        await file_sent(tx, linked, of_the_server(1), "append")
        await take_out(tx, folder, [1])
    assert await settle_copies(linked.house) == 1
    await linked.visit()
    assert await both(linked) == ([of_the_server(1)], [of_the_server(1)])
