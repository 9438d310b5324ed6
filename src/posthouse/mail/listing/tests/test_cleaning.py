"""HTML of mail: nothing runs, nothing loads, nothing leaves; quotes keep their marks."""

import json
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.listing.cleaning import Cleaned, clean_html
from posthouse.mail.listing.cleaning.html import _ATTRIBUTES, _TAGS
from posthouse.mail.listing.cleaning.style import clean_style


def clean(markup: str) -> Cleaned:
    cleaned = clean_html(
        markup, inline=lambda cid: f"/inline/{cid}" if cid == "known" else None, remote=_nowhere
    )
    assert cleaned is not None
    return cleaned


def _nowhere(_url: str) -> None:
    return None


class _Reader(HTMLParser):
    """Everything that stands in markup, tag by tag."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def assert_harmless(markup: str) -> None:
    reader = _Reader()
    reader.feed(markup)
    for tag, attributes in reader.tags:
        assert tag in _TAGS
        assert set(attributes) <= _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, set()) | {"rel"}
        style = attributes.get("style") or ""
        assert "url" not in style
        assert "(" not in style.replace("rgb(", "").replace("calc(", "").replace("rgba(", "")
        href = attributes.get("href") or "https://"
        assert href.lower().lstrip().startswith(("http://", "https://", "mailto:", "tel:"))
        source = attributes.get("src") or "/inline/known"
        assert source.startswith(("/inline/known", "data:image/")), source


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p onclick=x>a</p>", "<p>a</p>"),
        ("<script>evil()</script>a", "a"),
        ("<style>p{color:red}</style><p>a</p>", '<p style="color:red">a</p>'),
        ("<style>p{background:url(//t.example)}</style><p>a</p>", "<p>a</p>"),
        ("<style>@import 'http://t.example/a.css';</style><p>a</p>", "<p>a</p>"),
        ('<link rel=stylesheet href="http://t.example/a.css"><p>a</p>', "<p>a</p>"),
        ('<p style="position:fixed;top:0;color:red">a</p>', '<p style="color:red">a</p>'),
        ('<p style="background:\\75rl(http://t)">a</p>', "<p>a</p>"),
        ('<p class="gmail_quote MsoNormal">a</p>', '<p class="gmail_quote">a</p>'),
        ('<div id="divRplyFwdMsg">a</div>', '<div id="divRplyFwdMsg">a</div>'),
        ('<div id="cookie">a</div>', "<div>a</div>"),
        ('<img src="cid:known">', '<img src="/inline/known">'),
        ('<img src="cid:other">', "<img>"),
        ('<img src="file:///etc/passwd">', "<img>"),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4=">', "<img>"),
        ("<form action=//e.example><input name=p>a</form>", "a"),
        ("<iframe src=//e.example></iframe>a", "a"),
        ("<svg><a href='javascript:x'>b</a></svg>a", "a"),
        ('<meta http-equiv=refresh content="0;url=//e.example">a', "a"),
        ('<base href="//e.example">a', "a"),
        (
            '<table background="//t.example/x.png"><tr><td>a',
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
    ],
)
def test_what_is_left(markup: str, expected: str):
    assert clean(markup).html == expected


@pytest.mark.parametrize(
    "href",
    ["javascript:x", " java\tscript:x", "data:text/html,x", "/api/v1/me", "vbscript:x", "//e"],
)
def test_links_lead_outside_only(href: str):
    assert "href" not in clean(f'<a href="{href}">a</a>').html


def test_remote_images_are_counted_and_gone():
    cleaned = clean(
        '<img src="https://t.example/1.gif"><img src="//t.example/2.gif" srcset="//x 2x">'
    )
    assert (cleaned.remote_images, cleaned.html) == (2, "<img><img>")


def test_styles_by_declaration():
    assert (
        clean_style("color:red; background:#fff;POSITION:absolute") == "color:red;background:#fff"
    )
    assert (
        clean_style("width:calc(100% - 2px);height:expression(alert(1))")
        == "width:calc(100% - 2px)"
    )
    assert clean_style("color:rgb(1,2,3)) url(x") is None
    assert clean_style("margin-left:1px;-moz-binding:x") == "margin-left:1px"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 50_000,
        "".join(f"<font color={n}>" for n in range(5_000)) + "<p>x" * 5_000,
        "<table>" * 20_000,
        "<b>" * 3_000 + "<i>" * 3_000 + "<div>" * 900 + "x" * 10,
    ],
)
def test_what_no_browser_could_bear_is_not_shown(markup: str):
    started = time.process_time()
    clean_html(markup, inline=_nowhere, remote=_nowhere)
    assert time.process_time() - started < 2


@given(
    st.lists(
        st.sampled_from(
            [
                *"<>\"'/= ",
                *("script", "style", "svg", "math", "a", "img", "p", "table", "mglyph", "title"),
                *("onload", "href", "src", "javascript:", "x", "<!--", "-->", "<![CDATA[", "]]>"),
                *("</", "&lt;", "&#x6a;", "\x00", "noscript", "textarea", "url(", "style="),
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_no_mixture_is_harmful(markup: str):
    assert_harmless(clean(markup).html)


@pytest.mark.corpora
def test_what_others_know_of_attacks(corpora: Path):
    cases = json.loads((corpora / "dompurify" / "expect.json").read_text("utf-8"))
    assert len(cases) > 200
    for case in cases:
        cleaned = clean_html(case["payload"], inline=_nowhere, remote=_nowhere)
        assert_harmless(cleaned.html if cleaned else "")
