"""Nothing there, too much there, nobody answering, nowhere to go; and every size of screen."""

import os
import re
import signal
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from playwright.sync_api import Route, expect

from tests.support.page import MIDDLE, PHONE, WIDE, OpenWindow, Window
from tests.support.running import RunningPosthouse, kill, wait_for

FANG = "wang.fang@jinghe.example"
EMILY = "emily.chen@jinghe.example"
SALES = "sales@jinghe.example"
LUKAS = "lukas.brandt@nordsee-werft.example"
LONG = (
    "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselanhänger" * 3,
    "关于贵司二零二六年度第四季度离心泵及其配套电机、减速机、联轴器、底座等设备采购合同补充协议签署事宜的第三次函告"
    * 3,
)
LONG_NAMES = (
    "Prof. Dr.-Ing. Hans-Jürgen Freiherr von und zu Müller-Lüdenscheidt-Wassermannsdorff",
    "内蒙古自治区呼伦贝尔市新巴尔虎左旗阿木古郎镇水利工程建设管理有限责任公司设备采购招标部",
)
# What still answers when a role is gone comes back by itself; here it must not, for a while.
GONE, BACK = 12_000, 45_000


@pytest.fixture
def emily(open_window: OpenWindow) -> Window:
    """Emily Chen, in English."""
    opened = open_window(locale="en-GB")
    opened.enter(EMILY)
    return opened


def test_an_empty_folder_says_so(emily: Window):
    emily.go(f"/mail/{EMILY}/trash")
    expect(emily.page.get_by_text("Trash is empty.")).to_be_visible()
    emily.picture("state-empty.en")


@pytest.mark.parametrize("size", [WIDE, MIDDLE, PHONE])
def test_long_words_keep_to_their_place(
    demo: RunningPosthouse, open_window: OpenWindow, size: tuple[int, int]
):
    with demo.smtp() as client:
        for number, (subject, name) in enumerate(zip(LONG, LONG_NAMES, strict=True)):
            _write(client, f"long-{size[0]}-{number}", f"{size[0]} {subject}", name)
    window = open_window(locale="zh-CN", size=size)
    window.enter(EMILY)
    for number, words in enumerate((f"{size[0]} Donau", f"{size[0]} 关于贵司")):
        row = window.row(words)
        expect(row).to_have_count(1)
        box = row.bounding_box()
        assert box is not None
        assert box["height"] == 60
        row.click()
        expect(window.reader.locator("iframe").first).to_be_visible()
        _nothing_sticks_out(window)
        window.picture(f"state-long-{number}.{size[0]}")
        if size == PHONE:
            window.page.go_back()


def test_unknown_addresses_lead_back(open_window: OpenWindow, emily: Window):
    missing = "01890000-0000-7000-8000-000000000000"
    for path in ("/nowhere/at/all", "/mail/nobody@jinghe.example/inbox", "/settings/nothing"):
        emily.go(path)
        expect(
            emily.page.get_by_role("heading", name="There is nothing at this address.")
        ).to_be_attached()
    emily.picture("state-unknown-address.en")
    emily.page.get_by_role("link", name="Go to the inbox").click()
    expect(emily.threads).to_be_visible()
    for path in (f"/contacts/{missing}", f"/companies/{missing}"):
        emily.go(path)
        expect(emily.page.get_by_role("alert")).to_contain_text("could not be opened")
        expect(emily.page.get_by_role("alert")).to_contain_text("no longer there, or you may not")
    emily.go(f"/mail/{EMILY}/inbox/{missing}")
    expect(emily.page.get_by_role("alert")).to_contain_text("The thread could not be opened.")
    emily.picture("state-thread-gone.en")


