"""Writing: chips, drafts that outlive the window, pictures, files, sending later, undo."""

import base64
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from posthouse.commands.demo.files import png
from tests.support.page import PASSWORD, OpenWindow, Window
from tests.support.running import RunningPosthouse

EMILY = "emily.chen@jinghe.example"
PASTE_PICTURE = """(element, data) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0))
  const clipboard = new DataTransfer()
  clipboard.items.add(new File([bytes], 'Foto.png', { type: 'image/png' }))
  element.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData: clipboard, bubbles: true, cancelable: true }))
}"""


@pytest.fixture
def emily(open_window: OpenWindow) -> Window:
    """Emily Chen, in English."""
    opened = open_window(locale="en-GB")
    opened.enter(EMILY)
    return opened


def test_recipients_become_chips(emily: Window):
    composer = _write(emily)
    to = composer.get_by_role("combobox", name="To", exact=True)
    expect(to).to_be_focused()
    emily.page.keyboard.type("luk")
    hit = composer.get_by_role("option", name=re.compile("Lukas Brandt"))
    expect(hit).to_contain_text("Nordsee Werft GmbH · lukas.brandt@nordsee-werft.example")
    emily.picture("write-suggestions.en")
    emily.page.keyboard.press("Enter")
    emily.page.keyboard.insert_text("赵")
    expect(composer.get_by_role("option", name=re.compile("赵敏"))).to_be_visible()
    emily.page.keyboard.press("Tab")
    emily.page.keyboard.type("new.customer@somewhere.example,")
    emily.page.keyboard.type("not an address")
    emily.page.keyboard.press("Enter")
    chips = composer.get_by_role("list", name="To").get_by_role("listitem")
    expect(chips).to_have_text(
        ["Lukas Brandt", "赵敏", "new.customer@somewhere.example", "not an address"]
    )
    expect(chips.nth(3)).to_have_attribute("title", "This is no mail address.")
    composer.get_by_role("button", name="Send", exact=True).click()
    question = emily.page.get_by_role("dialog", name="“not an address” is no mail address.")
    expect(question).to_be_visible()
    emily.picture("write-bad-address.en")
    question.get_by_role("button", name="Back to the mail").click()
    to.focus()
    emily.page.keyboard.press("Backspace")
    expect(chips).to_have_count(3)
    composer.get_by_role("button", name="Remove Lukas Brandt").click()
    expect(chips).to_have_text(["赵敏", "new.customer@somewhere.example"])
    _discard(emily, composer)


def test_suggestions_are_of_what_is_typed_also_on_a_slow_line(emily: Window):
    composer = _write(emily)
    options = composer.get_by_role("option")
    emily.page.keyboard.type("lu")
    expect(options.filter(has_text="Lukas Brandt")).to_have_count(1)
    emily.page.route("**/api/v1/contacts?*", lambda route: None)
    emily.page.keyboard.type("k")
    expect(options).to_have_text(re.compile("Lukas Brandt"))
    emily.page.keyboard.press("Backspace")
    emily.page.keyboard.press("Backspace")
    emily.page.keyboard.press("Backspace")
    emily.page.keyboard.insert_text("sara")
    expect(options).to_have_count(0)
    emily.page.unroute("**/api/v1/contacts?*")  # which also lets go what was held
    expect(options.filter(has_text="Sarah Whitfield")).to_have_count(1)
    emily.page.keyboard.press("Enter")
    chips = composer.get_by_role("list", name="To").get_by_role("listitem")
    expect(chips).to_have_text(["Sarah Whitfield"])
    _discard(emily, composer)


