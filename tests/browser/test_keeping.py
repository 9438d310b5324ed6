"""What mailboxes may hold, how long mail stays and what is held, as an administrator sees it."""

import pytest
from playwright.sync_api import Locator, expect

from tests.support.page import PHONE, OpenWindow, Window
from tests.support.running import RunningPosthouse

PASSWORD = "a long enough phrase"
RUNS, HELD = "kate.keeps@jinghe.example", "hal.held@jinghe.example"


@pytest.fixture(scope="module", autouse=True)
def members(demo: RunningPosthouse) -> None:
    """One who runs the workspace, and one whose mailbox is held."""
    demo.must("member", "add", RUNS, "--admin", "--password-stdin", typed=PASSWORD)
    demo.must("member", "add", HELD, "--language=zh-CN", "--password-stdin", typed=PASSWORD)


@pytest.fixture
def kate(open_window: OpenWindow) -> Window:
    opened = open_window(locale="en-GB")
    opened.sign_in(RUNS, PASSWORD)
    opened.go("/settings/keeping")
    return opened


def row(window: Window, part: str, words: str) -> Locator:
    return (
        window.page.get_by_role("region", name=part).get_by_role("listitem").filter(has_text=words)
    )


def test_a_limit_is_set_shown_and_taken_back(kate: Window):
    hal = row(kate, "Mailboxes", HELD)
    expect(hal).to_contain_text("0 mails")
    hal.get_by_role("button", name=f"Change the limits of {HELD}").click()
    dialog = kate.page.get_by_role("dialog", name=HELD)
    dialog.get_by_label("Size").fill("much")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("A size is a number with MB, GB or TB.")).to_be_visible()
    dialog.get_by_label("Size").fill("500 MB")
    dialog.get_by_label("Number of mails").fill("1000")
    kate.picture("keeping-limits.en")
    dialog.get_by_role("button", name="Save").click()
    expect(hal).to_contain_text("0 B of 500 MB · 0 of 1,000 mails")
    expect(hal.get_by_role("meter", name="0 % full")).to_be_attached()
    kate.page.keyboard.press("z")
    expect(hal.get_by_role("meter")).to_have_count(0)


def test_rules_say_what_they_would_take_before_they_are_set(kate: Window, demo: RunningPosthouse):
    trash, page = row(kate, "How long mail stays", "Trash"), kate.page
    trash.get_by_role("combobox", name="Trash").click()
    page.get_by_role("option", name="30 days", exact=True).click()
    kate.picture("keeping.en")
    page.get_by_role("button", name="Save").click()
    expect(kate.notice).to_contain_text("Saved.")
    assert "after 30 days" in demo.must("retention", "list", "jinghe.example")
    page.keyboard.press("z")
    expect(trash.get_by_role("combobox")).to_have_text("As everything else")
    assert "30" not in demo.must("retention", "list", "jinghe.example")


def test_a_mailbox_is_held_and_let_go(kate: Window):
    page = kate.page
    page.get_by_role("button", name="Hold a mailbox").click()
    dialog = page.get_by_role("dialog", name="Hold a mailbox")
    dialog.get_by_label("Mailbox").fill("nobody@jinghe.example")
    dialog.get_by_label("Reason").fill("Pump v. Valve")
    dialog.get_by_role("button", name="Hold a mailbox").click()
    expect(dialog.get_by_text("There is no such mailbox.")).to_be_visible()
    dialog.get_by_label("Mailbox").fill(HELD)
    dialog.get_by_role("button", name="Hold a mailbox").click()
    hal = row(kate, "Legal holds", HELD)
    expect(hal).to_contain_text("Pump v. Valve")
    expect(hal).to_contain_text("0 deleted mails are kept")
    kate.picture("keeping-holds.en")
    hal.get_by_role("button", name="Lift").click()
    page.get_by_role("dialog").get_by_role("button", name="Lift").click()
    expect(hal).to_contain_text("Lifted")
    expect(hal.get_by_role("button", name="Lift")).to_have_count(0)


def test_members_see_what_they_use_and_no_more(open_window: OpenWindow):
    window = open_window(locale="zh-CN", size=PHONE)
    window.sign_in(HELD, PASSWORD)
    window.go("/settings/profile")
    expect(window.page.get_by_text("已用容量")).to_be_visible()
    window.picture("profile.zh.phone")
    window.go("/settings/keeping")
    expect(window.page.get_by_role("heading", name="这个地址下没有内容。")).to_be_attached()
