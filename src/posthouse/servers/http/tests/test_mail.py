"""Lists, opened threads, files, acts: as the page asks for them."""

import base64
from typing import Any

import httpx
import pytest

from posthouse.security.access import Level, grant
from posthouse.security.members import Actor, Role
from posthouse.servers.http.tests.conftest import Town
from tests.support.house import deliver, letter

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\nnot really").decode()


def html_letter(message_id: str, html: str, subject: str = "Offer") -> bytes:
    """A mail with an inline image, an attachment with a Chinese name, and HTML."""
    return (
        "From: Li Wei <li.wei@kunde.example>\r\nTo: anna@acme.example\r\n"
        f"Subject: {subject}\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\n"
        f"Message-ID: <{message_id}>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
        '--m\r\nContent-Type: multipart/related; boundary="r"\r\n\r\n'
        "--r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        f"{html}\r\n"
        "--r\r\nContent-Type: image/png\r\nContent-ID: <logo@kunde>\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{PIXEL}\r\n--r--\r\n"
        "--m\r\nContent-Type: text/html; name*=UTF-8''%E6%8A%A5%E4%BB%B7.html\r\n"
        "Content-Disposition: attachment; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.html\r\n\r\n"
        "<script>alert(1)</script>\r\n--m--\r\n"
    ).encode()


async def test_threads_are_listed_page_by_page(town: Town, anna: httpx.AsyncClient):
    letters = [letter(message_id=f"{n}@k", subject=f"Quotation {n}") for n in range(5)]
    await deliver(town.house, town.anna, *letters)
    await deliver(
        town.house,
        town.anna,
        letter(message_id="re@k", subject="Re: Quotation 1", references="<1@k>"),
    )
    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await anna.get("/threads", params={"limit": 2, "cursor": cursor})).json()
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen[0]["subject"] == "Re: Quotation 1"
    assert len({row["id"] for row in seen}) == len(seen) == 5
    first = seen[0]
    assert (first["messages"], first["unread"], first["owes"]) == (2, True, "we")
    assert first["people"][0]["name"] == "Li Wei"
    assert first["summary"] == "please quote 20 pumps."


async def test_mailboxes_and_folders_answer_to_their_names(town: Town, anna: httpx.AsyncClient):
    await deliver(town.house, town.anna, letter(message_id="1@k"))
    own = {"mailbox": "ANNA@acme.example"}
    for place in ({}, own, own | {"folder": "INBOX"}, {"folder": "inbox"}):
        assert len((await anna.get("/threads", params=place)).json()["items"]) == 1, place
    assert (await anna.get("/threads", params=own | {"folder": "Sent"})).json()["items"] == []
    for nowhere in ({"mailbox": "nobody@acme.example"}, {"folder": "No such folder"}):
        assert (await anna.get("/threads", params=nowhere)).status_code == 404, nowhere


async def test_a_thread_opens_with_all_it_says(town: Town, anna: httpx.AsyncClient):
    html = (
        '<p onclick="evil()">Dear <b>Anna</b></p><img src="cid:logo@kunde">'
        '<img src="https://t.example/p.gif?id=1"><script>evil()</script>'
        '<a href="https://kunde.example/x">x</a>'
        '<div class="gmail_quote foo">quoted</div>'
    )
    (filed,) = await deliver(town.house, town.anna, html_letter("h@k", html))
    thread = (await anna.get(f"/threads/{filed.thread_id}")).json()
    (message,) = thread["messages"]
    assert message["from"]["address"] == "li.wei@kunde.example"
    assert "evil" not in message["html"]
    assert "t.example" not in message["html"]
    assert 'class="gmail_quote"' in message["html"]
    assert 'rel="noopener noreferrer nofollow"' in message["html"]
    assert message["remote_images"] == 1
    (file,) = message["attachments"]
    assert (file["name"], file["url"]) == (
        "报价.html",
        f"/api/v1/messages/{filed.mailbox_message_id}/attachments/1",
    )
    inline = f"/messages/{filed.mailbox_message_id}/inline/logo@kunde"
    assert f"/api/v1{inline}" in message["html"]
    picture = await anna.get(inline)
    assert (picture.headers["content-type"], picture.content[1:4]) == ("image/png", b"PNG")


async def test_files_are_saved_and_never_run(town: Town, anna: httpx.AsyncClient):
    (filed,) = await deliver(town.house, town.anna, html_letter("f@k", "<p>x</p>"))
    path = f"/messages/{filed.mailbox_message_id}"
    file = await anna.get(f"{path}/attachments/1")
    assert file.content == b"<script>alert(1)</script>"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E6%8A%A5%E4%BB%B7.html" in file.headers["content-disposition"]
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    raw = await anna.get(f"{path}/raw")
    assert raw.content == html_letter("f@k", "<p>x</p>")
    assert (await anna.get(f"{path}/attachments/9")).status_code == 404


