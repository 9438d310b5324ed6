"""The message that is answered, and files that were sent up: kept as long as they are needed,
flagged when the answer has left, erased afterwards."""

import httpx
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import open_folder
from posthouse.security.vault.erasing import erase_loose_blobs
from posthouse.sending.composer.listeners import LISTENERS
from posthouse.sending.composer.uploads import forget_uploads
from posthouse.sending.outbox.worker import Worker
from tests.support.erasing import erase, take_out
from tests.support.house import Workspace, deliver, letter
from tests.support.sending import HeldClock, work


async def _is_answered(house: Database, workspace: Workspace) -> bool:
    await drain(house, LISTENERS)
    async with house.workspace(workspace.id) as tx:
        inbox = await open_folder(tx, await find_folder(tx, workspace.mailbox_id, "INBOX"), None)
    return bool(inbox.flags[0] & Flags.ANSWERED)


async def _answer(client: httpx.AsyncClient, original: object, *to: str) -> str:
    answer = await client.post(
        "/messages",
        json={"to": to, "subject": "Re: Quotation", "text": "x", "in_reply_to": str(original)},
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _count(house: Database, workspace: Workspace, table: str) -> int:
    async with house.workspace(workspace.id) as tx:
        return int(await tx.connection.fetchval(f"SELECT count(*) FROM {table}"))


async def test_an_answer_counts_when_it_has_left(
    sending: Database,
    workspace: Workspace,
    other: Workspace,
    client: httpx.AsyncClient,
    worker: Worker,
    held: HeldClock,
):
    (asked,) = await deliver(sending, workspace, letter(message_id="1@globex.example"))
    taken_back = await _answer(client, asked.mailbox_message_id, other.address)
    assert (await client.post(f"/messages/{taken_back}/undo")).status_code == 200
    held.pass_by(seconds=11)
    await work(worker)
    assert not await _is_answered(sending, workspace)

    await _answer(client, asked.mailbox_message_id, "nobody@globex.example")
    held.pass_by(seconds=11)
    await work(worker)
    assert not await _is_answered(sending, workspace), "it reached nobody"
    drafts = "SELECT count(*) FROM drafts WHERE outbox_message_id IS NOT NULL"
    async with sending.workspace(workspace.id) as tx:
        assert await tx.connection.fetchval(drafts) == 0

    await _answer(client, asked.mailbox_message_id, "nobody@globex.example", other.address)
    assert not await _is_answered(sending, workspace)
    held.pass_by(seconds=11)
    await work(worker)
    assert await _is_answered(sending, workspace)


@pytest.mark.parametrize("about", ["in_reply_to", "forward_of"])
async def test_a_draft_keeps_what_it_is_about(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, about: str
):
    (asked,) = await deliver(sending, workspace, letter(message_id="1@globex.example"))
    fields = {"subject": "Re", about: str(asked.mailbox_message_id)}
    saved = (await client.post("/drafts", json=fields)).json()
    await deliver(sending, workspace, letter(message_id="2@globex.example", body="other\r\n"))
    await take_out(sending, workspace, 1, 2)

    assert await erase(sending) == 1
    url = f"/drafts/{saved['id']}"
    assert (await client.put(url, json={**fields, "text": "x", "revision": 1})).status_code == 200
    assert await erase(sending) == 0

    assert (await client.delete(url)).status_code == 204
    assert await erase(sending) == 1
    for table in ("messages", "variants", "blobs"):
        assert await _count(sending, workspace, table) == 0, table


async def test_files_that_no_draft_names_are_forgotten_with_their_content(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    ids = [
        (await client.post("/uploads", params={"name": f"{n}.bin"}, content=bytes([n]) * 9)).json()
        for n in range(3)
    ]
    draft = {"subject": "a", "attachments": [ids[0]["id"]]}
    saved = (await client.post("/drafts", json=draft)).json()
    held.pass_by(days=29)
    assert await forget_uploads(sending) == 0
    held.pass_by(days=2)
    assert await forget_uploads(sending) == 2
    assert await erase_loose_blobs(sending) == 2
    assert (await client.get(f"/uploads/{ids[0]['id']}")).content == bytes(9)

    assert (await client.delete(f"/drafts/{saved['id']}")).status_code == 204
    assert await forget_uploads(sending) == 1
    assert await erase_loose_blobs(sending) == 1
    assert await _count(sending, workspace, "data_keys") == 0


async def test_what_was_delivered_leaves_no_key_and_no_body_behind(
    sending: Database,
    workspace: Workspace,
    other: Workspace,
    client: httpx.AsyncClient,
    worker: Worker,
    held: HeldClock,
):
    answer = await client.post(
        "/messages", json={"to": [other.address], "subject": "Hi", "text": "x"}
    )
    assert answer.status_code == 201
    await take_out(sending, workspace, 1, folder="Sent")
    assert await erase(sending) == 1
    assert await _count(sending, workspace, "blobs") == 1, "it is still to be delivered"

    held.pass_by(seconds=11)
    await work(worker)
    await drain(sending, LISTENERS)
    await erase_loose_blobs(sending)
    for table in ("variants", "blobs", "data_keys"):
        assert await _count(sending, workspace, table) == 0, table
    assert await _count(sending, other, "blobs") == 1
