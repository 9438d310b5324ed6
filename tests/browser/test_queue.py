"""The queue as an administrator sees it in the page: why it waits, and what can be done."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.page import PHONE, OpenWindow, Window
from tests.support.running import RunningPosthouse

PASSWORD = "a long enough phrase"
RUNS, DOES_NOT = "quan.admin@jinghe.example", "qi.plain@jinghe.example"
RUNS_IN_CHINESE = "qian.admin@jinghe.example"


@pytest.fixture(scope="module", autouse=True)
def members(demo: RunningPosthouse) -> None:
    """Three more members, two of whom run the workspace."""
    demo.must("member", "add", RUNS, "--admin", "--password-stdin", typed=PASSWORD)
    chinese = ("--admin", "--language", "zh-CN", "--password-stdin")
    demo.must("member", "add", RUNS_IN_CHINESE, *chinese, typed=PASSWORD)
    demo.must("member", "add", DOES_NOT, "--password-stdin", typed=PASSWORD)


def write(window: Window, *recipients: str) -> None:
    """A mail of the signed-in member that leaves tomorrow."""
    answer = window.context.request.post(
        f"{window.origin}/api/v1/messages",
        headers={"X-Posthouse-CSRF": "1", "Content-Type": "application/json"},
        data=json.dumps(
            {
                "from": RUNS,
                "to": [{"name": "", "address": each} for each in recipients],
                "subject": "Later",
                "text": "Tomorrow.",
                "send_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            }
        ),
    )
    assert answer.ok, answer.text()


def test_what_waits_is_held_released_and_given_up(open_window: OpenWindow):
    window = open_window(locale="en-GB")
    window.sign_in(RUNS, PASSWORD)
    page = window.page
    write(window, "li@kunde.example", "wang@kunde.example", "x@far.example")
    window.go("/settings/queue")
    sites = page.get_by_role("list", name="On its way out")
    kunde = sites.get_by_role("button", name="kunde.example 2 mails")
    expect(kunde).to_contain_text("Not tried yet.")
    window.picture("queue.en")

    page.keyboard.press("j")
    page.keyboard.press("h")
    expect(window.notice).to_contain_text("2 mails are held.")
    expect(kunde).to_contain_text("2 held")
    page.keyboard.press("z")
    expect(kunde).not_to_contain_text("held")

    page.get_by_role("button", name="Hold kunde.example").click()
    expect(kunde).to_contain_text("2 held")
    page.get_by_role("button", name="Held", exact=True).click()
    expect(sites.locator("> li")).to_have_count(1)
    kunde.click()
    recipients = page.get_by_role("list", name="Recipients at kunde.example")
    expect(recipients.get_by_role("listitem")).to_have_count(2)
    window.picture("queue-open.en")
    page.get_by_role("button", name="Release li@kunde.example").click()
    expect(recipients.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="All", exact=True).click()
    expect(recipients.get_by_role("group", name="li@kunde.example")).to_contain_text("For later")

    page.get_by_role("button", name="Give up kunde.example").click()
    asked = page.get_by_role("dialog", name="Give up 2 mails?")
    expect(asked).to_contain_text("will never arrive")
    window.picture("queue-drop.en")
    asked.get_by_role("button", name="Cancel").click()
    expect(kunde).to_be_visible()
    page.get_by_role("button", name="Give up kunde.example").click()
    asked.get_by_role("button", name="Give up 2 mails").click()
    expect(kunde).to_have_count(0)
    expect(sites.locator("> li")).to_have_count(1)


def test_the_queue_speaks_chinese_on_a_phone_and_says_when_nothing_waits(
    open_window: OpenWindow,
):
    window = open_window(locale="zh-CN", size=PHONE)
    window.sign_in(RUNS_IN_CHINESE, PASSWORD)
    window.go("/settings/queue")
    site = window.page.get_by_role("list", name="发件队列").get_by_role("listitem").first
    expect(site).to_contain_text("尚未投递")
    window.picture("queue.zh.phone")
    window.page.get_by_role("button", name="放弃投递 far.example").click()
    window.page.get_by_role("button", name="放弃 1 封").click()
    expect(window.page.get_by_text("队列为空，邮件已全部发出。")).to_be_visible()
    window.picture("queue-empty.zh.phone")


def test_who_does_not_run_the_workspace_has_no_queue(open_window: OpenWindow):
    window = open_window(locale="en-GB")
    window.sign_in(DOES_NOT, PASSWORD)
    window.go("/settings/queue")
    expect(window.page.get_by_role("link", name="On its way out")).to_have_count(0)
    expect(window.page.get_by_role("heading", name="There is nothing")).to_have_count(1)
