"""Finding mail and people: search, contact and company pages, unknown senders, notes."""

import re
import smtplib
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from tests.support.page import OpenWindow, Window
from tests.support.running import RunningPosthouse

FANG = "wang.fang@jinghe.example"
EMILY = "emily.chen@jinghe.example"
SALES = "sales@jinghe.example"


@pytest.fixture
def fang(open_window: OpenWindow) -> Window:
    """Wang Fang, in Chinese."""
    opened = open_window(locale="zh-CN")
    opened.enter(FANG)
    return opened


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("振动超标", ["KX77 振动超标"]),
        ("报价 城北水厂", ["离心泵询价：城北水厂二期"]),
        ("from:sarah has:attachment", ["Spare parts for KX50"]),
        ("subject:投诉", ["KX77 振动超标"]),
        ("from:李伟 in:inbox", ["离心泵询价：城北水厂二期"]),
        ('"inspection plan" from:lukas', ["Ballast water pumps for hull 318"]),
        ("filename:备件清单2026", ["年度框架协议续签"]),
        ("Wirkungsgrad before:7d", ["Ausschreibung Trinkwasserpumpwerk Nord"]),
        ("投诉 -has:attachment", []),
        ("泵泵泵不存在", []),
    ],
)
def test_search(fang: Window, query: str, found: list[str]):
    fang.page.keyboard.press("/")
    field = fang.page.get_by_role("combobox", name="搜索")
    field.fill(query)
    field.press("Enter")
    if not found:
        expect(fang.page.get_by_text("没有找到。")).to_be_visible()
        return
    rows = fang.threads.get_by_role("option")
    expect(rows).to_have_count(len(found))
    for words in found:
        expect(fang.row(words)).to_have_count(1)
    rows.first.click()
    expect(fang.reader.locator("iframe").first).to_be_visible()


def test_search_offers_operators_and_says_what_is_wrong(fang: Window):
    fang.go("/search")
    expect(fang.page.get_by_text("subject:", exact=True)).to_be_visible()
    fang.picture("search-hints.zh")
    field = fang.page.get_by_role("combobox", name="搜索")
    field.press_sequentially("ha")
    fang.page.get_by_role("option", name=re.compile("has:")).click()
    expect(field).to_have_value("has:")
    fang.page.get_by_role("option", name=re.compile("has:attachment")).click()
    expect(field).to_have_value("has:attachment ")
    field.press("Enter")
    expect(fang.row("Ballast water pumps")).to_have_count(1)
    field = fang.page.get_by_role("combobox", name="搜索")
    field.fill("before:昨天吧")
    field.press("Enter")
    expect(fang.page.get_by_text("「昨天吧」不是日期")).to_be_visible()
    fang.picture("search-nothing.zh")


def test_a_search_has_an_address(fang: Window):
    fang.go("/search?q=from%3Asarah")
    expect(fang.row("Spare parts for KX50")).to_have_count(1)
    fang.row("Spare parts for KX50").click()
    address = fang.page.url
    fang.page.goto("about:blank")
    fang.page.goto(address)
    expect(fang.reader.get_by_role("heading", level=2)).to_contain_text("Spare parts for KX50")


def test_a_contact_tells_the_story(fang: Window):
    fang.go("/contacts")
    fang.picture("contacts.zh")
    fang.page.get_by_role("searchbox").or_(fang.page.get_by_placeholder("查找")).fill("李")
    fang.page.get_by_text("李伟", exact=True).click()
    expect(fang.page.get_by_role("heading", level=1)).to_have_text("李伟")
    expect(fang.page.get_by_text("高级采购工程师")).to_be_visible()
    timeline = fang.page.get_by_role("region", name="往来记录")
    events = timeline.get_by_role("listitem")
    expect(events).to_have_count(5)
    dates = timeline.get_by_role("heading")
    expect(dates.first).to_have_text("今天")
    expect(timeline.locator("figcaption")).to_contain_text("一年来信 3")
    fang.picture("contact.zh")

    note = timeline.get_by_role("textbox", name="记录备注、电话或会议…")
    note.fill("电话确认：下周三签约，带公章。")
    timeline.get_by_role("button", name="电话").first.click()
    timeline.get_by_role("button", name="保存").click()
    expect(events).to_have_count(6)
    expect(events.first).to_contain_text("下周三签约")
    filters = timeline.get_by_role("group", name="筛选")
    filters.get_by_role("button", name="电话").click()
    expect(events).to_have_count(1)
    filters.get_by_role("button", name="会议").click()
    expect(fang.page.get_by_text("没有这类记录。")).to_be_visible()
    filters.get_by_role("button", name="邮件").click()
    expect(events).to_have_count(5)


