"""Rules built in the page, tried, undone; a script by hand left alone; the answer while away."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.support.page import PHONE, WIDE, OpenWindow, Window
from tests.support.running import RunningPosthouse

PASSWORD = "a long enough phrase"
RITA, RUTH = "rita.rules@jinghe.example", "ruth.away@jinghe.example"
EMILY = "emily.chen@jinghe.example"


@pytest.fixture(scope="module", autouse=True)
def members(demo: RunningPosthouse) -> None:
    """Two more members, so that nobody else's mail is moved."""
    demo.must("member", "add", RITA, "--password-stdin", typed=PASSWORD)
    demo.must("member", "add", RUTH, "--language=zh-CN", "--password-stdin", typed=PASSWORD)


@pytest.fixture
def rita(open_window: OpenWindow) -> Window:
    opened = open_window(locale="en-GB")
    opened.sign_in(RITA, PASSWORD)
    opened.go("/settings/rules")
    return opened


def rules(window: Window) -> Locator:
    return window.page.get_by_role("list", name="Rules").get_by_role("listitem")


def choose(place: Locator, window: Window, name: str, option: str) -> None:
    place.get_by_role("combobox", name=name).last.click()
    window.page.get_by_role("option", name=option, exact=True).click()


def make_rule(window: Window, words: str, folder: str) -> None:
    """A rule for a subject, into a folder."""
    window.page.get_by_role("button", name="New rule").click()
    dialog = window.page.get_by_role("dialog")
    choose(dialog, window, "Part of the mail", "Subject")
    dialog.get_by_role("textbox", name="Words").fill(words)
    choose(dialog, window, "Folder", folder)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def test_rules_are_made_ordered_switched_off_and_brought_back(rita: Window):
    expect(rita.page.get_by_text("No rules yet.")).to_be_visible()
    make_rule(rita, "Invoice, 发票", "Archive")
    make_rule(rita, "Newsletter", "Trash")
    expect(rules(rita)).to_contain_text(
        [
            "Subject contains “Invoice” or “发票”move to Archive, no further rules",
            "Subject contains “Newsletter”move to Trash",
        ]
    )
    rita.page.get_by_role("button", name=re.compile("^Rule 2: drag it")).press("ArrowUp")
    expect(rules(rita)).to_contain_text(["Newsletter", "Invoice"])
    handle = rita.page.get_by_role("button", name=re.compile("^Rule 2: drag it"))
    handle.drag_to(rules(rita).first)
    expect(rules(rita)).to_contain_text(["Invoice", "Newsletter"])
    rita.page.get_by_role("switch", name="Rule 2 is on").click()
    expect(rita.page.get_by_role("switch", name="Rule 2 is on")).not_to_be_checked()
    rita.page.reload()
    expect(rita.page.get_by_role("switch", name="Rule 2 is on")).not_to_be_checked()
    rita.picture("settings-rules.en")
    rules(rita).first.get_by_role("button", name="More").click()
    rita.page.get_by_role("menuitem", name="Delete").click()
    expect(rules(rita)).to_have_count(1)
    rita.notice.get_by_role("button", name="Undo").last.click()
    expect(rules(rita)).to_contain_text(["Invoice", "Newsletter"])


