"""One's own settings, and the door: language, look, signature, sessions, wrong passwords."""

import imaplib
import re

import pytest
from playwright.sync_api import expect

from tests.support.page import OpenWindow, Window
from tests.support.running import RunningPosthouse

PASSWORD = "a long enough phrase"
NEW_PASSWORD = "an even longer phrase"
HELEN = "helen.wu@jinghe.example"
LOCKED = "peter.lang@jinghe.example"
PHONES = "lin.phones@jinghe.example"
CHINESE = "chen.phones@jinghe.example"


@pytest.fixture(scope="module", autouse=True)
def members(demo: RunningPosthouse) -> None:
    """Two more members, so that nobody else's settings change."""
    for address in (HELEN, LOCKED):
        demo.must("member", "add", address, "--password-stdin", typed=PASSWORD)


@pytest.fixture
def helen(open_window: OpenWindow) -> Window:
    """A member whose settings nobody else needs."""
    opened = open_window(locale="en-GB")
    opened.sign_in(HELEN, PASSWORD)
    return opened


def test_the_language_changes_at_once_and_stays(helen: Window, open_window: OpenWindow):
    helen.go("/settings/profile")
    for language, heading in (("English", "You"), ("简体中文", "个人资料"), ("English", "You")):
        helen.page.get_by_role("button", name=language).click()
        expect(helen.page.get_by_role("heading", level=2)).to_have_text(heading)
    expect(helen.page.locator("html")).to_have_attribute("lang", "en")
    helen.page.get_by_role("button", name="简体中文").click()
    expect(helen.page.get_by_role("heading", level=2)).to_have_text("个人资料")
    expect(helen.page.locator("html")).to_have_attribute("lang", "zh-CN")
    helen.picture("settings-profile.zh")
    elsewhere = open_window(locale="en-GB")
    elsewhere.sign_in(HELEN, PASSWORD)
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("收件箱")
    elsewhere.go("/settings/profile")
    elsewhere.page.get_by_role("button", name="English").click()
    expect(elsewhere.page.get_by_role("heading", level=2)).to_have_text("You")


def test_what_to_enter_in_a_mail_program(helen: Window, demo: RunningPosthouse):
    helen.go("/settings/programs")
    main = helen.page.get_by_role("main")
    for listener in ("imaps", "imap", "pop3s", "pop3", "submissions", "submission"):
        expect(main).to_contain_text(f": {demo.ports[listener]}")
    expect(main).to_contain_text(HELEN)
    with helen.page.expect_download() as download:
        helen.page.get_by_role("link", name="Download profile").click()
    assert download.value.suggested_filename == "mail.mobileconfig"
    assert HELEN.encode() in download.value.path().read_bytes()
    helen.picture("settings-programs")