def test_another_workspace_is_as_if_it_were_not(emily: Window, open_window: OpenWindow):
    emily.page.goto(emily.origin + "/companies")
    emily.page.get_by_text("北方水务集团", exact=True).click()
    expect(emily.page.get_by_role("heading", level=1)).to_have_text("北方水务集团")
    lukas = open_window(locale="en-GB")
    lukas.enter(LUKAS)
    lukas.page.goto(emily.page.url)
    expect(lukas.page.get_by_role("alert")).to_contain_text("could not be opened")
    lukas.go(f"/mail/{EMILY}/inbox")
    expect(
        lukas.page.get_by_role("heading", name="There is nothing at this address.")
    ).to_be_visible()


def test_a_server_that_is_gone_is_told_and_comes_back(demo: RunningPosthouse, emily: Window):
    # The rest of the page comes by itself once nothing else is to do.
    wait_for(lambda: emily.page.evaluate(ALL_IS_FETCHED), 20, "the page does not fetch all of it")
    lost = emily.page.get_by_text("No connection to the server.")
    with _web_is_gone(demo):
        expect(lost).to_be_visible(timeout=GONE)
        emily.page.get_by_role("link", name="Companies").click()
        alert = emily.page.get_by_role("alert")
        expect(alert).to_contain_text("The companies could not be read.", timeout=GONE)
        expect(alert).to_contain_text("The server cannot be reached. Check the connection.")
        emily.picture("state-server-gone.en")
        emily.page.keyboard.press("c")
        composer = emily.page.locator("[data-composer]")
        composer.get_by_role("textbox", name="Subject").fill("Written without a server")
        expect(composer.get_by_text("Not saved: kept in this window")).to_be_visible()
    expect(lost).to_have_count(0, timeout=BACK)
    expect(emily.page.get_by_text("Midlands Foods Ltd")).to_be_visible(timeout=BACK)
    composer.get_by_role("textbox", name="Subject").fill("Written without a server, saved")
    expect(composer.get_by_text("Draft saved")).to_be_visible()
    composer.get_by_role("button", name="Discard draft").click()


def test_a_browser_that_is_offline_says_so_and_goes_on_by_itself(emily: Window):
    wait_for(lambda: emily.page.evaluate(ALL_IS_FETCHED), 20, "the page does not fetch all of it")
    emily.context.set_offline(True)
    emily.page.get_by_role("link", name="Companies").click()
    alert = emily.page.get_by_role("alert")
    expect(alert).to_contain_text("The server cannot be reached. Check the connection.")
    emily.context.set_offline(False)
    expect(emily.page.get_by_text("Midlands Foods Ltd")).to_be_visible()


def test_what_comes_while_the_line_was_cut_is_there_after_it(demo: RunningPosthouse, emily: Window):
    expect(emily.threads).to_be_visible()
    with _web_is_gone(demo), demo.smtp() as client:
        _write(client, "meanwhile", "Came while the line was cut", "Somebody")
    expect(emily.row("Came while the line was cut")).to_have_count(1, timeout=BACK)


def test_slow_answers_show_the_shape_of_what_comes(emily: Window):
    expect(emily.threads).to_be_visible()
    emily.page.route("**/api/v1/threads?*", lambda route: None)
    emily.page.get_by_role("link", name="Sent").click()
    expect(emily.page.get_by_role("status", name="Loading")).to_be_visible()
    emily.picture("state-loading.en")
    emily.page.unroute("**/api/v1/threads?*")  # which also lets go what was held
    expect(emily.page.get_by_text("Sent is empty.")).to_be_visible()