def test_newer_conditions_and_actions_come_back_as_they_were_made(rita: Window):
    """By keyboard where a row is more than a choice; the days of a week are toggles."""
    page = rita.page
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog")
    fields = ("Whoever wrote it", "Your address", "Attachment", "Day of the week", "Time of day")
    for number, field in enumerate(fields):
        if number:
            dialog.get_by_role("button", name="Condition", exact=True).press("Enter")
        choose(dialog, rita, "Part of the mail", field)
    dialog.get_by_role("combobox", name="How it is compared").nth(2).click()
    page.get_by_role("option", name="has a name with").click()
    dialog.get_by_role("textbox", name="Words").fill(".exe, .js")
    week = dialog.get_by_role("group", name="Day of the week")
    expect(week.get_by_role("button", name="Sat")).to_have_attribute("aria-pressed", "true")
    week.get_by_role("button", name="Mon").press("Space")
    dialog.get_by_label("Time of day").last.fill("19:30")
    choose(dialog, rita, "Folder", "Archive")
    choose(dialog, rita, "What is done", "Notify by mail")
    dialog.get_by_role("textbox", name="Address").fill("rita@home.example")
    dialog.get_by_role("textbox", name="What is written").fill("At night")
    dialog.get_by_role("button", name="Action", exact=True).press("Enter")
    choose(dialog, rita, "What is done", "Add a keyword")
    dialog.get_by_role("textbox", name="Keyword").fill("夜")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Something is missing")
    dialog.get_by_role("textbox", name="Keyword").fill("Night")
    dialog.get_by_role("button", name="Try on recent mail").click()
    expect(dialog.get_by_role("status")).to_contain_text("of the last")
    rita.picture("settings-rule-kinds.en")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    page.reload()
    expect(rules(rita).last).to_contain_text(
        "Whoever wrote it is somebody you know and Your address is in To or Cc and Attachment has"
        " a name with “.exe” or “.js” and Day of the week is Mon, Sat, Sun and Time of day is not"
        " before 19:30add keyword Night, move to Archive, notify rita@home.example"
    )
    rules(rita).last.get_by_role("button", name="Change rule").click()
    expect(dialog.get_by_role("textbox", name="What is written")).to_have_value("At night")
    expect(dialog.get_by_label("Time of day").last).to_have_value("19:30")
    dialog.get_by_role("button", name="Cancel").click()


def test_a_script_by_hand_is_left_alone_until_it_is_said_otherwise(rita: Window):
    script = 'require "fileinto";\nfileinto "Archive";\n'
    rita.page.evaluate(
        """async (content) => {
            const ask = (method, path, body) => fetch('/api/v1' + path, { method,
                headers: { 'X-Posthouse-CSRF': '1', 'Content-Type': 'application/json',
                    'Idempotency-Key': crypto.randomUUID() },
                body: body && JSON.stringify(body) })
            const me = await (await ask('GET', '/me')).json()
            const box = '/mailboxes/' + me.mailboxes[0].id
            await ask('PUT', box + '/script?name=own', { content })
            await ask('PUT', box + '/active-script', { name: 'own' })
        }""",
        script,
    )
    rita.page.reload()
    expect(rita.page.get_by_text("written by hand: “own”")).to_be_visible()
    field = rita.page.get_by_label("Sieve script “own”")
    expect(field).to_have_value(script)
    field.fill(script + "nonsense;\n")
    rita.page.get_by_role("button", name="Save").click()
    expect(rita.page.get_by_role("alert")).to_contain_text("Line 3")
    rita.picture("settings-rules-script.en")
    field.fill(script + "keep;\n")
    rita.page.get_by_role("button", name="Save").click()
    expect(rita.notice).to_contain_text("The rules are saved.")
    rita.page.get_by_role("button", name="Use rules of this page instead").click()
    expect(rita.page.get_by_role("button", name="New rule")).to_be_visible()
    expect(rita.notice).to_contain_text("The script is kept")
    rita.notice.get_by_role("button", name="Undo").last.click()
    expect(field).to_have_value(script + "keep;\n")


def test_a_rule_is_made_from_a_mail_and_tried(open_window: OpenWindow):
    window = open_window(locale="en-GB")
    window.enter(EMILY)
    window.go("/mail/sales@jinghe.example/inbox")
    window.threads.get_by_role("option").first.click()
    received = window.reader.locator("section[aria-label]").last
    received.get_by_role("button", name="More").click()
    window.page.get_by_role("menuitem", name="Make a rule…").click()
    dialog = window.page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox", name="Words")).to_have_value(re.compile("@|\\."))
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Something is missing")
    choose(dialog, window, "Folder", "Archive")
    dialog.get_by_role("button", name="Try on recent mail").click()
    expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"Fits [1-9]\d* of the last"))
    window.picture("settings-rule.en")
    dialog.get_by_role("button", name="Cancel").click()
    expect(window.page.get_by_text("No rules yet.")).to_be_visible()


