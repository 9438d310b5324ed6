"""Drafts of the page in the Drafts folder: for mail programs, and for them alone."""

import httpx
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.mail.listing.beside import NOTHING_BESIDE
from posthouse.mail.listing.mailboxes import mailbox_views
from posthouse.mail.listing.reading import thread_view
from posthouse.mail.listing.threads import folder_page
from posthouse.mail.listing.views import ThreadRow
from posthouse.mail.mailboxes.changing import copy_messages, expunge, move_messages, store_flags
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import open_folder, read_raw
from posthouse.mail.search.actions import search
from posthouse.mail.search.indexing import LISTENER as SEARCH
from posthouse.protocols import mime
from posthouse.protocols.imap.flags import render
from posthouse.sending.composer import mirroring
from posthouse.sending.composer.mirroring import mirror_drafts
from tests.support.erasing import erase
from tests.support.house import Workspace, deliver, letter
from tests.support.sending import HeldClock, make_actor


async def folder(house: Database, workspace: Workspace, name: str) -> list[tuple[bytes, bytes]]:
    """(flags, content) of what a mail program sees."""
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, name)
        opened = await open_folder(tx, folder_id, None)
        rows = await tx.connection.fetch(
            "SELECT mailbox_message_id FROM folder_messages WHERE folder_id = $1 ORDER BY uid",
            folder_id,
        )
        raws = [await read_raw(tx, row["mailbox_message_id"]) for row in rows]
    return [(render(flags), raw) for flags, raw in zip(opened.flags, raws, strict=True)]


async def listed(house: Database, workspace: Workspace, name: str) -> list[ThreadRow]:
    """What the page lists."""
    async with house.workspace(workspace.id) as tx:
        page = await folder_page(
            tx,
            make_actor(workspace),
            NOTHING_BESIDE,
            mailbox_id=workspace.mailbox_id,
            folder_id=await find_folder(tx, workspace.mailbox_id, name),
            cursor=None,
            limit=10,
        )
    return page.items


async def total(house: Database, workspace: Workspace) -> int:
    """What the page says lies in Drafts, beside its own."""
    async with house.workspace(workspace.id) as tx:
        (view,) = await mailbox_views(tx, make_actor(workspace))
    return next(each.total for each in view.folders if each.role == "drafts")


async def mirror(house: Database, held: HeldClock) -> int:
    held.pass_by(seconds=11)
    return await mirror_drafts(house)


def scan_of(raw: bytes) -> mime.Scan:
    return mime.scan(mime.split_trace(raw)[1])