def test_a_note_is_read_whole_put_right_and_taken_out(fang: Window, open_window: OpenWindow):
    fang.go("/contacts?q=Whitfield")
    fang.page.get_by_text("Sarah Whitfield", exact=True).click()
    timeline = fang.page.get_by_role("region", name="往来记录")
    words = "第一行：谈了交期。\n" + "她问了很多细节。" * 40 + "\n最后一行：等她回电。"
    timeline.get_by_role("textbox").fill(words)
    timeline.get_by_role("group", name="类型").get_by_role("button", name="会议").click()
    timeline.get_by_role("button", name="保存").click()
    line = timeline.get_by_role("listitem").filter(has_text="谈了交期")
    line.get_by_role("button").click()
    last = line.get_by_text("等她回电。")
    expect(last).to_be_in_viewport()
    fang.picture("note-open.zh")
    line.get_by_role("button", name="编辑").click()
    line.get_by_label("内容").fill("谈了交期，她周五回电。")
    line.get_by_role("button", name="保存").click()
    expect(line.get_by_text("她周五回电。")).to_be_visible()
    expect(last).to_have_count(0)

    emily = open_window(locale="en-GB")
    emily.enter(EMILY)
    emily.page.goto(fang.page.url)
    theirs = emily.page.get_by_role("listitem").filter(has_text="她周五回电")
    theirs.get_by_role("button").click()
    expect(theirs.get_by_role("paragraph")).to_be_visible()
    expect(theirs.get_by_role("button", name="Edit")).to_have_count(0)

    line.get_by_role("button", name="删除").click()
    expect(line).to_have_count(0)
    fang.notice.get_by_role("button", name="撤销").click()
    expect(line).to_have_count(1)


def test_a_contact_is_edited_by_one_at_a_time(fang: Window, open_window: OpenWindow):
    emily = open_window(locale="en-GB")
    emily.enter(EMILY)
    for window in (fang, emily):
        window.go("/contacts?q=Okafor")
        window.page.get_by_text("Tom Okafor", exact=True).click()
        window.page.get_by_role("button", name=re.compile("^(编辑|Edit)$")).click()
    fang.page.get_by_label("职务").fill("应付账款主管")
    fang.page.get_by_role("button", name="保存").click()
    expect(fang.page.get_by_text("应付账款主管")).to_be_visible()
    emily.page.get_by_label("Title").fill("Head of Accounts")
    emily.page.get_by_role("button", name="Save").click()
    expect(emily.page.get_by_text("Somebody changed this contact meanwhile")).to_be_visible()
    emily.picture("contact-conflict.en")


def test_a_contact_is_put_right_and_put_back(fang: Window):
    page = fang.page
    fang.go("/contacts?q=Ingrid")
    page.get_by_text("Ingrid Hansen", exact=True).click()
    page.get_by_role("button", name="编辑").click()
    form = page.get_by_role("dialog", name="编辑 Ingrid Hansen")
    known = form.get_by_label("邮箱").input_value()
    form.get_by_label("邮箱").fill(f"{known}, li.wei@beifang-shuiwu.example")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("此邮箱已属于另一位联系人。")).to_be_visible()
    form.get_by_label("邮箱").fill(f"{known}, ingrid@home.example")
    form.get_by_label("备注").fill("周五不在。")
    fang.picture("contact-edit.zh")
    form.get_by_role("button", name="保存").click()
    expect(form).to_have_count(0)
    expect(page.get_by_text("ingrid@home.example")).to_be_visible()
    expect(page.get_by_text("周五不在。")).to_be_visible()

    page.get_by_role("button", name="编辑").click()
    form.get_by_label("邮箱").fill(known)
    form.get_by_role("button", name="移除 Nordsee Werft GmbH").click()
    form.get_by_role("combobox", name="公司").fill("北方")
    form.get_by_role("option", name=re.compile("北方水务集团")).click()
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_role("link", name="北方水务集团")).to_be_visible()
    expect(page.get_by_text("ingrid@home.example")).to_have_count(0)
    fang.notice.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("link", name="Nordsee Werft GmbH")).to_be_visible()
    expect(page.get_by_text("ingrid@home.example")).to_be_visible()


