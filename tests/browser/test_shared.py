"""Mail in mailboxes of several people, and threads given to a colleague one by one."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import asyncpg
from playwright.sync_api import expect

from posthouse.foundation.ids import new_id
from tests.support.page import PHONE, OpenWindow, Window
from tests.support.running import RunningPosthouse

FANG = "wang.fang@jinghe.example"
NINA = "nina.shen@jinghe.example"
OLGA = "olga.frei@jinghe.example"
QUOTES = "quotes@jinghe.example"
PASSWORD = "a phrase of her own"


def test_a_shared_thread_has_a_place(demo: RunningPosthouse, open_window: OpenWindow):
    demo.must("member", "add", NINA, "--password-stdin", typed=PASSWORD)
    fang, nina = open_window(locale="zh-CN"), open_window(locale="en-GB")
    fang.enter(FANG)
    nina.sign_in(NINA, PASSWORD)
    expect(nina.page.get_by_text("All done.")).to_be_visible()
    place = nina.page.get_by_role("link", name=re.compile("^Shared with me"))
    expect(place).to_have_count(0)
    fang.row("hull 318").click()
    expect(fang.page).to_have_url(re.compile("/inbox/[0-9a-f-]+$"))
    _give(demo, fang, nina, fang.page.url.rpartition("/")[2])
    nina.page.reload()
    place.click()
    expect(nina.page).to_have_url(re.compile("/shared$"))
    nina.row("hull 318").click()
    expect(nina.reader.get_by_role("heading", level=2)).to_contain_text("hull 318")
    expect(nina.reader.locator("iframe").first).to_be_visible()
    expect(nina.reader.get_by_role("button", name="Archive")).to_have_count(0)
    nina.picture("shared.en")
    nina.act("gi")
    expect(nina.page).to_have_url(re.compile("/inbox$"))
    nina.act("gh")
    expect(nina.page).to_have_url(re.compile("/shared$"))
    nina.resize(PHONE)
    nina.picture("shared.en.390")


def test_mail_in_another_mailbox_is_not_overlooked(demo: RunningPosthouse, open_window: OpenWindow):
    demo.must("member", "add", OLGA, "--password-stdin", typed=PASSWORD)
    demo.must("mailbox", "add", QUOTES, "--name", "Quotes", "--member", OLGA)
    olga = open_window(locale="en-GB")
    olga.sign_in(OLGA, PASSWORD)
    expect(olga.page.get_by_text("All done. Nothing waits for you.")).to_be_visible()
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "buyer@far.example", QUOTES, "A quote?"
    letter["Message-ID"] = "<a-quote@far.example>"
    letter.set_content("For ten pumps.")
    with demo.smtp() as client:
        client.send_message(letter, "buyer@far.example", [QUOTES])
    expect(olga.page.get_by_text("All done here. Mail waits elsewhere:")).to_be_visible()
    switch = olga.page.get_by_role("button", name="1 unread in others")
    expect(switch).to_be_visible()
    olga.picture("elsewhere.en")
    olga.page.get_by_role("button", name="Quotes, 1 unread").click()
    olga.row("A quote?").click()
    expect(switch).to_have_count(0)


def _give(demo: RunningPosthouse, owner: Window, colleague: Window, thread: str) -> None:
    """As a room above would: the page has no door to give a thread."""
    given = (_me(owner)["mailboxes"][0]["id"], UUID(thread), _me(colleague)["member_id"])
    # Playwright's own event loop runs in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, _insert(demo.must("db", "url").strip(), *given)).result()


def _me(window: Window) -> Any:
    return window.context.request.get(f"{window.origin}/api/v1/me").json()


async def _insert(url: str, mailbox: str, thread: UUID, member: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO grants (workspace_id, id, member_id, mailbox_id, thread_id, level, source)"
            " SELECT workspace_id, $1, $2, id, $3, 'full', 'share' FROM mailboxes WHERE id = $4",
            new_id(),
            UUID(member),
            thread,
            UUID(mailbox),
        )
    finally:
        await connection.close()