def test_a_draft_survives_the_window(emily: Window, tmp_path: Path):
    composer = _write(emily)
    emily.page.keyboard.type("lukas.brandt@nordsee-werft.example,")
    composer.get_by_role("textbox", name="Subject").fill("Draft that survives 草稿")
    composer.get_by_role("textbox", name="Text of the mail").click()
    emily.page.keyboard.insert_text("Half a sentence, 半句话")
    plan = tmp_path / "Zeichnung Größe 318.txt"
    plan.write_text("drawing")
    _attach(emily, composer, plan)
    expect(composer.get_by_role("status").filter(has_text="Draft saved")).to_be_visible()
    emily.page.reload()
    emily.page.get_by_role("link", name=re.compile("Drafts")).first.click()
    emily.page.get_by_role("button", name=re.compile("Draft that survives")).click()
    composer = emily.page.locator("[data-composer]")
    expect(composer.get_by_role("textbox", name="Subject")).to_have_value(
        "Draft that survives 草稿"
    )
    expect(composer.get_by_role("textbox", name="Text of the mail")).to_contain_text("半句话")
    expect(composer.get_by_role("list", name="To").get_by_role("listitem")).to_have_count(1)
    expect(composer.get_by_text("7 B")).to_be_visible()
    emily.picture("write-draft-again.en")
    _discard(emily, composer)


def test_pictures_lie_in_the_text_and_sending_can_be_undone(emily: Window, tmp_path: Path):
    composer = _write(emily)
    emily.page.keyboard.type("li.wei@beifang-shuiwu.example,")
    composer.get_by_role("textbox", name="Subject").fill("A picture in the text")
    text = composer.get_by_role("textbox", name="Text of the mail")
    text.click()
    emily.page.keyboard.type("See here: ")
    text.evaluate(PASTE_PICTURE, base64.b64encode(png(80, 50, (11, 122, 75))).decode())
    expect(text.locator("img[src]")).to_be_visible()
    assert text.locator("img[src]").evaluate("image => image.naturalWidth") == 80
    composer.get_by_role("button", name="Bold").click()
    emily.page.keyboard.type("bold")
    expect(text.locator("strong")).to_have_text("bold")
    emily.picture("write-picture.en")
    composer.get_by_role("button", name="Send", exact=True).click()
    expect(composer).to_have_count(0)
    expect(emily.notice).to_contain_text("Sent to")
    emily.notice.get_by_role("button", name="Undo").click()
    expect(emily.notice).to_contain_text("Called back. It has not left.")
    expect(text.locator("img[src]")).to_be_visible()
    expect(text).to_contain_text("See here")
    expect(composer.get_by_role("textbox", name="Subject")).to_have_value("A picture in the text")
    emily.picture("write-called-back.en")
    _discard(emily, composer)


def test_an_undone_letter_never_leaves(demo: RunningPosthouse, emily: Window):
    with demo.imap(EMILY, PASSWORD) as client:
        client.select("Sent", readonly=True)
        assert client.uid("SEARCH", "SUBJECT", '"A picture in the text"')[1] == [b""]


def test_send_later_waits_for_its_moment(emily: Window):
    composer = _write(emily)
    emily.page.keyboard.type("li.wei@beifang-shuiwu.example,")
    composer.get_by_role("textbox", name="Subject").fill("For tomorrow morning")
    composer.get_by_role("textbox", name="Text of the mail").fill("Good morning!")
    composer.get_by_role("button", name="Send later").click()
    menu = emily.page.get_by_role("dialog", name="Send later")
    expect(menu.get_by_role("button", name=re.compile("Tomorrow morning"))).to_be_visible()
    emily.picture("write-later.en")
    menu.get_by_role("button", name=re.compile("Tomorrow morning")).click()
    expect(emily.notice).to_contain_text("Will be sent")
    emily.notice.get_by_role("button", name="Undo").click()
    expect(composer.get_by_role("textbox", name="Subject")).to_have_value("For tomorrow morning")
    _discard(emily, composer)


def test_what_is_forgotten_is_asked_for(emily: Window):
    composer = _write(emily)
    composer.get_by_role("button", name="Send", exact=True).click()
    question = emily.page.get_by_role("dialog", name="Nobody would get this mail.")
    question.get_by_role("button", name="Back to the mail").click()
    composer.get_by_role("combobox", name="To", exact=True).fill("li.wei@beifang-shuiwu.example")
    composer.get_by_role("textbox", name="Subject").fill("Offer")
    composer.get_by_role("textbox", name="Text of the mail").fill("请见附件。")
    composer.get_by_role("button", name="Send", exact=True).click()
    question = emily.page.get_by_role("dialog", name="Nothing is attached.")
    expect(question.get_by_role("button", name="Send anyway")).to_be_visible()
    emily.picture("write-nothing-attached.en")
    question.get_by_role("button", name="Back to the mail").click()
    _discard(emily, composer)