def test_the_theme_changes_at_once_and_stays(helen: Window):
    helen.go("/settings/look")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = helen.page.evaluate(ground)
    helen.page.get_by_role("button", name="Dark").click()
    expect(helen.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = helen.page.evaluate(ground)
    assert light != dark
    helen.page.reload()
    expect(helen.page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert helen.page.evaluate(ground) == dark
    helen.picture("settings-look-dark.en")
    helen.page.get_by_role("button", name="System").click()
    expect(helen.page.get_by_role("button", name="System")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_name_and_the_signature_stand_in_new_mail(helen: Window):
    helen.go("/settings/profile")
    helen.page.get_by_label("Name").fill("Helen Wu 吴海伦")
    helen.page.get_by_role("button", name="Save").click()
    expect(helen.notice).to_contain_text("Saved.")
    helen.go("/settings/signature")
    helen.page.get_by_role("textbox", name="Signature").click()
    helen.page.keyboard.insert_text("吴海伦 · Helen Wu, Jinghe")
    helen.page.get_by_role("button", name="Save").click()
    expect(helen.notice).to_contain_text("Saved.")
    helen.page.reload()
    expect(helen.page.get_by_role("heading", level=2)).to_be_visible()
    helen.page.keyboard.press("c")
    expect(helen.page.get_by_role("textbox", name="Text of the mail")).to_contain_text(
        "吴海伦 · Helen Wu"
    )
    helen.picture("settings-signature.en")
    helen.page.get_by_role("button", name="Discard draft").click()


def test_a_session_that_is_ended_is_signed_out(helen: Window, open_window: OpenWindow):
    lost = open_window(locale="en-GB", size=(1024, 768))
    lost.sign_in(HELEN, PASSWORD)
    lost.go("/contacts")
    expect(lost.page.get_by_role("cell").first).to_be_visible()
    helen.go("/settings/security")
    expect(helen.page.get_by_text("This one")).to_have_count(1)
    others = helen.page.get_by_role("button", name="End", exact=True)
    expect(others.first).to_be_visible()
    helen.picture("settings-security.en")
    while (left := others.count()) > 0:
        others.first.click()
        expect(others).to_have_count(left - 1)
    expect(helen.notice).to_contain_text("is signed out.")
    lost.page.reload()
    expect(lost.page).to_have_url(re.compile(r"/signin\?next=.*contacts"))
    lost.try_sign_in(HELEN, PASSWORD)
    expect(lost.page).to_have_url(re.compile("/contacts$"))


def test_a_password_is_changed_with_the_present_one(helen: Window):
    helen.go("/settings/security")
    helen.page.get_by_label("Present password").fill("not mine at all")
    helen.page.get_by_label("New password").fill(NEW_PASSWORD)
    helen.page.get_by_role("button", name="Change password").click()
    expect(helen.page.get_by_text("This is not your present password.")).to_be_visible()
    helen.page.get_by_label("Present password").fill(PASSWORD)
    helen.page.get_by_label("New password").fill("short")
    helen.page.get_by_role("button", name="Change password").click()
    expect(helen.page.get_by_label("New password")).to_have_attribute("aria-invalid", "true")
    helen.picture("settings-password-short.en")
    helen.page.get_by_label("New password").fill(NEW_PASSWORD)
    helen.page.get_by_role("button", name="Change password").click()
    expect(helen.notice).to_contain_text("Password changed.")
    helen.page.get_by_label("Present password").fill(NEW_PASSWORD)
    helen.page.get_by_label("New password").fill(PASSWORD)
    helen.page.get_by_role("button", name="Change password").click()
    expect(helen.notice.get_by_text("Password changed.")).to_have_count(2)


def test_wrong_passwords_are_answered_in_words_and_locked_out(open_window: OpenWindow):
    door = open_window(locale="zh-CN", size=(390, 844))
    door.go("/signin")
    door.try_sign_in(LOCKED, "guess 0 of many")
    alert = door.page.get_by_role("alert")
    expect(alert).to_have_text("邮箱地址与密码不匹配。")
    door.picture("signin-wrong.zh.390")
    for guess in range(1, 30):
        door.try_sign_in(LOCKED, f"guess {guess} of many")
        expect(door.page.locator("button[type=submit]")).to_be_enabled()
        expect(alert).to_have_text(re.compile("不匹配|尝试次数过多"))
        if "尝试次数过多" in alert.inner_text():
            break
    expect(alert).to_have_text("尝试次数过多，请稍等一分钟再试。")
    door.picture("signin-locked.zh.390")
    door.try_sign_in(LOCKED, PASSWORD)
    expect(alert).to_have_text("尝试次数过多，请稍等一分钟再试。")


def test_signing_out_leaves_nothing_behind(helen: Window):
    helen.page.get_by_role("button", name=re.compile("You: ")).click()
    helen.page.get_by_role("menuitem", name="Sign out").click()
    expect(helen.page).to_have_url(re.compile("/signin$"))
    helen.page.go_back()
    expect(helen.page).to_have_url(re.compile("/signin"))
    assert not [cookie for cookie in helen.context.cookies() if cookie["value"]]


def test_an_app_password_is_made_shown_once_and_revoked(
    open_window: OpenWindow, demo: RunningPosthouse
):
    """Its list says how it was used; the password of the page is asked for first."""
    demo.must("member", "add", PHONES, "--password-stdin", typed=PASSWORD)
    owner = open_window(locale="en-GB")
    owner.sign_in(PHONES, PASSWORD)
    owner.go("/settings/programs")
    page = owner.page
    page.get_by_role("button", name="New app password").click()
    page.get_by_label("Device or program").fill("Phone")
    page.get_by_label("Receiving (POP3)").uncheck()
    page.get_by_label("Present password").fill("not this one")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog")).to_contain_text("This is not your present password.")
    page.get_by_label("Present password").fill(PASSWORD)
    owner.picture("settings-app-password-new.en")
    page.get_by_role("button", name="Create").click()
    shown = page.locator("[data-secret]")
    word = shown.get_attribute("data-secret")
    assert word is not None
    expect(shown).to_have_text(word)
    owner.picture("settings-app-password.en")
    with imaplib.IMAP4("127.0.0.1", demo.ports["imap"]) as client:
        client.login(PHONES, word)
    page.get_by_role("button", name="Done").click()
    page.reload()
    listed = page.get_by_role("list", name="App passwords")
    expect(listed).to_contain_text("IMAP, SMTP, ManageSieve")
    expect(listed).to_contain_text("IMAP from 127.0.0.1")
    assert word not in page.content()
    owner.picture("settings-app-passwords.en")
    page.get_by_role("button", name="Revoke Phone").click()
    expect(page.get_by_text("Phone is signed out and cannot sign in again.")).to_be_visible()
    expect(listed).to_have_count(0)
    with (
        imaplib.IMAP4("127.0.0.1", demo.ports["imap"]) as client,
        pytest.raises(imaplib.IMAP4.error),
    ):
        client.login(PHONES, word)


def test_app_passwords_on_a_chinese_phone(open_window: OpenWindow, demo: RunningPosthouse):
    options = ("--language", "zh-CN", "--password-stdin")
    demo.must("member", "add", CHINESE, *options, typed=PASSWORD)
    word = demo.must("app-password", "add", CHINESE, "--name", "办公室 Outlook").strip()
    assert len(word) == 28
    owner = open_window(locale="zh-CN", size=(390, 844))
    owner.sign_in(CHINESE, PASSWORD)
    owner.go("/settings/programs")
    listed = owner.page.get_by_role("list", name="应用专用密码")
    expect(listed).to_contain_text("办公室 Outlook")
    listed.scroll_into_view_if_needed()
    owner.picture("settings-app-passwords-390.zh")
    owner.page.get_by_role("button", name="新建应用专用密码").click()
    owner.picture("settings-app-password-new-390.zh")