async def test_a_draft_is_seen_in_mail_programs(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    (asked,) = await deliver(sending, workspace, letter(message_id="q1@globex.example"))
    file = (await client.post("/uploads", params={"name": "报价.pdf"}, content=b"%PDF")).json()
    fields = {
        "to": ["Otto <otto@globex.example>"],
        "bcc": ["chef@acme.example"],
        "subject": "Re: 报价",
        "html": "<p>您好</p>",
        "attachments": [file["id"]],
        "in_reply_to": str(asked.mailbox_message_id),
    }
    saved = (await client.post("/drafts", json=fields)).json()
    assert await mirror_drafts(sending) == 0, "it is being written"
    assert await mirror(sending, held) == 1
    assert await mirror(sending, held) == 0

    ((flags, raw),) = await folder(sending, workspace, "Drafts")
    assert flags == b"\\Seen \\Draft"
    scan = scan_of(raw)
    assert mime.subject(scan) == "Re: 报价"
    assert [person.address for person in mime.addresses(scan, b"to")] == ["otto@globex.example"]
    assert [person.address for person in mime.addresses(scan, b"bcc")] == ["chef@acme.example"]
    assert [person.address for person in mime.addresses(scan, b"from")] == [workspace.address]
    assert mime.in_reply_to(scan) == ["q1@globex.example"]
    assert [found.name for found in mime.attachments(scan)] == ["报价.pdf"]
    assert "您好" in mime.readable_text(scan)

    url = f"/drafts/{saved['id']}"
    assert (await client.put(url, json={**fields, "subject": "2", "revision": 1})).is_success
    assert await mirror(sending, held) == 1
    ((_, raw),) = await folder(sending, workspace, "Drafts")
    assert mime.subject(scan_of(raw)) == "2"

    assert (await client.delete(url)).status_code == 204
    assert await folder(sending, workspace, "Drafts") == []
    assert await erase(sending) == 2


async def test_sending_takes_it_out_and_undo_brings_it_back(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    fields = {"to": ["otto@globex.example"], "subject": "Offer", "text": "x"}
    saved = (await client.post("/drafts", json=fields)).json()
    await mirror(sending, held)
    sent = (await client.post("/messages", json={**fields, "draft_id": saved["id"]})).json()
    assert await folder(sending, workspace, "Drafts") == []
    assert len(await folder(sending, workspace, "Sent")) == 1
    assert await mirror_drafts(sending) == 0

    assert (await client.post(f"/messages/{sent['id']}/undo")).is_success
    assert await mirror(sending, held) == 1
    assert len(await folder(sending, workspace, "Drafts")) == 1
    assert await folder(sending, workspace, "Sent") == []


@pytest.mark.parametrize("to", ["li@", "Wang <", "a b@c d", "x@exa\nmple"])
async def test_what_is_half_written_is_there(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock, to: str
):
    await client.post("/drafts", json={"subject": "Hal", "to": [to, "li@kunde.example"]})
    await client.post("/drafts", json={})
    assert await mirror(sending, held) == 2
    found = await folder(sending, workspace, "Drafts")
    assert sorted(mime.subject(scan_of(raw)) for _, raw in found) == ["", "Hal"]


async def test_the_page_shows_the_draft_and_not_its_mirror(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    await client.post("/drafts", json={"subject": "Zylinder", "text": "x"})
    await mirror(sending, held)
    await deliver(
        sending,
        workspace,
        letter(message_id="1@k.example", subject="Zylinder"),
        folder="Drafts",
        flags=Flags.DRAFT,
    )
    await drain(sending, [SEARCH])
    assert len(await folder(sending, workspace, "Drafts")) == 2
    assert await total(sending, workspace) == 1
    async with sending.workspace(workspace.id) as tx:
        assert len((await search(tx, make_actor(workspace), "Zylinder")).hits) == 1
    (row,) = await listed(sending, workspace, "Drafts")
    assert (row.messages, row.draft) == (1, True)


async def test_a_thread_shows_the_draft_and_not_its_mirror(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    (asked,) = await deliver(sending, workspace, letter(message_id="1@k.example"))
    fields = {"subject": "Re: Quotation", "in_reply_to": str(asked.mailbox_message_id)}
    await client.post("/drafts", json=fields)
    await mirror(sending, held)
    (row,) = await listed(sending, workspace, "INBOX")
    assert (row.messages, row.draft) == (1, False)
    view = await thread_view(sending, make_actor(workspace), NOTHING_BESIDE, row.id)
    assert [message.id for message in view.messages] == [asked.mailbox_message_id]


async def test_what_a_mail_program_does_to_it(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    saved = (await client.post("/drafts", json={"subject": "a"})).json()
    await mirror(sending, held)
    async with sending.workspace(workspace.id) as tx:
        drafts = await find_folder(tx, workspace.mailbox_id, "Drafts")
        archive = await find_folder(tx, workspace.mailbox_id, "Archive")
        # Flags stay the client's; what it is stays ours.
        await store_flags(tx, drafts, [1], "=", Flags.FLAGGED | Flags.DRAFT)
    assert await total(sending, workspace) == 0
    async with sending.workspace(workspace.id) as tx:
        await copy_messages(tx, drafts, [1], drafts)
    assert await total(sending, workspace) == 1, "a copy is a message of its own"
    async with sending.workspace(workspace.id) as tx:
        await move_messages(tx, drafts, [2], archive)
        await store_flags(tx, drafts, [1], "+", Flags.DELETED)
        await expunge(tx, drafts)

    # The draft is there, and comes back into the folder when it is written on.
    assert await mirror(sending, held) == 0
    url = f"/drafts/{saved['id']}"
    assert (await client.put(url, json={"subject": "b", "revision": 1})).is_success
    assert await mirror(sending, held) == 1
    assert (await client.delete(url)).status_code == 204
    assert await folder(sending, workspace, "Drafts") == []
    assert len(await folder(sending, workspace, "Archive")) == 1


async def test_a_save_in_the_meantime_wins(
    sending: Database,
    workspace: Workspace,
    client: httpx.AsyncClient,
    held: HeldClock,
    monkeypatch: pytest.MonkeyPatch,
):
    saved = (await client.post("/drafts", json={"subject": "old"})).json()
    make = mirroring._letter

    async def slow(*arguments):
        made = await make(*arguments)
        url = f"/drafts/{saved['id']}"
        assert (await client.put(url, json={"subject": "new", "revision": 1})).is_success
        return made

    monkeypatch.setattr(mirroring, "_letter", slow)
    assert await mirror(sending, held) == 0
    monkeypatch.setattr(mirroring, "_letter", make)
    assert await mirror(sending, held) == 1
    ((_, raw),) = await folder(sending, workspace, "Drafts")
    assert mime.subject(scan_of(raw)) == "new"