ALL_IS_FETCHED = (
    "performance.getEntriesByType('resource').some(({ name }) => /Windows-.*js/.test(name))"
)
SCREENS = {
    "inbox": "/mail/{mailbox}/inbox",
    "search": "/search?q=冷却循环泵",
    "contacts": "/contacts",
    "companies": "/companies",
    "settings": "/settings/profile",
}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_screen_fits(open_window: OpenWindow, language: str):
    address = FANG if language == "zh-CN" else EMILY
    mailbox, words = (FANG, "hull 318") if address == FANG else (SALES, "冷却泵")
    window = open_window(locale=language)
    window.go("/signin")
    expect(window.page.locator("input[name=address]")).to_be_focused()
    _in_every_size_and_look(window, f"signin.{language[:2]}")
    window.enter(address)
    for name, path in SCREENS.items():
        window.go(path.format(mailbox=mailbox))
        expect(window.page.locator("[data-row], [role=cell], h2").first).to_be_visible()
        _in_every_size_and_look(window, f"{name}.{language[:2]}")
    window.go(f"/mail/{mailbox}/inbox")
    window.row(words).click()
    expect(window.reader.locator("iframe").first).to_be_visible()
    expect(window.customer.get_by_role("listitem").first).to_be_visible()
    _in_every_size_and_look(window, f"thread.{language[:2]}")
    window.look("dark")
    ground = window.reader.locator("iframe").first.content_frame.locator("html")
    expect(ground).to_have_attribute("data-dark", re.compile(".*"))
    window.resize(PHONE)
    window.page.keyboard.press(".")  # at once: the key means what the window is now
    sheet = window.page.get_by_role("dialog")
    expect(sheet.get_by_role("listitem").first).to_be_visible()
    window.picture(f"screen-customer.{language[:2]}.390")
    window.resize(WIDE)
    expect(sheet).to_have_count(0)
    expect(window.customer).to_be_visible()
    window.resize(PHONE)
    expect(window.customer).to_have_count(0)
    expect(sheet).to_have_count(0)


def _in_every_size_and_look(window: Window, name: str) -> None:
    for size in (PHONE, MIDDLE, WIDE):
        window.resize(size)
        _nothing_sticks_out(window)
        for theme in ("dark", "light"):
            window.look(theme)
            window.picture(f"screen-{name}.{theme}.{size[0]}")


def _nothing_sticks_out(window: Window) -> None:
    """The page is never wider than the screen, once it has been drawn for it."""
    fits = "document.documentElement.scrollWidth <= innerWidth"
    wait_for(lambda: window.page.evaluate(fits), 10, f"{window.page.url} sticks out")


@contextmanager
def _web_is_gone(demo: RunningPosthouse) -> Iterator[None]:
    """The web process is killed, and its supervisor cannot start it again before the end."""
    supervisor = demo.pid_of("supervisor")
    web = demo.pid_of("web")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        kill(web)
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
        wait_for(lambda: _answers(demo), 60, "the web process does not come back")


def _answers(demo: RunningPosthouse) -> bool:
    try:
        demo.connect("http", timeout=2).close()
    except OSError:
        return False
    return True


def _write(client: smtplib.SMTP, key: str, subject: str, name: str) -> None:
    letter = EmailMessage()
    letter["From"] = f'"{name}" <{key}@elsewhere.example>'
    letter["To"] = EMILY
    letter["Subject"] = subject
    letter["Message-ID"] = f"<{key}@elsewhere.example>"
    letter.set_content("Sehr geehrte Frau Chen,\n\n请查收。\n")
    client.send_message(letter, f"{key}@elsewhere.example", [EMILY])


def test_what_came_while_the_first_list_was_on_its_way_is_seen(
    demo: RunningPosthouse, open_window: OpenWindow
):
    window = open_window(locale="en-GB")
    answers = 0

    def hold(route: Route) -> None:
        nonlocal answers
        answers += 1
        answer = route.fetch()
        if answers == 1:  # it is old by the time it is read, and the page has heard of more
            letter = EmailMessage()
            letter["From"], letter["To"] = "Ann <ann@late.example>", EMILY
            letter["Subject"] = "Later than the list"
            letter.set_content("Here I am.")
            with demo.smtp() as client:
                client.send_message(letter)
            time.sleep(1.5)
        route.fulfill(response=answer)

    window.page.route(re.compile(r"/threads\?"), hold)
    window.enter(EMILY)
    expect(window.row("Later than the list")).to_be_visible()