def test_a_rule_is_run_over_a_folder_and_taken_back(open_window: OpenWindow):
    window = open_window(locale="en-GB")
    window.enter(EMILY)
    page = window.page
    window.go("/mail/sales@jinghe.example/inbox")
    expect(window.threads.get_by_role("option").first).to_be_visible()
    before = window.threads.get_by_role("option").count()
    window.go("/settings/rules?mailbox=sales@jinghe.example")
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, window, "Part of the mail", "Size")
    choose(dialog, window, "Folder", "Archive")
    dialog.get_by_role("spinbutton", name="Size in KB").fill("1")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    more = rules(window).last.get_by_role("button", name="More")
    more.click()
    page.get_by_role("menuitem", name="Run over a folder…").press("Enter")
    expect(dialog).to_contain_text("Size over 1 KB")
    expect(dialog.get_by_role("combobox")).to_contain_text("Inbox")
    window.picture("settings-rule-run.en")
    dialog.get_by_role("button", name="Run", exact=True).press("Enter")
    expect(window.notice.last).to_contain_text(re.compile(r"applied to [1-9]\d* mail"))
    with page.expect_response(lambda response: response.url.endswith("/threads/acts")):
        window.notice.get_by_role("button", name="Undo").last.click()
    window.go("/mail/sales@jinghe.example/inbox")
    expect(window.threads.get_by_role("option")).to_have_count(before)
    window.go("/settings/rules?mailbox=sales@jinghe.example")
    more.click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_text("No rules yet.")).to_be_visible()


def test_a_bar_says_that_mail_is_answered(open_window: OpenWindow):
    window = open_window(locale="zh-CN", size=PHONE)
    window.sign_in(RUTH, PASSWORD)
    window.go("/settings/away")
    page = window.page
    page.get_by_label("第一天").fill("2026-01-01")
    page.get_by_label("最后一天").fill("2025-12-31")
    page.get_by_label("中文内容").fill("出差中，回来后回复。")
    expect(page.get_by_text("最后一天早于第一天。")).to_be_visible()
    expect(page.get_by_role("button", name="保存")).to_be_disabled()
    page.get_by_label("最后一天").fill("2199-12-31")
    page.get_by_label("英文内容").fill("I am travelling and will answer when I am back.")
    page.get_by_role("switch", name="自动回复").click()
    page.get_by_role("button", name="保存").click()
    bar = page.get_by_role("status").filter(has_text="正在自动回复来信")
    expect(bar).to_be_visible()
    window.picture("settings-away.phone")
    bar.get_by_role("link", name="修改").click()
    expect(page.get_by_label("中文内容")).to_have_value("出差中，回来后回复。")
    page.get_by_role("switch", name="自动回复").click()
    page.get_by_role("button", name="保存").click()
    expect(bar).to_be_hidden()


def test_rules_speak_chinese_on_a_phone(open_window: OpenWindow):
    window = open_window(locale="zh-CN", size=PHONE)
    window.sign_in(RUTH, PASSWORD)
    window.go("/settings/rules")
    page = window.page
    page.get_by_role("button", name="新建规则").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="关键词").fill("发票，账单")
    dialog.get_by_role("button", name="添加条件").click()
    choose(dialog, window, "邮件的哪一部分", "收到时")
    window.picture("settings-rule-week.zh.phone")
    choose(dialog, window, "邮件的哪一部分", "大小")
    choose(dialog, window, "文件夹", "归档")
    dialog.get_by_role("button", name="用最近的邮件试一试").click()
    expect(dialog.get_by_role("status")).to_contain_text("封符合")
    window.picture("settings-rule.zh.phone")
    dialog.get_by_role("button", name="保存").click()
    told = page.get_by_role("list", name="收信规则").get_by_role("listitem")
    expect(told).to_contain_text("发件人包含 “发票” 或 “账单”，且大小大于 5 MB移到“归档”")
    # Without a handle to drag, the menu moves it.
    told.get_by_role("button", name="更多").click()
    expect(page.get_by_role("menuitem", name="上移")).to_be_visible()
    page.keyboard.press("Escape")
    window.picture("settings-rules.zh.phone")
    window.resize(WIDE)
    window.picture("settings-rules.zh")
    window.go("/settings/away")
    expect(page.get_by_label("中文内容")).to_be_visible()
    window.picture("settings-away.zh")
