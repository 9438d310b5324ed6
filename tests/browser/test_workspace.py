"""What administrators see and change: how domains stand, and who gets mail for an address."""

import imaplib

import pytest
from playwright.sync_api import expect

from tests.support.page import PHONE, OpenWindow, Window
from tests.support.running import RunningPosthouse

PASSWORD = "a long enough phrase"
RUNS, DOES_NOT = "olga.admin@jinghe.example", "otto.plain@jinghe.example"


@pytest.fixture(scope="module", autouse=True)
def members(demo: RunningPosthouse) -> None:
    """Two more members, one of whom runs the workspace."""
    demo.must("member", "add", RUNS, "--admin", "--password-stdin", typed=PASSWORD)
    demo.must("member", "add", DOES_NOT, "--password-stdin", typed=PASSWORD)


@pytest.fixture
def olga(open_window: OpenWindow) -> Window:
    """Who runs the workspace, in English."""
    opened = open_window(locale="en-GB")
    opened.sign_in(RUNS, PASSWORD)
    return opened


def test_an_address_is_made_changed_removed_and_brought_back(olga: Window):
    page = olga.page
    olga.go("/settings/addresses")
    expect(page.get_by_text("No further addresses yet.")).to_be_visible()
    page.get_by_role("button", name="New address").click()
    page.get_by_label("Address", exact=True).fill("fair+2026@jinghe.example")
    page.get_by_label(RUNS).check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("This is not an address of a domain of yours")).to_be_visible()
    page.get_by_label("Address", exact=True).fill("fair@jinghe.example")
    page.get_by_role("button", name="Create").click()
    listed = page.get_by_role("list", name="Addresses")
    expect(listed.get_by_role("listitem")).to_contain_text(["fair@jinghe.example Alias"])
    page.get_by_role("button", name="Change fair@jinghe.example").click()
    page.get_by_role("dialog").get_by_label(DOES_NOT).check()
    page.get_by_label("Also send on to addresses elsewhere").fill(
        "wang@kunde.example x@jinghe.example"
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("whole addresses that are not kept here")).to_be_visible()
    page.get_by_label("Also send on to addresses elsewhere").fill("wang@kunde.example")
    olga.picture("settings-address.en")
    page.get_by_role("button", name="Save").click()
    expect(listed).to_contain_text("Group")
    expect(listed).to_contain_text(DOES_NOT)
    expect(listed).to_contain_text("wang@kunde.example (elsewhere)")
    page.get_by_role("button", name="Remove fair@jinghe.example").click()
    expect(page.get_by_text("No further addresses yet.")).to_be_visible()
    olga.notice.get_by_role("button", name="Undo").last.click()
    expect(listed).to_contain_text("Group")
    olga.picture("settings-addresses.en")
    page.get_by_role("button", name="Remove fair@jinghe.example").click()
    expect(page.get_by_text("No further addresses yet.")).to_be_visible()


def test_a_relay_is_made_changed_and_removed(olga: Window, open_window: OpenWindow):
    page = olga.page
    olga.go("/settings/relays")
    expect(page.get_by_text("Mail goes straight to its recipients.")).to_be_visible()
    page.get_by_role("button", name="New relay").click()
    page.get_by_label("Relay", exact=True).fill("smtp.provider.example:5432")
    page.get_by_label("User").fill("jinghe")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("A password is needed")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Write server and port")).to_be_visible()
    page.get_by_label("Relay", exact=True).fill("smtp.provider.example:465")
    olga.picture("settings-relay.en")
    page.get_by_role("button", name="Create").click()
    listed = page.get_by_role("list", name="Relays")
    expect(listed).to_contain_text("All mail")
    expect(listed).to_contain_text("signs in as jinghe")
    page.get_by_role("button", name="Change the relay: All mail").click()
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_role("button", name="Save").click()
    expect(listed).to_contain_text("smtp.provider.example:465")
    phone = open_window(locale="en-GB", size=PHONE)
    phone.sign_in(RUNS, PASSWORD)
    phone.go("/settings/relays")
    expect(phone.page.get_by_text("All mail", exact=True)).to_be_visible()
    phone.picture("settings-relays.phone")
    page.get_by_role("button", name="Remove the relay: All mail").click()
    expect(page.get_by_text("Mail goes straight to its recipients.")).to_be_visible()


def test_a_domain_says_what_to_publish(open_window: OpenWindow):
    window = open_window(locale="zh-CN", size=PHONE)
    window.sign_in(RUNS, PASSWORD)
    window.go("/settings/domains")
    domain = window.page.get_by_role("region", name="jinghe.example")
    expect(domain.get_by_role("listitem").filter(has_text="SPF")).to_contain_text("v=spf1 mx -all")
    expect(domain.get_by_role("listitem").filter(has_text="DKIM")).to_have_count(2)
    window.picture("settings-domains.phone")


def test_who_does_not_run_it_finds_nothing_of_it(open_window: OpenWindow):
    window = open_window(locale="en-GB")
    window.sign_in(DOES_NOT, PASSWORD)
    window.go("/settings/profile")
    expect(window.page.get_by_role("heading", level=2)).to_have_text("You")
    expect(window.page.get_by_role("link", name="Domains")).to_have_count(0)
    window.go("/settings/addresses")
    expect(window.page.get_by_role("button", name="New address")).to_have_count(0)


def test_mail_programs_need_app_passwords(
    olga: Window, open_window: OpenWindow, demo: RunningPosthouse
):
    def programs_are_refused() -> bool:
        try:
            demo.imap(DOES_NOT, PASSWORD).logout()
        except imaplib.IMAP4.error as refusal:
            return "need an app password" in str(refusal)
        return False

    olga.go("/settings/sign-in")
    switch = olga.page.get_by_role("switch", name="Mail programs need app passwords")
    expect(switch).not_to_be_checked()
    switch.click()
    expect(olga.page.get_by_text("Saved.")).to_be_visible()
    olga.picture("settings-sign-in.en")
    assert programs_are_refused()
    phone = open_window(locale="zh-CN", size=PHONE)
    phone.sign_in(RUNS, PASSWORD)
    phone.go("/settings/programs")
    expect(phone.page.get_by_text("your administrator wants it so")).to_be_visible()
    phone.go("/settings/sign-in")
    expect(phone.page.get_by_role("switch")).to_be_checked()
    phone.picture("settings-sign-in-390")
    switch.click()
    expect(switch).not_to_be_checked()
    olga.page.reload()
    expect(switch).not_to_be_checked()
    assert not programs_are_refused()


def test_who_does_not_run_the_workspace_does_not_see_how_it_signs_in(open_window: OpenWindow):
    otto = open_window(locale="en-GB")
    otto.sign_in(DOES_NOT, PASSWORD)
    otto.go("/settings/sign-in")
    expect(otto.page.get_by_role("switch")).to_have_count(0)
