"""Writing, sending and taking back, through the HTTP doors and down to the recipient's mailbox."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.events import drain
from posthouse.mail.mailboxes.folders import find_folder, make_mailbox
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.reading import open_folder, read_raw
from posthouse.protocols import mime
from posthouse.security.access import Level, grant
from posthouse.security.members import Actor
from posthouse.sending.composer.listeners import LISTENERS
from posthouse.sending.outbox.worker import Worker
from tests.support.house import Workspace, deliver, letter
from tests.support.sending import HeldClock, make_actor, work

PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def upload(client: httpx.AsyncClient, name: str, kind: str, data: bytes) -> str:
    answer = await client.post(
        "/uploads", params={"name": name}, content=data, headers={"content-type": kind}
    )
    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["size"]) == (name, len(data))
    return str(answer.json()["id"])


async def post(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **message: object):
    return await client.post("/messages", json=message, headers=headers)


async def raws(house: Database, workspace: Workspace, folder: str) -> list[bytes]:
    async with house.workspace(workspace.id) as tx:
        folder_id = await find_folder(tx, workspace.mailbox_id, folder)
        rows = await tx.connection.fetch(
            "SELECT mailbox_message_id FROM folder_messages WHERE folder_id = $1 ORDER BY uid",
            folder_id,
        )
        return [await read_raw(tx, row["mailbox_message_id"]) for row in rows]


async def test_an_answer_with_files_and_an_image_reaches_another_workspace(
    sending: Database,
    workspace: Workspace,
    other: Workspace,
    client: httpx.AsyncClient,
    worker: Worker,
    held: HeldClock,
):
    (asked,) = await deliver(
        sending,
        workspace,
        letter(message_id="q1@globex.example", references="<q0@globex.example>"),
    )
    image = await upload(client, "标志.png", "image/png", PIXEL)
    offer = await upload(client, "报价单 2026.pdf", "application/pdf", b"%PDF-1.7 offer")
    answer = await post(
        client,
        to=[{"address": other.address, "name": "Otto 王"}],
        bcc=["chef@acme.example"],
        subject="Re: 报价 Quotation",
        html=f'<p>您好 <img src="cid:{image}"><script>alert(1)</script></p>',
        quote_html="<blockquote>please quote</blockquote>",
        attachments=[offer],
        in_reply_to=str(asked.mailbox_message_id),
    )
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert sent["thread_id"] == str(asked.thread_id)

    assert await raws(sending, other, "INBOX") == []
    held.pass_by(seconds=11)
    await work(worker)
    (arrived,) = await raws(sending, other, "INBOX")
    scan = mime.scan(mime.split_trace(arrived)[1])
    assert mime.subject(scan) == "Re: 报价 Quotation"
    assert mime.in_reply_to(scan) == ["q1@globex.example"]
    assert mime.references(scan) == ["q0@globex.example", "q1@globex.example"]
    assert [a.name for a in mime.attachments(scan)] == ["标志.png", "报价单 2026.pdf"]
    html = mime.html_text(scan) or ""
    assert f"cid:{image}@acme.example" in html
    assert "script" not in html
    assert "<blockquote>" in html
    assert "您好" in mime.readable_text(scan)
    assert mime.attachment_bytes(scan, mime.attachments(scan)[0]) == PIXEL
    assert b"chef@" not in arrived
    assert scan.header(b"bcc") is None

    (copy,) = await raws(sending, workspace, "Sent")
    assert b"Bcc: chef@acme.example" in copy
    await drain(sending, LISTENERS)
    async with sending.workspace(workspace.id) as tx:
        inbox = await open_folder(tx, await find_folder(tx, workspace.mailbox_id, "INBOX"), None)
        assert inbox.flags[0] & Flags.ANSWERED
        folder = await open_folder(tx, await find_folder(tx, workspace.mailbox_id, "Sent"), None)
        assert list(folder.flags) == [Flags.SEEN]

    told = (await client.get(f"/messages/{sent['id']}/delivery")).json()
    assert told["delivery"] == "failed"  # nobody has chef@acme.example
    assert [r["delivery"] for r in told["recipients"]] == ["sent", "failed"]


async def test_undo_gives_the_draft_back(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient, held: HeldClock
):
    saved = (await client.post("/drafts", json={"subject": "Offer", "html": "<p>1</p>"})).json()
    sent = (
        await post(
            client, draft_id=saved["id"], to=["li@kunde.example"], subject="Offer", html="<p>2</p>"
        )
    ).json()
    assert (await client.get("/drafts")).json()["items"] == []
    assert (await client.get(f"/messages/{sent['id']}/delivery")).json()["delivery"] == "held"

    undone = await client.post(f"/messages/{sent['id']}/undo")
    assert (undone.status_code, undone.json()) == (200, {"draft_id": saved["id"]})
    draft = (await client.get(f"/drafts/{saved['id']}")).json()
    assert (draft["html"], draft["to"][0]["address"]) == ("<p>2</p>", "li@kunde.example")
    assert await raws(sending, workspace, "Sent") == []
    assert (await client.post(f"/messages/{sent['id']}/undo")).status_code == 409

    # A message that had no draft gets one.
    sent = (await post(client, to=["li@kunde.example"], subject="Hi", text="x")).json()
    undone = await client.post(f"/messages/{sent['id']}/undo")
    assert (await client.get(f"/drafts/{undone.json()['draft_id']}")).json()["subject"] == "Hi"


async def test_a_draft_goes_with_its_message(
    sending: Database,
    workspace: Workspace,
    other: Workspace,
    client: httpx.AsyncClient,
    worker: Worker,
    held: HeldClock,
):
    sent = (await post(client, to=[other.address], subject="Hi", text="x")).json()
    held.pass_by(seconds=11)
    await work(worker)
    await drain(sending, LISTENERS)
    assert (await client.post(f"/messages/{sent['id']}/undo")).status_code == 409
    async with sending.workspace(workspace.id) as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM drafts") == 0


async def test_send_later(
    other: Workspace,
    client: httpx.AsyncClient,
    worker: Worker,
    held: HeldClock,
):
    at = (held.time + timedelta(hours=20)).isoformat()
    sent = (await post(client, to=[other.address], subject="Hi", text="x", send_at=at)).json()
    held.pass_by(hours=19)
    assert await work(worker) == 0
    told = (await client.get(f"/messages/{sent['id']}/delivery")).json()
    assert told["delivery"] == "scheduled"
    held.pass_by(hours=2)
    assert await work(worker) == 1
    told = (await client.get(f"/messages/{sent['id']}/delivery")).json()
    assert told["delivery"] == "sent"


async def test_the_same_key_sends_once(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient
):
    key = {"Idempotency-Key": "a press of the button"}
    answers = await asyncio.gather(
        *(post(client, key, to=["li@kunde.example"], subject="Hi", text="x") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await raws(sending, workspace, "Sent")) == 1
    other = await post(client, key, to=["li@kunde.example"], subject="Hi", text="y")
    assert other.status_code == 422

    # What was taken back was not sent: the same press does not say that it was.
    assert (await client.post(f"/messages/{answers[0].json()['id']}/undo")).status_code == 200
    again = await post(client, key, to=["li@kunde.example"], subject="Hi", text="x")
    assert again.status_code == 409
    assert "taken back" in again.json()["detail"]
    assert await raws(sending, workspace, "Sent") == []


async def test_two_windows(client: httpx.AsyncClient):
    saved = (await client.post("/drafts", json={"subject": "a"})).json()
    url = f"/drafts/{saved['id']}"
    first = await client.put(url, json={"subject": "b", "revision": 1})
    second = await client.put(url, json={"subject": "c", "revision": 1})
    assert (first.json()["revision"], second.status_code) == (2, 409)
    assert (await client.get(url)).json()["subject"] == "b"
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_drafts_page_by_page(client: httpx.AsyncClient, held: HeldClock):
    for n in range(5):
        held.pass_by(seconds=1)
        await client.post("/drafts", json={"subject": str(n)})
    first = (await client.get("/drafts", params={"limit": 3})).json()
    second = (await client.get("/drafts", params={"cursor": first["next_cursor"]})).json()
    assert [d["subject"] for d in first["items"] + second["items"]] == ["4", "3", "2", "1", "0"]
    assert second["next_cursor"] is None


async def test_others_see_neither_drafts_nor_files(
    workspace: Workspace, client: httpx.AsyncClient, signed_in: list[Actor]
):
    saved = (await client.post("/drafts", json={"subject": "mine"})).json()
    file = await upload(client, "a.txt", "text/plain", b"mine")
    sent = (await post(client, to=["li@kunde.example"], subject="Hi", text="x")).json()
    signed_in[0] = make_actor(workspace, uuid4())
    assert (await client.get(f"/drafts/{saved['id']}")).status_code == 404
    assert (await client.put(f"/drafts/{saved['id']}", json={"revision": 1})).status_code == 404
    assert (await client.get(f"/uploads/{file}")).status_code == 404
    assert (await client.get(f"/messages/{sent['id']}/delivery")).status_code == 404
    assert (await client.post(f"/messages/{sent['id']}/undo")).status_code == 404
    answer = await post(client, to=["li@kunde.example"], text="x", sender=workspace.address)
    assert answer.status_code == 403


async def test_from_a_shared_mailbox(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient
):
    async with sending.workspace(workspace.id) as tx:
        shared = await make_mailbox(
            tx, kind="shared", address="sales@acme.example", name="销售", owner_member_id=None
        )
    message = {"from": "Sales@acme.example", "to": ["li@kunde.example"], "text": "x"}
    assert (await client.post("/messages", json=message)).status_code == 403
    async with sending.workspace(workspace.id) as tx:
        await grant(
            tx,
            Actor.system(workspace.id),
            member_id=workspace.member_id,
            mailbox_id=shared,
            level=Level.FULL,
            may_write=True,
            may_send=True,
        )
    sent = (await client.post("/messages", json=message)).json()
    async with sending.workspace(workspace.id) as tx:
        raw = await read_raw(tx, UUID(sent["id"]))
    (author,) = mime.addresses(mime.scan(raw), b"from")
    assert (author.name, author.address) == ("销售", "sales@acme.example")
    assert (await client.get("/outbox")).json()["items"][0]["id"] == sent["id"]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"text": "x"}, 422),
        ({"to": ["nobody"], "text": "x"}, 422),
        ({"to": ["a@b.example\r\nBcc: c@d.example"], "text": "x"}, 422),
        ({"to": ["a@b.example"], "attachments": [str(uuid4())]}, 404),
        ({"to": ["a@b.example"], "in_reply_to": str(uuid4())}, 404),
        ({"to": ["a@b.example"], "send_at": "2199-01-01T00:00:00Z"}, 422),
        ({"from": "boss@acme.example", "to": ["a@b.example"]}, 403),
        ({"to": [f"p{n}@b.example" for n in range(501)]}, 413),
    ],
)
async def test_what_cannot_be_sent(
    sending: Database,
    workspace: Workspace,
    client: httpx.AsyncClient,
    message: dict[str, object],
    status: int,
):
    answer = await client.post("/messages", json=message)
    assert answer.status_code == status, answer.text
    assert await raws(sending, workspace, "Sent") == []


async def test_uploads_as_a_form_and_too_large(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    form = await client.post("/uploads", files={"file": ("合同.txt", b"hello", "text/plain")})
    assert form.json()["name"] == "合同.txt"
    back = await client.get(f"/uploads/{form.json()['id']}")
    assert (back.content, back.headers["content-type"]) == (b"hello", "application/octet-stream")
    assert "attachment" in back.headers["content-disposition"]
    monkeypatch.setattr("posthouse.sending.composer.uploads.most_octets", lambda _: 10)
    large = await client.post("/uploads", params={"name": "x"}, content=b"x" * 11)
    assert large.status_code == 413


async def test_pictures_of_the_quote_travel_along(
    sending: Database,
    workspace: Workspace,
    other: Workspace,
    client: httpx.AsyncClient,
    worker: Worker,
    held: HeldClock,
):
    picture = await upload(client, "plan.png", "image/png", PIXEL)
    shown = f'<p>see <img src="cid:{picture}"></p>'
    sent = (await post(client, to=[workspace.address], subject="Plan", html=shown)).json()
    quoted = f"/api/v1/messages/{sent['id']}/inline/{picture}%40acme.example"
    stranger = f"/api/v1/messages/{uuid4()}/inline/x@y.example"
    quote = f'<blockquote><img src="{quoted}"><img src="{stranger}"></blockquote>'
    answer = await post(
        client, to=[other.address], subject="Re: Plan", html="<p>ok</p>", quote_html=quote
    )
    assert answer.status_code == 201, answer.text
    held.pass_by(seconds=11)
    await work(worker)
    (arrived,) = await raws(sending, other, "INBOX")
    scan = mime.scan(mime.split_trace(arrived)[1])
    (attached,) = mime.attachments(scan)
    assert mime.attachment_bytes(scan, attached) == PIXEL
    html = mime.html_text(scan) or ""
    assert f"cid:{attached.content_id}" in html
    assert "/api/" not in html
