"""What is filed here alone is put into the folder at a real Dovecot: once, whatever breaks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database, Tx
from posthouse.mail.accounts.errors import Refused, Unreachable
from posthouse.mail.accounts.imap.driver import ImapDriver
from posthouse.mail.accounts.visit import Visit
from posthouse.mail.mailboxes.changing import copy_messages, move_messages, take_out
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import open_folder
from tests.support.cutting import Cut
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace, letter
from tests.support.linked import Linked, link
from tests.support.mirror import LARGEST

from .test_visit import append, assert_in_step

pytestmark = pytest.mark.interop

# With UIDPLUS a server says under which number it has taken a message.
SPEAKS: dict[str, dict[str, bool]] = {
    "uidplus": {},
    "neither": {"QRESYNC": False, "CONDSTORE": False, "UIDPLUS": False},
}
DRAFT = Flags.DRAFT | Flags.SEEN


@pytest.fixture(scope="module")
def server() -> Iterator[OldServer]:
    with old_server() as running:
        yield running


@pytest.fixture(params=SPEAKS)
async def linked(
    house: Database, workspace: Workspace, server: OldServer, request: pytest.FixtureRequest
) -> Linked:
    name = f"{request.node.originalname}-{request.param}"
    found = await link(house, workspace, server, name, SPEAKS[request.param])
    await found.visit()
    return found


def draft(version: int, extra: bytes = b"") -> bytes:
    return extra + letter(message_id="draft@k.example", subject=f"Pump {version}")


async def take_out_all(tx: Tx, linked: Linked, name: str) -> None:
    folder_id = await folder(tx, linked, name)
    await take_out(tx, folder_id, list((await open_folder(tx, folder_id, None)).uids))


async def folder(tx: Tx, linked: Linked, name: str) -> UUID:
    return await find_folder(tx, linked.account.mailbox_id, name)


async def test_a_draft_and_its_next_versions(linked: Linked):
    """The server has no Drafts at first; each version takes the place of the one before."""
    for version in range(3):
        async with linked.house.workspace(linked.workspace.id) as tx:
            await take_out_all(tx, linked, "Drafts")
        await linked.file_here("Drafts", draft(version), flags=DRAFT, door="composer")
        await linked.visit()
        assert [mail[:2] for mail in linked.there()["Drafts"]] == [(draft(version), DRAFT)]
    await linked.visit()
    await assert_in_step(linked)
    assert (await linked.ledger())["stored"] == 1
    async with linked.house.workspace(linked.workspace.id) as tx:
        await take_out_all(tx, linked, "Drafts")  # it was sent
    await linked.visit()
    assert linked.there()["Drafts"] == []


async def test_a_draft_that_was_changed_on_both_sides_is_kept_twice(linked: Linked):
    await linked.file_here("Drafts", draft(1), flags=DRAFT, door="composer")
    await linked.visit()
    await linked.visit()
    with linked.client() as client:
        client.select("Drafts")
        client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.append("Drafts", r"(\Draft)", "", draft(3))
    async with linked.house.workspace(linked.workspace.id) as tx:
        await take_out_all(tx, linked, "Drafts")
    await linked.file_here("Drafts", draft(2), flags=DRAFT, door="composer")
    for _ in range(2):
        await linked.visit()
    assert [raw for raw, _, _ in linked.there()["Drafts"]] == [draft(2), draft(3)]
    await assert_in_step(linked)


async def test_copies_lie_in_both_folders_there_too(linked: Linked):
    append(linked, "INBOX", *range(3))
    append(linked, "Customers")
    append(linked, "Other")
    await linked.visit()
    async with linked.house.workspace(linked.workspace.id) as tx:
        inbox, customers = await folder(tx, linked, "INBOX"), await folder(tx, linked, "Customers")
        await copy_messages(tx, inbox, [1, 2, 3], customers)
    for _ in range(2):
        await linked.visit()
    await assert_in_step(linked)
    assert len(linked.there()["Customers"]) == len(linked.there()["INBOX"]) == 3
    async with linked.house.workspace(linked.workspace.id) as tx:
        await take_out(tx, inbox, [1])
        await move_messages(tx, inbox, [2], await folder(tx, linked, "Other"))
    with linked.client() as client:
        client.select("INBOX")
        client.uid("STORE", "3", "+FLAGS", r"(\Deleted)")
        client.expunge()
    for _ in range(2):
        await linked.visit()
    there = linked.there()
    assert [len(there[name]) for name in ("INBOX", "Customers", "Other")] == [0, 3, 1]
    await assert_in_step(linked)


async def test_cut_at_every_step(linked: Linked):
    """Also when the server has done it and we never heard."""
    for calls in range(60):
        await linked.file_here("Drafts", letter(message_id=f"{calls}@k.example"), flags=DRAFT)
        async with linked.connected() as driver:
            cut = Cut(driver, calls, after=True)
            visit = Visit(linked.house, cut, linked.account, linked.hands, largest=LARGEST)
            try:
                await visit.run()
            except Unreachable:
                continue
        break
    assert 5 < calls < 59
    await later(linked)
    await linked.visit()
    assert len(linked.there()["Drafts"]) == calls + 1
    await assert_in_step(linked)


async def test_what_was_deleted_here_before_it_was_found_there(linked: Linked):
    """A cut right after APPEND, then the draft is sent or thrown away: it goes there, too."""
    await linked.file_here("Drafts", draft(1), flags=DRAFT)
    async with linked.connected(Deaf) as driver:
        visit = Visit(linked.house, driver, linked.account, linked.hands, largest=LARGEST)
        with pytest.raises(Unreachable):
            await visit.run()
    assert len(linked.there()["Drafts"]) == 1
    async with linked.house.workspace(linked.workspace.id) as tx:
        await take_out_all(tx, linked, "Drafts")
    for _ in range(2):
        await linked.visit()
    assert linked.there()["Drafts"] == (await linked.here())["Drafts"] == []


async def test_a_server_that_writes_fields_of_its_own(linked: Linked):
    """Where it tells no UID either, its copy is known by the Message-ID of ours."""
    await linked.file_here("Drafts", draft(1), flags=DRAFT)
    async with linked.connected(Noting) as driver:
        await Visit(linked.house, driver, linked.account, linked.hands, largest=LARGEST).run()
    await later(linked)
    for _ in range(2):
        await linked.visit()
    assert [raw for raw, _, _ in linked.there()["Drafts"]] == [draft(1, b"X-Kept-By: it\r\n")]
    assert [raw for raw, _, _ in (await linked.here())["Drafts"]] == [draft(1)]


async def test_a_server_that_takes_none_is_asked_again_later(linked: Linked):
    append(linked, "Drafts")
    append(linked, "INBOX", 1)
    await linked.visit()
    await linked.file_here("Drafts", draft(1), flags=DRAFT)
    Full.asked = 0
    async with linked.connected(Full) as driver:
        for _ in range(3):
            await Visit(linked.house, driver, linked.account, linked.hands, largest=LARGEST).run()
    assert Full.asked == 1
    await later(linked)
    await linked.visit()
    assert len(linked.there()["Drafts"]) == 1


async def test_what_a_mail_program_puts_into_sent_waits_for_the_providers_own(linked: Linked):
    await linked.file_here("Sent", letter(message_id="sent@k.example"), flags=Flags.SEEN)
    await linked.visit()
    assert linked.there()["Gesendet"] == []
    await later(linked)
    for _ in range(2):
        await linked.visit()
    assert len(linked.there()["Gesendet"]) == 1
    await assert_in_step(linked)


async def later(linked: Linked) -> None:
    """All that waits is due."""
    async with linked.house.workspace(linked.workspace.id) as tx:
        await tx.connection.execute(
            "UPDATE remote_appends SET due_at = $1", clock.now() - timedelta(seconds=1)
        )


class Deaf(ImapDriver):
    """The connection is lost when the server has taken a message."""

    async def append(self, *given: Any, **named: Any) -> int:
        await super().append(*given, **named)
        raise Unreachable("cut")


class Noting(ImapDriver):
    """It writes a field into what it takes, and tells no UID."""

    async def append(self, folder: Any, raw: bytes, **named: Any) -> int:
        await super().append(folder, b"X-Kept-By: it\r\n" + raw, **named)
        return 0


class Full(ImapDriver):
    """No room for anything."""

    asked = 0

    async def append(self, *given: Any, **named: Any) -> int:
        Full.asked += 1
        raise Refused("NO", code="OVERQUOTA")
