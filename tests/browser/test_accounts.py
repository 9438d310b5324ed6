"""A mailbox elsewhere is linked in the page: found, tried, linked, looked at, paused, unlinked."""

import imaplib
import time

import pytest
from playwright.sync_api import Locator, expect

from tests.support.dovecot import PASSWORD as THERE
from tests.support.dovecot import OldServer
from tests.support.page import PASSWORD, PHONE, OpenWindow, Window
from tests.support.running import RunningPosthouse

LINA, RUNS = "lina.links@jinghe.example", "ruth.runs@jinghe.example"
ADDRESS, LOCKED = "lina@elsewhere.example", "old.inbox@elsewhere.example"
FETCHED = "fetched@elsewhere.example"
SUBJECTS = [f"Quotation {number:02} 报价" for number in range(12)]


@pytest.fixture(scope="module", autouse=True)
def scene(demo: RunningPosthouse, elsewhere: OldServer) -> None:
    """Two members, and mail at the provider."""
    demo.must("member", "add", LINA, "--password-stdin", typed=PASSWORD)
    demo.must(
        "member", "add", RUNS, "--admin", "--language=zh-CN", "--password-stdin", typed=PASSWORD
    )
    with imaplib.IMAP4("127.0.0.1", elsewhere.imap) as client:
        client.login(ADDRESS, THERE)
        for number, subject in enumerate(SUBJECTS):
            written = (
                f"From: Wang Wei <wang.wei@kunde.example>\r\nTo: {ADDRESS}\r\n"
                f"Message-ID: <{number}@kunde.example>\r\nDate: Mon, 23 Nov 2026 08:{number:02}:00"
                f" +0800\r\nSubject: {subject}\r\n\r\nPlease have a look.\r\n"
            )
            client.append("INBOX", None, imaplib.Time2Internaldate(time.time()), written.encode())


@pytest.fixture
def lina(open_window: OpenWindow) -> Window:
    opened = open_window(locale="en-GB")
    opened.enter(LINA)
    opened.go("/settings/accounts")
    return opened


def accounts(window: Window) -> Locator:
    return window.page.get_by_role("list", name="Linked accounts").get_by_role("listitem")


def test_from_an_address_to_the_first_mails_and_away_again(lina: Window, elsewhere: OldServer):
    page = lina.page
    expect(page.get_by_text("No mailbox elsewhere is linked yet.")).to_be_visible()
    lina.picture("accounts-none.en")
    page.get_by_role("button", name="Link a mailbox").click()
    expect(page.get_by_label("Address")).to_be_focused()
    page.keyboard.type(LINA)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Mail for this address is delivered here")).to_be_visible()
    page.get_by_label("Address").fill(ADDRESS)
    page.keyboard.press("Enter")
    expect(page.get_by_text("elsewhere.example does not take mail.")).to_be_visible()
    page.get_by_role("group", name="Receiving (IMAP)").get_by_label("Server").fill("localhost")
    page.get_by_role("group", name="Receiving (IMAP)").get_by_label("Port").fill(
        str(elsewhere.imaps)
    )
    page.get_by_label("Password").fill("not the one")
    page.get_by_role("button", name="Test and link").click()
    trial = page.get_by_role("list", name="Test")
    expect(trial).to_contain_text("The server does not accept the user name or the password.")
    expect(trial.get_by_role("img", name="Works")).to_have_count(2)
    lina.picture("accounts-refused.en")
    page.get_by_label("Password").fill(THERE)
    page.get_by_role("button", name="Test again").click()
    expect(page.get_by_text("Receiving works.")).to_be_visible()
    expect(trial).to_contain_text("12 mails in the inbox")
    lina.picture("accounts-sending.en")
    page.get_by_role("button", name="Link without sending").click()
    expect(page.get_by_role("heading", name=f"{ADDRESS} is linked")).to_be_visible()
    newest = page.get_by_role("list", name="The newest mails").get_by_role("listitem")
    expect(newest.first).to_contain_text(SUBJECTS[-1])
    lina.picture("accounts-linked.en")
    page.get_by_role("button", name="Done").click()
    row = accounts(lina).filter(has_text=ADDRESS)
    expect(row).to_contain_text("In step, last looked")
    _look_inside(lina, row)
    row.get_by_role("button", name=f"Pause {ADDRESS}").click()
    expect(row).to_contain_text("Paused")
    row.get_by_role("button", name=f"Resume {ADDRESS}").click()
    expect(row).to_contain_text("In step")
    row.get_by_role("link", name=ADDRESS).click()
    expect(lina.row(SUBJECTS[0])).to_be_visible()


def _look_inside(window: Window, row: Locator) -> None:
    row.get_by_role("button", name=f"Show more about {ADDRESS}").click()
    inbox = row.get_by_role("row").filter(has_text="INBOX")
    expect(inbox.get_by_role("cell")).to_have_text(["12", "12", "0"])
    expect(row.get_by_role("list", name="What was done")).to_contain_text("Linked")
    window.picture("accounts-list.en")


