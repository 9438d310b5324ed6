"""axe-core on every main screen, in both looks: no serious violation of WCAG 2.2 A and AA."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.page import PASSWORD, OpenWindow, Window

FANG = "wang.fang@jinghe.example"
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# Mail in its frame is the sender's; a frame without scripts cannot be looked into anyway.
LOOK_FOR = """() => axe.run(document, {
  iframes: false,
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
})"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_violation(open_window: OpenWindow, theme: str):
    window = open_window(locale="zh-CN", theme=theme)
    found: list[str] = []

    window.go("/signin")
    expect(window.page.locator("input[name=address]")).to_be_focused()
    found += _violations(window, "sign-in")
    window.try_sign_in(FANG, "wrong password")
    expect(window.page.get_by_role("alert")).to_be_visible()
    found += _violations(window, "sign-in refused")

    window.sign_in(FANG, PASSWORD)
    expect(window.threads).to_be_visible()
    found += _violations(window, "inbox")
    window.page.keyboard.press("j")
    expect(window.reader.locator("iframe").first).to_be_visible()
    expect(window.page.get_by_role("complementary").get_by_role("heading").first).to_be_visible()
    found += _violations(window, "reader")
    window.page.keyboard.press("r")
    expect(window.page.get_by_role("textbox", name="正文")).to_be_focused()
    window.page.keyboard.type("Dear customer")
    expect(window.page.get_by_text("草稿已保存")).to_be_visible()
    found += _violations(window, "answer")
    window.page.keyboard.press("Control+Shift+D")
    expect(window.notice.get_by_role("button", name="撤销")).to_be_visible()
    found += _violations(window, "undo")
    window.page.keyboard.press("c")
    expect(window.page.get_by_role("combobox", name="收件人")).to_be_focused()
    window.page.keyboard.type("lu")
    expect(window.page.get_by_role("option", name="Lukas Brandt Nordsee Werft")).to_be_visible()
    found += _violations(window, "composer")
    window.page.keyboard.press("Escape")
    window.page.keyboard.press("Escape")
    expect(window.page.get_by_role("combobox", name="收件人")).to_be_hidden()
    window.page.keyboard.press("Control+k")
    expect(window.page.get_by_role("dialog")).to_be_visible()
    found += _violations(window, "palette")
    window.page.keyboard.press("Escape")
    expect(window.page.get_by_role("dialog")).to_be_hidden()
    window.page.keyboard.press("?")
    expect(window.page.get_by_role("dialog")).to_be_visible()
    found += _violations(window, "help")

    for name, path in (
        ("search", "/search?q=pump"),
        ("search hints", "/search"),
        ("contacts", "/contacts"),
        ("companies", "/companies"),
        ("settings", "/settings/profile"),
        ("look", "/settings/look"),
        ("signature", "/settings/signature"),
        ("security", "/settings/security"),
        ("domains", "/settings/domains"),
        ("addresses", "/settings/addresses"),
        ("relays", "/settings/relays"),
        ("accounts", "/settings/accounts"),
        ("wall", "/settings/wall"),
        ("nowhere", "/nowhere"),
    ):
        window.go(path)
        expect(window.page.locator("h1, h2, [data-row], input, p").first).to_be_visible()
        found += _violations(window, name)
    window.go("/settings/rules")
    window.page.get_by_role("button", name="新建规则").click()
    for field in ("附件", "收到时", "收到时刻"):
        window.page.get_by_role("combobox", name="邮件的哪一部分").last.click()
        window.page.get_by_role("option", name=field, exact=True).click()
        window.page.get_by_role("button", name="添加条件").click()
    window.page.get_by_role("combobox", name="操作").first.click()
    window.page.get_by_role("option", name="发邮件提醒").click()
    found += _violations(window, "rule")
    window.page.keyboard.press("Escape")
    window.go("/contacts?q=Lukas")
    window.page.get_by_text("Lukas Brandt", exact=True).click()
    expect(
        window.page.get_by_role("region", name="往来记录").get_by_role("listitem").first
    ).to_be_visible()
    found += _violations(window, "contact")
    assert not found, "\n".join(found)


def _violations(window: Window, screen: str) -> list[str]:
    """One line for each serious violation on the screen."""
    window.page.evaluate(AXE.read_text(encoding="utf-8"))
    result = window.page.evaluate(LOOK_FOR)
    return [
        f"{screen}: {violation['id']}: {node['html'][:160]} | {node['failureSummary'][:300]}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
