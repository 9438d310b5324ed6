"""RTF as messages hold it: unpacked (MS-OXRTFCP), and what was wrapped into it (MS-OXRTFEX)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.outlook.errors import NotAMail
from posthouse.protocols.outlook.rtf import RtfKind, read_rtf
from posthouse.protocols.outlook.rtf_packed import unpack
from tests.support.outlook import packed_rtf

WRAPPED = rb"""{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0
{\fonttbl {\f0\fmodern Courier New;}{\f1\fswiss Arial;}{\f2\fnil\fcharset134 SimSun;}}
{\colortbl\red0\green0\blue0;\red0\green0\blue255;}
\uc1\pard\plain\deftab360 \f0\fs24
{\*\htmltag19 <html>}{\*\htmltag2 \par }
{\*\htmltag64 <p style="a:b">}\htmlrtf {\b \htmlrtf0 Pumps \'e4 \'80
{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 {\f2 \'b1\'a8\'bc\'db}\htmlrtf }\htmlrtf0
{\*\htmltag72 </p>}{\*\mhtmltag72 <p hidden>}\htmlrtf\par\htmlrtf0
{\*\htmltag27 </html>}}"""


def test_html_comes_out_as_it_went_in():
    kind, said = read_rtf(WRAPPED)
    assert kind is RtfKind.HTML
    assert said == '<html>\r\n<p style="a:b">Pumps \u00e4 \u20ac&nbsp;\u62a5\u4ef7</p></html>'


def test_wrapped_text():
    kind, said = read_rtf(rb"{\rtf1\ansi\fromtext \deff0{\fonttbl{\f0 Arial;}}one\par two\tab x}")
    assert (kind, said) == (RtfKind.TEXT, "one\r\ntwo\tx")


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg936 \'b1\'a8\'bc\'db}", "\u62a5\u4ef7"),
        (rb"{\rtf1\uc1 \u25253?\u20215\'3f!}", "\u62a5\u4ef7!"),
        (rb"{\rtf1\uc2 \u25253\'b1\'a8.}", "\u62a5."),
        (rb"{\rtf1\uc0 \u-10179 \u-8704 }", "\U0001f600"),
        (rb"{\rtf1 \{a\}\\\~b{\*\unknown hidden}{\pict 0102}c}", "{a}\\\u00a0bc"),
        (rb"{\rtf1 {\b bold} plain}", "bold plain"),
    ],
)
def test_plain_rtf(rtf, text):
    assert read_rtf(rtf) == (RtfKind.RTF, text)


@pytest.mark.parametrize(
    ("packed", "rtf"),
    [
        # MS-OXRTFCP 4.1.1 and 4.1.2
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b0"
            "6c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (
            "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
    ],
)
def test_the_examples_of_the_standard(packed, rtf):
    assert unpack(bytes.fromhex(packed)) == rtf


def test_what_is_not_packed_after_all():
    assert unpack(bytes.fromhex("0f000000030000004d454c4100000000") + b"{x}") == b"{x}"


@given(st.binary(max_size=5000))
def test_all_that_is_packed_comes_back(rtf):
    assert unpack(packed_rtf(rtf)) == rtf


@given(st.binary())
def test_nonsense(data):
    read_rtf(data)
    for head in (b"", bytes.fromhex("00000000ffff00004c5a467500000000")):
        with contextlib.suppress(NotAMail):
            unpack(head + data)


def test_time_grows_with_the_text():
    read_rtf(b"{" * 50_000 + rb"\u1?" * 50_000 + b"\\" * 50_001)