def test_an_exchange_is_entered_by_hand(lina: Window):
    page = lina.page
    page.get_by_role("button", name="Link a mailbox").click()
    page.get_by_label("Address").fill(ADDRESS)
    page.keyboard.press("Enter")
    page.get_by_text("Exchange: all folders").click()
    exchange = page.get_by_role("group", name="Exchange (EWS)")
    exchange.get_by_label("Server").fill("localhost")
    expect(exchange.get_by_label("Port")).to_have_value("443")
    exchange.get_by_label("Path").fill("no path")
    expect(page.get_by_role("group", name="Sending (SMTP)")).to_have_count(0)
    expect(page.get_by_text("COMPANY\\name")).to_be_visible()
    lina.picture("accounts-exchange.en")
    page.get_by_label("Password").fill("not the one")
    page.get_by_role("button", name="Test and link").click()
    expect(page.get_by_role("alert")).to_be_visible()
    exchange.get_by_label("Path").fill("")
    page.get_by_role("button", name="Test and link").click()
    expect(page.get_by_role("list", name="Test")).to_contain_text("The server does not answer.")


def test_a_password_that_works_is_kept_and_others_are_not(lina: Window):
    row, page = accounts(lina).filter(has_text=ADDRESS), lina.page
    row.get_by_role("button", name=f"New password for {ADDRESS}").click()
    dialog = page.get_by_role("dialog", name=f"New password for {ADDRESS}")
    dialog.get_by_label("Password").fill("not the one either")
    dialog.get_by_role("button", name="Test and save").click()
    expect(dialog).to_contain_text("Check both and type the password again.")
    lina.picture("accounts-secret.en")
    dialog.get_by_label("Password").fill(THERE)
    dialog.get_by_role("button", name="Test and save").click()
    expect(dialog).to_have_count(0)
    expect(lina.notice).to_contain_text("works and is kept")


def test_an_account_that_is_not_let_in_says_what_to_do(
    lina: Window, demo: RunningPosthouse, elsewhere: OldServer
):
    demo.must(
        *("account", "link", "--member", LINA, "--login", LOCKED, "--security=tls", "--untried"),
        *("--imap", f"localhost:{elsewhere.imaps}", "--password-stdin"),
        typed="not the one",
    )
    lina.go("/settings/accounts")
    row = accounts(lina).filter(has_text=LOCKED)
    expect(row).to_contain_text("The server does not accept the user name or the password.")
    expect(row).to_contain_text("Enter it anew; until then nothing is fetched.")
    expect(accounts(lina).first).to_contain_text(LOCKED)  # what needs a person stands on top
    lina.picture("accounts-locked.en")
    row.get_by_role("button", name="Enter a new password").click()
    dialog = lina.page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(THERE)
    dialog.get_by_role("button", name="Test and save").click()
    expect(row).to_contain_text("In step")


def test_who_runs_the_workspace_sees_how_they_stand(open_window: OpenWindow):
    ruth = open_window(locale="zh-CN", theme="dark")
    ruth.enter(RUNS)
    ruth.go("/settings/wall")
    wall = ruth.page.get_by_role("list", name="全部关联邮箱")
    expect(wall.get_by_role("listitem")).to_contain_text([ADDRESS, LOCKED])
    expect(wall).to_contain_text(LINA)
    expect(ruth.page.get_by_text("2 个邮箱")).to_be_visible()
    expect(ruth.page.get_by_text("全部已同步")).to_be_visible()
    ruth.picture("accounts-wall.zh.dark")
    ruth.go("/settings/accounts?consent=late")
    expect(ruth.page.get_by_role("alert")).to_contain_text("请重新开始")
    ruth.page.get_by_role("button", name="关联新邮箱").click()
    ruth.page.keyboard.type("ruth@163.com")
    ruth.page.keyboard.press("Enter")
    expect(ruth.page.get_by_role("heading", name="网易 163 邮箱需要授权密码")).to_be_visible()
    expect(ruth.page.get_by_label("授权密码", exact=True)).to_be_visible()
    ruth.picture("accounts-163.zh.dark")
    ruth.resize(PHONE)
    ruth.look("light")
    ruth.picture("accounts-163.zh.phone")


def test_unlinking_asks_what_becomes_of_the_mail(lina: Window):
    row, page = accounts(lina).filter(has_text=ADDRESS), lina.page
    lina.resize(PHONE)
    expect(row).to_contain_text("In step")
    lina.picture("accounts-list.en.phone")
    row.get_by_role("button", name=f"Unlink {ADDRESS}").click()
    dialog = page.get_by_role("dialog", name=f"Unlink {ADDRESS}?")
    expect(dialog.get_by_label("Keep 12 mails")).to_be_checked()
    dialog.get_by_label("Delete 12 mails here").check()
    lina.picture("accounts-unlink.en.phone")
    dialog.get_by_role("button", name="Unlink and delete").click()
    expect(accounts(lina)).to_have_count(1)


def test_how_long_mail_stays_at_a_pop3_server_is_chosen(
    lina: Window, demo: RunningPosthouse, elsewhere: OldServer
):
    demo.must(
        *("account", "link", "--member", LINA, "--login", FETCHED, "--pop3"),
        *(f"localhost:{elsewhere.pop3s}", "--security=tls", "--password-stdin"),
        typed=THERE,
    )
    lina.go("/settings/accounts")
    row, page = accounts(lina).filter(has_text=FETCHED), lina.page
    row.get_by_role("button", name=f"Show more about {FETCHED}").click()
    stays = row.get_by_role("combobox", name="At the provider")
    expect(stays).to_have_text("Mail stays there")
    stays.click()
    page.get_by_role("option", name="Deleted after 14 days").click()
    expect(stays).to_have_text("Deleted after 14 days")
    expect(row.get_by_role("list", name="What was done")).to_contain_text("how long mail stays")
    lina.picture("accounts-pop3.en")