def test_a_company_is_put_right_and_put_back(fang: Window):
    page = fang.page
    fang.go("/companies")
    page.get_by_text("Stadtwerke Altmark", exact=True).click()
    page.get_by_role("button", name="编辑").click()
    form = page.get_by_role("dialog", name="编辑 Stadtwerke Altmark")
    domains = form.get_by_label("域名").input_value()
    form.get_by_label("域名").fill(f"{domains}, midlands-foods.example")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("其中有域名已属于另一家公司。")).to_be_visible()
    form.get_by_label("域名").fill(domains)
    form.get_by_label("名称").fill("Stadtwerke Altmark GmbH")
    form.get_by_label("网站").fill("https://altmark.example")
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stadtwerke Altmark GmbH")
    expect(page.get_by_text("https://altmark.example")).to_be_visible()
    fang.notice.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stadtwerke Altmark")
    expect(page.get_by_text("https://altmark.example")).to_have_count(0)


@pytest.mark.parametrize(
    ("place", "name", "button"),
    [
        ("contacts", "赵敏", "删除联系人"),
        ("companies", "北方水务集团", "删除公司"),
    ],
)
def test_what_was_deleted_comes_back(fang: Window, place: str, name: str, button: str):
    page = fang.page
    fang.go(f"/{place}?q={name}")
    page.get_by_text(name, exact=True).click()
    page.get_by_role("button", name=button).click()
    expect(fang.notice).to_contain_text(f"{name} 已删除")
    expect(page).to_have_url(re.compile(f"/{place}$"))
    expect(page.get_by_role("main").get_by_text(name, exact=True)).to_have_count(0)
    fang.notice.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("region", name="往来记录").get_by_role("listitem")).not_to_have_count(0)


def test_a_company_shows_its_people_and_their_history(fang: Window):
    fang.go("/companies")
    fang.page.get_by_text("Midlands Foods Ltd", exact=True).click()
    expect(fang.page.get_by_role("heading", level=1)).to_have_text("Midlands Foods Ltd")
    for name in ("Sarah Whitfield", "Tom Okafor"):
        expect(fang.page.get_by_role("link", name=re.compile(name))).to_be_visible()
    timeline = fang.page.get_by_role("region", name="往来记录")
    expect(timeline.get_by_role("listitem").filter(has_text="Spare parts")).to_have_count(3)
    fang.picture("company.zh")


