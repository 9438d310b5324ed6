"""From an empty server to a first mail, in the page: claimed once, left and come back to."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_accessibility import _violations
from tests.support.dns_server import DnsServer
from tests.support.dns_zones import Zones
from tests.support.house import letter
from tests.support.page import PHONE, window
from tests.support.pebble import Pebble, running_pebble
from tests.support.postgres import data_folder
from tests.support.running import PASSWORD, RunningPosthouse, all_messages, wait_for

HOST, ANNA, BEN = "mail.acme.example", "anna@acme.example", "ben@acme.example"
ZONES: Zones = {HOST: {"A": ["127.0.0.1"]}, "acme.example": {"MX": [(10, HOST)]}}
SETUP = "/settings/setup"


@dataclass(frozen=True, slots=True)
class Empty:
    """A server that nobody has set up, and an authority that would give it a certificate."""

    house: RunningPosthouse
    pebble: Pebble


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Empty]:
    folder = data_folder()
    with DnsServer(ZONES) as dns:
        settings = {"POSTHOUSE_RESOLVER": dns.address, "POSTHOUSE_HOSTNAME": HOST}
        house = RunningPosthouse(folder, settings)
        port, place = house.ports["challenges"], tmp_path_factory.mktemp("pebble")
        try:
            house.start()
            with running_pebble(place, dns.address, port) as pebble:
                yield Empty(house, pebble)
        finally:
            house.end()
            shutil.rmtree(folder, ignore_errors=True)


def test_an_empty_server_comes_to_its_first_mail(browser: Browser, empty: Empty, tmp_path: Path):
    house = empty.house
    link = re.search(r"/setup#([A-Z2-7-]+)", house.errors.read_text())
    assert link is not None, "no link was printed"
    assert house.must("setup", "code").splitlines()[0] == link[1]
    with window(browser, house) as anna:
        anna.go("/")  # whoever comes is led to the door, and has no code
        expect(anna.page.get_by_label("Code", exact=True)).to_have_value("")
        anna.page.wait_for_url("**/setup")
        anna.page.goto("about:blank")
        anna.go(link[0])
        page = anna.page
        expect(page.get_by_label("Code", exact=True)).to_have_value(link[1])
        expect(page.get_by_label("Time zone")).to_have_value("Asia/Shanghai")
        assert not _violations(anna, "claim")
        page.get_by_label("Company").fill("Acme")
        page.get_by_label("Mail domain").fill("acme.example")
        page.get_by_label("Your name").fill("Anna")
        page.locator("input[name=address]").fill(ANNA)
        page.locator("input[name=password]").fill("short")
        page.get_by_label("Code", exact=True).fill("AAAA-BBBB-CCCC-DDDD")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_text("This is not the code.")).to_be_visible()
        anna.picture("setup-claim-refused")
        page.get_by_label("Code", exact=True).fill(link[1].lower())
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_text("Choose a longer password.")).to_be_visible()
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{SETUP}")
        expect(page.get_by_role("button", name=re.compile("Name and ports"))).to_be_visible()
        anna.picture("setup-steps")
        assert not _violations(anna, "set-up")
        expect(page.get_by_text("to mend").first).to_be_visible()  # DNS has answered
        _open(page, "Records in DNS")
        expect(page.get_by_role("button", name="Copy").first).to_be_visible()
        _open(page, "Ports that are open")
        page.get_by_role("button", name="Knock at the public address").click()
        expect(page.get_by_text("127.0.0.1 25 ", exact=False).first).to_be_visible()
        _certificate(anna.page, empty, tmp_path)
        _first_mails(anna.page, house)
        anna.go("/mail/anna@acme.example/inbox")  # left, and come back to
        anna.go(SETUP)
        expect(page.get_by_text("Both ways work")).to_be_visible()
        anna.go("/setup")
        page.wait_for_url("**/mail/**")
    with window(browser, house) as late:
        late.go(link[0])
        late.page.wait_for_url("**/signin**")
    assert house.run("setup", "code").returncode == 1


def _open(page: Page, step: str) -> Locator:
    """The head of a step that lies open; the first one to be done does so by itself."""
    head = page.locator("button[aria-expanded]").filter(has_text=step)
    expect(head).to_be_visible()
    _until_open(head, head.click)
    return head


def _until_open(head: Locator, press: Callable[[], None]) -> None:
    """It may open by itself at this very moment, and then our press closes it."""

    def is_open() -> bool:
        if head.get_attribute("aria-expanded") == "true":
            return True
        press()
        return False

    wait_for(is_open, 20, "it does not open")


def _certificate(page: Page, empty: Empty, tmp_path: Path) -> None:
    """What fails is said in words; what works is shown without a reload."""
    head = _open(page, "Certificate")
    get = page.get_by_role("button", name="Get the certificate")
    expect(get).to_be_disabled()
    page.get_by_label(re.compile("agree to the terms")).check()
    expect(get).to_be_enabled()
    house = empty.house
    house.must("certificate", "get", "--agree-to-terms", "--authority", "https://localhost:1/dir")
    page.reload()
    _open(page, "Certificate")
    expect(page.get_by_role("alert")).to_contain_text("The authority does not answer")
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    root = tmp_path / "root.pem"
    root.write_text(empty.pebble.trust)
    wish = ("--authority", empty.pebble.directory, "--trust", root)
    house.must("certificate", "get", "--agree-to-terms", *wish)
    page.reload()
    expect(head).to_contain_text("Valid until", timeout=30_000)


def _first_mails(page: Page, house: RunningPosthouse) -> None:
    house.must("member", "add", BEN, "--password-stdin", typed=PASSWORD)
    _open(page, "A mail out")
    page.get_by_label("Your address elsewhere").fill(BEN)
    page.get_by_role("button", name="Send the test mail").click()
    expect(page.get_by_text("Now answer it from")).to_be_visible(timeout=30_000)
    ben = house.imap(BEN)
    wait_for(lambda: len(list(all_messages(ben))) == 1, 20, "the test mail did not come")
    ((_, sent),) = all_messages(ben)
    ben.logout()
    asked = message_from_bytes(sent)
    answer = letter(
        message_id="answer@kunde.example",
        subject=f"Re: {asked['Subject']}",
        sender=BEN,
        references=asked["Message-ID"],
    )
    with house.smtp() as client:
        client.sendmail("li@kunde.example", [ANNA], answer)
    expect(page.get_by_text("The answer from")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(("language", "spoken"), [("en", "English"), ("zh-CN", "简体中文")])
def test_it_is_read_on_a_phone_and_in_both_languages(
    browser: Browser, empty: Empty, language: str, spoken: str
):
    for size, name in ((PHONE, "narrow"), ((1440, 900), "wide")):
        with window(browser, empty.house, locale=language, size=size) as anna:
            anna.go("/signin")
            anna.try_sign_in(ANNA, PASSWORD)
            anna.page.wait_for_url("**/mail/**")
            anna.go("/settings/profile")
            anna.page.get_by_role("button", name=spoken).click()
            expect(anna.page.locator("html")).to_have_attribute("lang", language)
            anna.go(SETUP)
            heads = anna.page.locator("h3 > button[aria-expanded]")
            expect(heads).to_have_count(6)
            expect(anna.page.get_by_text(re.compile("Asking|正在查询"))).to_have_count(0)
            for number in range(6):
                _until_open(heads.nth(number), partial(heads.nth(number).press, "Enter"))
            wider = anna.page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wider, "the page scrolls sideways"
            anna.picture(f"setup-{language}-{name}")