def test_the_tools_keep_to_a_narrow_letter(open_window: OpenWindow):
    window = open_window(locale="en-GB", size=(800, 1100))
    window.enter(EMILY)
    window.go("/mail/sales@jinghe.example/inbox")
    window.threads.get_by_role("option").first.click()
    expect(window.reader.locator("iframe").first).to_be_visible()
    window.page.keyboard.press("r")
    letter = window.page.locator("[data-composer]")
    expect(letter.get_by_role("button", name="Bold")).to_be_visible()
    frame = letter.bounding_box()
    assert frame is not None
    boxes = [tool.bounding_box() for tool in letter.locator("footer button").all()]
    tools = [box for box in boxes if box is not None]
    assert len(tools) == len(boxes) > 10
    for number, box in enumerate(tools):
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert all(apart(box, other) for other in tools[:number])
    window.picture("write-narrow.en")


def apart(one: FloatRect, other: FloatRect) -> bool:
    """Whether two boxes do not lie over each other."""
    return (
        one["x"] + one["width"] <= other["x"]
        or other["x"] + other["width"] <= one["x"]
        or one["y"] + one["height"] <= other["y"]
        or other["y"] + other["height"] <= one["y"]
    )


def test_on_a_phone_the_letter_fills_the_screen(open_window: OpenWindow):
    phone = open_window(locale="zh-CN", size=(390, 844))
    phone.enter(EMILY)
    phone.go("/contacts")
    phone.page.get_by_text("李伟", exact=True).click()
    phone.page.get_by_role("button", name=re.compile("^(写信|Write)$")).click()
    composer = phone.page.locator("[data-composer]")
    box = composer.bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["height"]) == (0, 390, 844)
    phone.picture("write-phone")
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390


def _write(window: Window) -> Locator:
    window.page.keyboard.press("c")
    composer = window.page.locator("[data-composer]")
    expect(composer.get_by_role("combobox", name="To", exact=True)).to_be_focused()
    return composer


def _attach(window: Window, composer: Locator, file: Path) -> None:
    with window.page.expect_file_chooser() as chooser:
        composer.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(file)
    expect(
        composer.get_by_role("list", name="1 attachment").get_by_role("progressbar")
    ).to_have_count(0)


def _discard(window: Window, composer: Locator) -> None:
    composer.get_by_role("button", name="Discard draft").click()
    expect(composer).to_have_count(0)


def test_a_mail_programs_draft_is_written_on(demo: RunningPosthouse, emily: Window):
    begun = EmailMessage()
    begun["From"], begun["To"] = EMILY, "Sarah Whitfield <s.whitfield@midlands-foods.example>"
    begun["Subject"] = "Begun on the train"
    begun.set_content("Dear Sarah,\n\nthe seals are")
    begun.add_attachment("a;b\n1;2\n", subtype="csv", filename="seals.csv")
    with demo.imap(EMILY, PASSWORD) as client:
        client.append("Drafts", r"(\Draft \Seen)", None, begun.as_bytes())
    emily.go(f"/mail/{EMILY}/drafts")
    emily.row("Begun on the train").click()
    emily.picture("write-program-draft.en")
    emily.reader.get_by_role("button", name="Go on writing").click()
    letter = emily.page.locator("[data-composer]")
    expect(letter.get_by_text("Sarah Whitfield")).to_be_visible()
    expect(letter.get_by_role("textbox", name="Subject")).to_have_value("Begun on the train")
    expect(letter.get_by_text("seals.csv")).to_be_visible()
    expect(letter.locator("[contenteditable]")).to_contain_text("the seals are")
    expect(emily.row("Begun on the train")).to_have_count(0)
    expect(emily.reader).to_have_count(0)
    letter.locator("[contenteditable]").press("Control+End")
    emily.page.keyboard.type(" on their way.")
    expect(letter.get_by_text("Draft saved")).to_be_visible()
    letter.get_by_role("button", name="Discard draft").click()
    emily.go(f"/mail/{EMILY}/trash")
    expect(emily.row("Begun on the train")).to_have_count(1)
