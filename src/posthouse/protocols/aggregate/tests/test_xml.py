"""Hostile and broken XML."""

import contextlib
import time
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posthouse.protocols.aggregate import BadReport
from posthouse.protocols.aggregate.xml import Element, children_of, decode

NAMES = st.sampled_from(["feedback", "record", "row", "count", "a:b"])
PIECES = st.one_of(
    NAMES.map("<{}>".format),
    NAMES.map("</{}>".format),
    NAMES.map('<{} a="b>">'.format),
    st.sampled_from(["<", ">", "&", "&amp;", "&#65;", "&#xffffff;", "<!--", "-->", "<![CDATA["]),
    st.sampled_from(["]]>", "<?x", "?>", "/>", "'", '"', "text", "\x00", "中文"]),
)


def tree(text: str) -> list[Element]:
    return list(children_of(text, "feedback"))


@given(st.lists(PIECES, max_size=60).map("".join))
@example("<feedback><a></b></a>")
def test_any_text_is_read_or_refused(text: str):
    try:
        elements = tree(text)
    except BadReport:
        return
    assert all(element.name for element in elements)


@given(st.binary(max_size=200))
def test_any_bytes_are_text(data: bytes):
    assert isinstance(decode(data), str)


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "n:c"]), WORDS), max_size=8))
def test_what_a_writer_of_xml_wrote_is_read(pairs: list[tuple[str, str]]):
    root = ElementTree.Element("feedback")
    for name, text in pairs:
        ElementTree.SubElement(root, name).text = text
    written = ElementTree.tostring(root, encoding="unicode")
    read = [(each.name, each.text) for each in tree(written)]
    assert read == [(name.rpartition(":")[2], text) for name, text in pairs]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<feedback><a>1 &lt; 2 &amp;&#33;&#x4E2D;</a></feedback>", "1 < 2 &!中"),
        ("<feedback><a><![CDATA[<b>&amp;]]></a></feedback>", "<b>&amp;"),
        ("<feedback><a>x<!-- <a> -->y</a></feedback>", "xy"),
        ("<feedback><a>&other;&#0;</a></feedback>", "&other; "),
        ("<feedback><a>1<2</a></feedback>", "1<2"),
        ("<feedback x=\"a>b\"><A attr='>'>1</A></feedback>", "1"),
        ("<x><n:FEEDBACK><n:a>1</n:a></n:FEEDBACK><a>2</a>", "1"),
        ("<feedback><a><open>1</a></feedback>", ""),
        ("<feedback></stray><a>1</a>", "1"),
        ("<feedback><a>1", "1"),
        ("<feedback><a>1<!-- never ends", "1"),
    ],
)
def test_what_it_says(text: str, said: str):
    (element,) = tree(text)
    assert (element.name, element.text) == ("a", said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<other></other>",
        '<!DOCTYPE f [<!ENTITY x "lol">]><feedback><a>&x;</a></feedback>',
        '<!doctype f SYSTEM "file:///etc/passwd"><feedback></feedback>',
        "<feedback>" + "<a>" * 40,
        "<feedback><a>" + "<b/>" * 6000,
    ],
)
def test_what_is_refused(text: str):
    with pytest.raises(BadReport):
        tree(text)


@pytest.mark.parametrize(
    "piece", ["<", "<a ", '<a "', "<!--", "<![CDATA[", "&#", "</a>", "<a/>", "<a", "'<'", "<?"]
)
def test_the_time_is_linear(piece: str):
    """Twice as much takes no more than some times as long."""
    spent = []
    for size in (100_000, 400_000):
        text = "<feedback><record>" + piece * (size // len(piece))
        started = time.process_time()
        with contextlib.suppress(BadReport):
            tree(text)
        spent.append(time.process_time() - started)
    assert spent[1] < 12 * max(spent[0], 0.005)


def test_other_charsets():
    written = "<?xml version='1.0' encoding='{}'?><feedback><a>é中</a></feedback>"
    for charset in ("utf-8", "gb18030", "utf-16"):
        (element,) = tree(decode(written.format(charset).encode(charset)))
        assert element.text == "é中"