async def test_others_mail_is_not_there(town: Town):
    (filed,) = await deliver(town.house, town.anna, letter(message_id="1@k"))
    bob = await town.signed_in(town.bob)
    for path in (
        f"/threads?mailbox={town.anna.mailbox_id}",
        f"/threads?folder={filed.folder_id}",
        f"/threads/{filed.thread_id}",
        f"/messages/{filed.mailbox_message_id}",
        f"/messages/{filed.mailbox_message_id}/raw",
        f"/messages/{filed.mailbox_message_id}/attachments/0",
        f"/messages/{filed.mailbox_message_id}/inline/x",
    ):
        answer = await bob.get(path)
        assert answer.status_code == 404, path
    act = {
        "mailbox": str(town.anna.mailbox_id),
        "folder": str(filed.folder_id),
        "ids": [str(filed.thread_id)],
        "act": "trash",
    }
    assert (await bob.post("/threads/acts", json=act)).status_code == 404
    assert (await bob.get("/search", params={"q": "pumps"})).json()["items"] == []
    await bob.aclose()


@pytest.mark.parametrize(
    ("level", "subject", "text"),
    [(Level.METADATA, "", None), (Level.SUBJECT, "Quotation", None), (Level.FULL, "Quotation", "")],
)
async def test_a_level_shows_no_more_than_it_says(
    town: Town, level: Level, subject: str, text: str | None
):
    (filed,) = await deliver(town.house, town.anna, letter(message_id="1@k"))
    owner = Actor(
        workspace_id=town.anna.id,
        member_id=town.anna.member_id,
        role=Role.MEMBER,
        name="",
        address="",
    )
    async with town.house.workspace(town.anna.id) as tx:
        await grant(
            tx,
            owner,
            member_id=town.bob.member_id,
            mailbox_id=town.anna.mailbox_id,
            level=level,
        )
    bob = await town.signed_in(town.bob)
    row = (await bob.get(f"/threads?mailbox={town.anna.mailbox_id}")).json()["items"][0]
    assert (row["subject"], row["people"][0]["name"]) == (subject, "Li Wei")
    message = (await bob.get(f"/threads/{filed.thread_id}")).json()["messages"][0]
    assert (message["subject"], message["level"]) == (subject, level.value)
    assert (message["text"] is None) is (text is None)
    raw = await bob.get(f"/messages/{filed.mailbox_message_id}/raw")
    assert raw.status_code == (200 if level is Level.FULL else 404)
    await bob.aclose()


async def test_acts_change_and_undo(town: Town, anna: httpx.AsyncClient):
    first, second = await deliver(
        town.house,
        town.anna,
        letter(message_id="1@k"),
        letter(message_id="2@k", references="<1@k>", subject="Re: Quotation"),
    )
    assert first.thread_id == second.thread_id
    act = {"mailbox": str(town.anna.mailbox_id), "folder": str(first.folder_id)}
    act["ids"] = [str(first.thread_id)]  # type: ignore[assignment]

    async def row() -> dict[str, object]:
        items = (await anna.get("/threads")).json()["items"]
        return items[0] if items else {}

    read = (await anna.post("/threads/acts", json={**act, "act": "read"})).json()
    assert (read["messages"], (await row())["unread"]) == (2, False)
    again = (await anna.post("/threads/acts", json={**act, "act": "read"})).json()
    assert again == {"messages": 0, "undo": None}
    assert (await anna.post("/threads/acts", json=read["undo"])).json()["messages"] == 2
    assert (await row())["unread"] is True
    await anna.post("/threads/acts", json={**act, "act": "flag"})
    assert (await row())["flagged"] is True
    done = (await anna.post("/threads/acts", json={**act, "act": "done"})).json()
    assert (done["messages"], await row()) == (2, {})
    back = await anna.post("/threads/acts", json=done["undo"])
    assert back.json()["messages"] == 2
    assert (await row())["messages"] == 2
    nowhere = await anna.post("/threads/acts", json={**act, "act": "move"})
    assert (nowhere.status_code, list(nowhere.json()["fields"])) == (422, ["to"])


async def test_what_is_put_away_is_out_of_sight(town: Town, anna: httpx.AsyncClient):
    first, _ = await deliver(
        town.house,
        town.anna,
        letter(message_id="1@k"),
        letter(message_id="2@k", references="<1@k>", subject="Re: Quotation"),
    )
    act = {
        "mailbox": str(town.anna.mailbox_id),
        "folder": str(first.folder_id),
        "message_ids": [str(first.mailbox_message_id)],
        "act": "trash",
    }
    assert (await anna.post("/threads/acts", json=act)).json()["messages"] == 1
    rows = (await anna.get("/threads")).json()["items"]
    assert [row["messages"] for row in rows] == [1]
    opened = (await anna.get(f"/threads/{first.thread_id}")).json()
    assert len(opened["messages"]) == 1


async def test_nonsense_is_refused_in_words(anna: httpx.AsyncClient):
    for path in ("/threads?cursor=nonsense", "/threads?limit=many", "/threads?mailbox=1"):
        answer = await anna.get(path)
        assert answer.status_code == 422, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await anna.get("/nothing")).status_code == 404
    body = await anna.post("/threads/acts", json={"act": "explode"})
    assert body.status_code == 422
    broken = await anna.post(
        "/threads/acts", content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.status_code in (400, 422)
    assert "Traceback" not in broken.text
