"""The daily acts without touching the mouse."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.page import PASSWORD, OpenWindow, Window

FANG = "wang.fang@jinghe.example"


@pytest.fixture
def fang(open_window: OpenWindow) -> Window:
    """Wang Fang at her desk; nothing below uses a pointer."""
    opened = open_window(locale="zh-CN")
    opened.go("/signin")
    expect(opened.page.locator("input[name=address]")).to_be_focused()
    opened.page.keyboard.type(FANG)
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.type(PASSWORD)
    opened.page.keyboard.press("Enter")
    expect(opened.threads.get_by_role("option").first).to_be_visible()
    return opened


def test_j_and_k_move_and_enter_opens(fang: Window):
    rows = fang.threads.get_by_role("option")
    fang.page.keyboard.press("Enter")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    fang.page.keyboard.press("j")
    fang.page.keyboard.press("j")
    expect(rows.nth(2)).to_have_attribute("aria-selected", "true")
    fang.page.keyboard.press("k")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    subject = rows.nth(1).locator("span").filter(has_text=re.compile(".+")).nth(2).inner_text()
    expect(fang.reader.get_by_role("heading", level=2)).to_be_visible()
    assert subject
    fang.page.keyboard.press("Enter")
    expect(fang.page.locator("#reader")).to_be_focused()
    fang.page.keyboard.press("u")
    expect(fang.reader).to_have_count(0)


def test_e_archives_and_z_takes_it_back(fang: Window):
    words = "This week: IE5 motors"
    expect(fang.row(words)).to_have_count(1)
    selected, before = fang.threads.get_by_role("option", selected=True), "none"
    for _ in range(60):  # what other tests delivered lies above it
        fang.page.keyboard.press("j")
        expect(selected).not_to_have_id(before)
        before = selected.get_attribute("id") or ""
        if fang.row(words).get_attribute("aria-selected") == "true":
            break
    expect(fang.row(words)).to_have_attribute("aria-selected", "true")
    fang.page.keyboard.press("e")
    expect(fang.row(words)).to_have_count(0)
    expect(fang.notice).to_contain_text("已归档 1 封。")
    expect(fang.reader).to_be_visible()
    fang.picture("keys-archived.zh")
    with fang.page.expect_response("**/api/v1/threads/acts"):
        fang.page.keyboard.press("z")
        expect(fang.row(words)).to_have_count(1)
    fang.page.reload()
    expect(fang.row(words)).to_have_count(1)


def test_several_at_once_with_x(fang: Window):
    rows = fang.threads.get_by_role("option")
    # By what they are, not by where they stand: what other tests have sent may still come in above.
    one, other = (fang.page.locator(f"[id='{rows.nth(n).get_attribute('id')}']") for n in (0, 1))
    one.click()
    expect(one).to_have_attribute("aria-selected", "true")
    fang.page.keyboard.press("x")
    fang.page.keyboard.press("j")
    expect(other).to_have_attribute("aria-selected", "true")
    fang.page.keyboard.press("x")
    expect(fang.page.get_by_text("已选 2 封")).to_be_visible()
    fang.picture("keys-selected.zh")
    fang.page.keyboard.press("e")
    expect(fang.notice).to_contain_text("已归档 2 封。")
    expect(one).to_have_count(0)
    expect(other).to_have_count(0)
    with fang.page.expect_response("**/api/v1/threads/acts"):
        fang.page.keyboard.press("z")
        expect(one).to_have_count(1)
        expect(other).to_have_count(1)


def test_r_answers_and_escape_puts_it_aside(fang: Window):
    fang.page.keyboard.press("j")
    expect(fang.reader.locator("iframe").first).to_be_visible()
    fang.page.keyboard.press("r")
    text = fang.page.get_by_role("textbox", name="正文")
    expect(text).to_be_focused()
    fang.page.keyboard.press("Escape")
    expect(text).to_have_count(0)
    expect(fang.reader.get_by_role("button", name=re.compile("^草稿"))).to_have_count(0)
    fang.page.keyboard.press("r")
    expect(text).to_be_focused()
    fang.page.keyboard.type("jkec?/ are only letters here")
    expect(text).to_contain_text("jkec?/ are only letters here")
    fang.page.keyboard.press("Escape")
    expect(text).to_have_count(0)
    expect(fang.notice).to_contain_text("已存入草稿。")
    kept = fang.reader.get_by_role("button", name=re.compile("草稿.*only letters"))
    expect(kept).to_be_visible()
    kept.focus()
    fang.page.keyboard.press("Enter")
    expect(text).to_contain_text("jkec?/ are only letters here")
    expect(text).to_be_focused()
    fang.page.keyboard.press("Control+Shift+D")
    expect(text).to_have_count(0)
    expect(fang.notice).to_contain_text("草稿已丢弃。")


def test_c_writes_a_new_mail(fang: Window):
    fang.page.keyboard.press("c")
    expect(fang.page.get_by_role("combobox", name="收件人")).to_be_focused()
    fang.page.keyboard.press("Escape")
    expect(fang.page.locator("[data-composer]")).to_have_count(0)


def test_g_goes_and_slash_searches(fang: Window):
    fang.act("gc")
    expect(fang.page).to_have_url(re.compile("/contacts$"))
    expect(fang.page.get_by_role("heading", name="联系人")).to_be_visible()
    fang.page.keyboard.press("j")
    fang.page.keyboard.press("k")
    fang.act("go")
    expect(fang.page).to_have_url(re.compile("/companies$"))
    fang.act("gi")
    expect(fang.page).to_have_url(re.compile("/inbox$"))
    fang.page.keyboard.press("/")
    field = fang.page.get_by_role("combobox", name="搜索")
    expect(field).to_be_focused()
    fang.page.keyboard.insert_text("振动")
    fang.page.keyboard.press("Enter")
    expect(fang.page).to_have_url(re.compile("/search\\?q="))
    expect(fang.row("KX77 振动超标")).to_have_count(1)
    fang.page.keyboard.press("j")
    expect(fang.reader.get_by_role("heading", level=2)).to_contain_text("KX77 振动超标")


def test_everything_has_a_name_in_the_palette(fang: Window):
    fang.page.keyboard.press("Control+k")
    palette = fang.page.get_by_role("dialog", name="命令面板")
    expect(palette.get_by_role("combobox")).to_be_focused()
    expect(palette.get_by_role("option", name="联系人")).to_contain_text("G")
    fang.picture("keys-palette.zh")
    fang.page.keyboard.insert_text("设置")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("设置")
    fang.page.keyboard.press("Enter")
    expect(fang.page).to_have_url(re.compile("/settings/profile$"))
    expect(palette).to_have_count(0)


def test_the_palette_finds_people(fang: Window):
    fang.page.keyboard.press("Control+k")
    palette = fang.page.get_by_role("dialog", name="命令面板")
    expect(palette.get_by_role("combobox")).to_be_focused()
    fang.page.keyboard.insert_text("赵敏")
    found = palette.get_by_role("option", name=re.compile("北方水务集团"))
    expect(found).to_have_attribute("aria-selected", "true")
    fang.page.keyboard.press("Enter")
    expect(fang.page.get_by_role("heading", level=1)).to_contain_text("赵敏")


def test_question_mark_lists_the_keys_and_escape_closes(fang: Window):
    fang.page.keyboard.press("?")
    sheet = fang.page.get_by_role("dialog", name="键盘快捷键")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("term").filter(has_text="归档").first).to_be_visible()
    fang.picture("keys-help.zh")
    fang.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_tab_reaches_the_mail_by_one_link(fang: Window):
    fang.page.reload()
    expect(fang.threads).to_be_visible()
    fang.page.keyboard.press("Tab")
    expect(fang.page.get_by_role("link", name="跳到正文")).to_be_focused()
    fang.page.keyboard.press("Enter")
    fang.page.keyboard.press("Tab")
    expect(fang.page.locator("#work:focus-within")).to_have_count(1)
