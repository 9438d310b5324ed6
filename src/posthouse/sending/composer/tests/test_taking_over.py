"""A draft of a mail program becomes a draft of the page."""

from email.message import EmailMessage

import httpx

from posthouse.foundation.db import Database
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.model import Flags
from posthouse.mail.mailboxes.places import places_of
from posthouse.security.members import Actor
from tests.support.house import Workspace, deliver, letter
from tests.support.sending import make_actor

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def begun() -> EmailMessage:
    """As Thunderbird leaves it."""
    draft = EmailMessage()
    draft["From"] = "Anna <anna@acme.example>"
    draft["To"] = "Otto <otto@globex.example>"
    draft["Bcc"] = "chef@acme.example"
    draft["Subject"] = "Re: 报价"
    draft["Message-ID"] = "<begun@acme.example>"
    draft["In-Reply-To"] = "<q1@globex.example>"
    draft.set_content("您好")
    draft.add_alternative(
        '<p>您好 <b>Otto</b></p><script>alert(1)</script><img src="cid:logo@x">', subtype="html"
    )
    payload = draft.get_payload()
    assert isinstance(payload, list)
    part = payload[1]
    assert isinstance(part, EmailMessage)
    part.add_related(PNG, "image", "png", cid="<logo@x>", filename="logo.png")
    draft.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="报价.pdf")
    return draft


async def test_all_of_it_is_there_and_what_lay_in_drafts_is_in_trash(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient
):
    (asked,) = await deliver(sending, workspace, letter(message_id="q1@globex.example"))
    raw = begun().as_bytes().replace(b"\n", b"\r\n")
    (filed,) = await deliver(sending, workspace, raw, folder="Drafts", flags=int(Flags.DRAFT))
    answer = await client.post(f"/messages/{filed.mailbox_message_id}/draft")
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    assert draft["from"]["address"] == workspace.address
    assert draft["to"] == [{"address": "otto@globex.example", "name": "Otto"}]
    assert [each["address"] for each in draft["bcc"]] == ["chef@acme.example"]
    assert draft["subject"] == "Re: 报价"
    assert draft["in_reply_to"] == str(asked.mailbox_message_id)
    assert "<b>Otto</b>" in draft["html"]
    assert "script" not in draft["html"]
    assert [(each["name"], each["size"]) for each in draft["attachments"]] == [("报价.pdf", 4)]
    picture = draft["html"].partition("cid:")[2].partition('"')[0]
    assert (await client.get(f"/uploads/{picture}")).content == PNG

    async with sending.workspace(workspace.id) as tx:
        trash = await find_folder(tx, workspace.mailbox_id, "Trash")
        assert filed.mailbox_message_id is not None
        (place,) = await places_of(tx, [filed.mailbox_message_id])
    assert place.folder_id == trash
    again = await client.post(f"/messages/{filed.mailbox_message_id}/draft")
    assert again.status_code == 409


async def test_plain_words_are_paragraphs(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient
):
    raw = letter(message_id="plain@acme.example", body="One <b>\r\n\r\nTwo\r\n")
    (filed,) = await deliver(sending, workspace, raw, folder="Drafts", flags=int(Flags.DRAFT))
    draft = (await client.post(f"/messages/{filed.mailbox_message_id}/draft")).json()
    assert draft["html"] == "<p>One &lt;b&gt;</p><p></p><p>Two</p>"
    assert draft["in_reply_to"] is None


async def test_a_letter_is_no_draft(
    sending: Database, workspace: Workspace, client: httpx.AsyncClient
):
    (filed,) = await deliver(sending, workspace, letter(message_id="mail@kunde.example"))
    answer = await client.post(f"/messages/{filed.mailbox_message_id}/draft")
    assert answer.status_code == 409


async def test_nobody_else_finds_it(
    sending: Database,
    workspace: Workspace,
    other: Workspace,
    client: httpx.AsyncClient,
    signed_in: list[Actor],
):
    raw = letter(message_id="hers@acme.example")
    (filed,) = await deliver(sending, workspace, raw, folder="Drafts", flags=int(Flags.DRAFT))
    signed_in[0] = make_actor(other)
    answer = await client.post(f"/messages/{filed.mailbox_message_id}/draft")
    assert answer.status_code == 404
