"""The story of the house: a mail comes in, an answer goes out, and the customer's page tells it."""

import email
import email.policy
import re
import smtplib
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import expect

from tests.support.page import PASSWORD, OpenWindow, Window
from tests.support.running import RunningPosthouse

FANG = "wang.fang@jinghe.example"
LUKAS = "lukas.brandt@nordsee-werft.example"
SUBJECT = "Ballast water pumps for hull 318"
HER_ANSWER = "附上检验计划，第二周交货已确认。 We confirm delivery in week 2."
HIS_ANSWER = "Danke, 谢谢! The inspection plan is approved; payment leaves today."
LETTER_FROM_ELSEWHERE = "Grüße aus Thunderbird: 样品已寄出"
# Held for ten seconds, so that a person can change her mind; then carried at once.
ARRIVES = 25_000


def test_mail_comes_in_is_answered_and_tells_the_story(
    demo: RunningPosthouse, open_window: OpenWindow, tmp_path: Path
):
    fang = open_window(locale="zh-CN")
    fang.sign_in(FANG, PASSWORD)
    _the_inbox_shows_what_came_by_smtp(fang)
    _beside_the_mail_stands_the_customer(fang)

    lukas = open_window(locale="en-GB", zone="Europe/Berlin")
    lukas.sign_in(LUKAS, PASSWORD)
    expect(lukas.row(SUBJECT)).to_have_count(0)

    _she_answers_with_a_file(fang, tmp_path)
    _he_sees_it_arrive_and_answers(lukas)

    his = fang.mail(LUKAS).last.locator("iframe").content_frame
    expect(his.get_by_text(HIS_ANSWER)).to_be_visible(timeout=ARRIVES)
    fang.picture("story-5-all-in-one-thread.zh")
    _all_is_in_one_thread_and_on_the_timeline(fang)
    _imap_shows_the_same(demo)
    _what_a_mail_program_sends_is_in_the_page(demo, fang)


def _the_inbox_shows_what_came_by_smtp(fang: Window) -> None:
    for words in (
        "投诉：KX77 振动超标，要求两日内到场",
        "Spare parts for KX50",
        "鸿达国际货运",
        SUBJECT,
    ):
        expect(fang.row(words)).to_have_count(1)
    expect(fang.page).to_have_title(re.compile("收件箱"))
    fang.picture("story-1-inbox.zh")


def _beside_the_mail_stands_the_customer(fang: Window) -> None:
    fang.row(SUBJECT).click()
    expect(fang.reader.get_by_role("heading", level=2)).to_have_text(f"Re: {SUBJECT}")
    expect(fang.page).to_have_url(
        re.compile(r"/mail/wang\.fang@jinghe\.example/inbox/[0-9a-f-]{36}$")
    )
    last = fang.mail("lukas.brandt@nordsee-werft.example")
    expect(last.locator("iframe").content_frame.get_by_text("PO 4500-77120")).to_be_visible()
    panel = fang.customer
    expect(panel.get_by_role("link", name="Lukas Brandt")).to_be_visible()
    expect(panel.get_by_role("link", name="Nordsee Werft GmbH")).to_be_visible()
    expect(panel.get_by_text("等我们答复")).to_be_visible()
    expect(panel.get_by_role("listitem").filter(has_text=SUBJECT)).to_have_count(3)
    fang.picture("story-2-thread-and-customer.zh")


def _she_answers_with_a_file(fang: Window, folder: Path) -> None:
    plan = folder / "检验计划 Prüfplan 318.pdf"
    plan.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 40)
    fang.page.keyboard.press("r")
    composer = fang.page.locator("[data-composer]")
    text = composer.get_by_role("textbox", name="正文")
    expect(text).to_be_focused()
    fang.page.keyboard.insert_text(HER_ANSWER)
    with fang.page.expect_file_chooser() as chooser:
        composer.get_by_role("button", name="添加附件").click()
    chooser.value.set_files(plan)
    expect(composer.get_by_role("list", name="1 个附件").get_by_role("listitem")).to_contain_text(
        "10 KB"
    )
    expect(composer.get_by_role("button", name="发送", exact=True)).to_be_in_viewport(ratio=1)
    fang.picture("story-3-answer.zh")
    fang.page.keyboard.press("Control+Enter")
    expect(composer).to_have_count(0)
    expect(fang.notice).to_contain_text("已发送给 Lukas Brandt")
    expect(fang.notice.get_by_role("button", name=re.compile("撤销"))).to_be_visible()
    fang.picture("story-4-undo.zh")