def test_a_company_and_its_people_are_made(fang: Window):
    page = fang.page
    fang.go("/companies")
    page.get_by_role("button", name="新建公司").click()
    form = page.get_by_role("dialog", name="新建公司")
    form.get_by_label("名称").fill("东海造船有限公司")
    form.get_by_label("域名").fill("gmail.com")
    form.get_by_role("button", name="新建").click()
    expect(form.get_by_text("公共邮箱的域名不能使用")).to_be_visible()
    form.get_by_label("域名").fill("donghai.example，dh-ship.example")
    fang.picture("company-new.zh")
    form.get_by_role("button", name="新建").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("东海造船有限公司")
    expect(page.get_by_text("dh-ship.example")).to_be_visible()

    for name, address in (("陈海燕", "chen@donghai.example"), ("Chen Haiyan", "chy@mail.example")):
        fang.go("/contacts")
        page.get_by_role("button", name="新建联系人").click()
        form = page.get_by_role("dialog", name="新建联系人")
        form.get_by_label("名称").fill(name)
        form.get_by_label("邮箱").fill("no address")
        form.get_by_role("button", name="新建").click()
        expect(form.get_by_text("邮箱格式不正确。")).to_be_visible()
        form.get_by_label("邮箱").fill(address)
        form.get_by_role("combobox", name="公司").fill("东海")
        form.get_by_role("option", name=re.compile("东海造船")).click()
        fang.picture("contact-new.zh")
        form.get_by_role("button", name="新建").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_role("link", name="东海造船有限公司")).to_be_visible()

    fang.go("/contacts?q=陈海燕")
    page.get_by_text("陈海燕", exact=True).click()
    page.get_by_role("button", name="合并").click()
    form = page.get_by_role("dialog", name="将另一位联系人并入 陈海燕")
    form.get_by_role("combobox").fill("Haiyan")
    expect(form.get_by_role("option", name=re.compile("Chen Haiyan"))).to_be_visible()
    page.keyboard.press("Enter")
    result = form.get_by_role("region", name="合并后的样子")
    expect(result).to_contain_text("chy@mail.example")
    expect(result).to_contain_text("Chen Haiyan 将不再单独存在")
    fang.picture("contact-merge.zh")
    form.get_by_role("button", name="合并").click()
    expect(fang.notice).to_contain_text("Chen Haiyan 已并入 陈海燕。")
    # The dialog, which says it as well, may still be on its way out.
    expect(page.locator("dd").filter(has_text="chy@mail.example")).to_be_visible()
    fang.go("/contacts?q=Haiyan")
    expect(page.get_by_text("没有符合的联系人。")).to_be_visible()


def test_the_history_leads_to_where_a_thread_lies(open_window: OpenWindow):
    emily = open_window(locale="en-GB")
    emily.enter(EMILY)
    emily.go(f"/mail/{SALES}/inbox")
    emily.row("冷却泵").click()
    name = emily.customer.get_by_role("link").first
    expect(name).to_be_visible()
    name.click()
    story = emily.page.get_by_role("region", name="History")
    story.get_by_role("button", name=re.compile("冷却泵")).first.click()
    story.get_by_role("link", name="Open the thread").click()
    expect(emily.page).to_have_url(re.compile(f"/mail/{SALES}/inbox/"))
    expect(emily.row("冷却泵")).to_have_attribute("aria-selected", "true")


def test_an_unknown_sender_is_taken_in_or_ignored(demo: RunningPosthouse, fang: Window):
    with demo.smtp() as client:
        _write(client, "周静 <zhou.jing@haitian-pump.example>", "询价：屏蔽泵十台")
        _write(client, "Cold Caller <deals@coldcall.example>", "Grow your business")
    fang.row("询价：屏蔽泵十台").click()
    expect(fang.customer).to_contain_text("还不是联系人。")
    expect(fang.customer).to_contain_text("刚刚")
    fang.picture("unknown-sender.zh")
    fang.page.keyboard.press("y")
    expect(fang.notice).to_contain_text("已将 周静 建为联系人。")
    expect(fang.customer.get_by_text("还不是联系人。")).to_have_count(0)
    expect(fang.customer.get_by_role("link", name="周静")).to_be_visible()

    fang.row("Grow your business").click()
    expect(fang.customer).to_contain_text("还不是联系人。")
    fang.customer.get_by_role("button", name=re.compile("忽略此发件人")).click()
    expect(fang.notice).to_contain_text("今后不再显示 Cold Caller。")
    fang.go("/contacts?q=Cold")
    expect(fang.page.get_by_text("没有符合的联系人。")).to_be_visible()


def _write(client: smtplib.SMTP, sender: str, subject: str) -> None:
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = FANG
    letter["Subject"] = subject
    letter["Message-ID"] = f"<{abs(hash(subject))}@unknown.example>"
    letter.set_content("您好，请报价。\n")
    client.send_message(letter, sender.rpartition("<")[2].rstrip(">"), [FANG])