def _he_sees_it_arrive_and_answers(lukas: Window) -> None:
    lukas.page.evaluate("window.neverReloaded = true")
    expect(lukas.row(SUBJECT)).to_have_count(1, timeout=ARRIVES)
    expect(lukas.row(SUBJECT)).to_contain_text("王芳")
    expect(lukas.row(SUBJECT)).to_have_attribute("data-unread", "")
    assert lukas.page.evaluate("window.neverReloaded"), "it came with a reload only"
    lukas.row(SUBJECT).click()
    expect(
        lukas.mail("王芳").locator("iframe").content_frame.get_by_text(HER_ANSWER)
    ).to_be_visible()
    with lukas.page.expect_download() as download:
        lukas.reader.get_by_role(
            "link", name=re.compile("Download 检验计划 Prüfplan 318.pdf")
        ).click()
    assert download.value.suggested_filename == "检验计划 Prüfplan 318.pdf"
    assert Path(download.value.path()).read_bytes() == b"%PDF-1.4\n" + bytes(range(256)) * 40
    lukas.picture("story-4-arrived.en")
    lukas.page.keyboard.press("r")
    expect(lukas.page.get_by_role("textbox", name="Text of the mail")).to_be_focused()
    lukas.page.keyboard.insert_text(HIS_ANSWER)
    lukas.page.keyboard.press("Control+Enter")
    expect(lukas.notice).to_contain_text("Sent to 王芳.")


def _all_is_in_one_thread_and_on_the_timeline(fang: Window) -> None:
    fang.customer.get_by_role("link", name="Lukas Brandt").click()
    expect(fang.page.get_by_role("heading", level=1)).to_contain_text("Lukas Brandt")
    timeline = fang.page.get_by_role("region", name="往来记录")
    events = timeline.get_by_role("listitem").filter(has_text=SUBJECT)
    expect(events).to_have_count(5)
    expect(events.nth(0)).to_contain_text("Danke, 谢谢!")
    expect(events.nth(0).get_by_role("img", name="来信")).to_be_visible()
    expect(events.nth(1)).to_contain_text("附上检验计划")
    expect(events.nth(1)).to_contain_text("检验计划 Prüfplan 318.pdf")
    expect(events.nth(1).get_by_role("img", name="去信")).to_be_visible()
    fang.picture("story-6-timeline.zh")
    events.nth(0).get_by_role("button").click()
    expect(events.nth(0).locator("iframe").content_frame.get_by_text(HIS_ANSWER)).to_be_visible()
    events.nth(0).get_by_role("link", name="打开整个会话").click()
    expect(fang.reader.get_by_role("heading", level=2)).to_contain_text(SUBJECT)
    expect(fang.reader.locator("section[aria-label], button:has(time)")).to_have_count(5)
    fang.picture("story-7-thread-from-timeline.zh")


def _imap_shows_the_same(demo: RunningPosthouse) -> None:
    assert _texts(demo, FANG, "INBOX", HIS_ANSWER[:5]) == [HIS_ANSWER]
    assert _texts(demo, FANG, "Sent", "week 2.") == [HER_ANSWER]
    assert _texts(demo, LUKAS, "INBOX", "week 2.") == [HER_ANSWER]
    assert _texts(demo, LUKAS, "Sent", HIS_ANSWER[:5]) == [HIS_ANSWER]


def _texts(demo: RunningPosthouse, address: str, folder: str, words: str) -> list[str]:
    """The first line of each mail of `folder` that holds `words`."""
    found = []
    with demo.imap(address, PASSWORD) as client:
        client.select(folder, readonly=True)
        for uid in client.uid("SEARCH", "SUBJECT", '"hull 318"')[1][0].split():
            raw = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0][1]
            body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
            assert body is not None
            if words in body.get_content().split("\n\n")[0]:
                found.append(body.get_content().split("\n")[0].strip())
    return found


def _what_a_mail_program_sends_is_in_the_page(demo: RunningPosthouse, fang: Window) -> None:
    fang.go(f"/mail/{FANG}/inbox")
    letter = EmailMessage()
    letter["From"] = f"Lukas Brandt <{LUKAS}>"
    letter["To"] = f"王芳 <{FANG}>"
    letter["Subject"] = LETTER_FROM_ELSEWHERE
    letter["Message-ID"] = "<elsewhere-1@nordsee-werft.example>"
    letter.set_content("Sent by a mail program, not by the page.\n")
    expect(fang.threads).to_be_visible()
    with smtplib.SMTP_SSL("127.0.0.1", demo.ports["submissions"], timeout=30) as client:
        client.login(LUKAS, PASSWORD)
        client.send_message(letter)
    expect(fang.row(LETTER_FROM_ELSEWHERE)).to_have_count(1, timeout=ARRIVES)
    expect(fang.row(LETTER_FROM_ELSEWHERE)).to_contain_text("Nordsee Werft GmbH")
    fang.row(LETTER_FROM_ELSEWHERE).click()
    expect(
        fang.mail(LUKAS).locator("iframe").content_frame.get_by_text("not by the page")
    ).to_be_visible()
