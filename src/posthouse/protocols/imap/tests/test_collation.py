"""i;unicode-casemap (RFC 5051)."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.collation import UNUSUAL, casemap


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Äpfel", "äPFEL"),
        ("A\u0308pfel", "äpfel"),
        ("ПРИВЕТ", "привет"),
        ("\uff50\uff4f\uff11\uff12", "PO12"),  # full width
        ("ǆ", "ǅ"),
        ("报价单", "报价单"),
    ],
)
def test_equal(one, other):
    assert casemap(one) == casemap(other)


def test_not_equal():
    assert casemap("straße") != casemap("strasse")  # simple title case: ß is no ss
    assert casemap("报价单") != casemap("報價單")


def test_order():
    assert sorted(["b", "A", "ä", "Z", "中"], key=casemap) == ["A", "ä", "b", "Z", "中"]


def test_which_characters_are_unusual():
    """All whose simple title case, which RFC 5051 wants, is not what str.upper() makes of them."""
    unusual = re.compile(f"[{UNUSUAL}]")
    for code in range(0x80, 0x1F000):
        letter = chr(code)
        title = letter.title()
        if (letter if len(title) != 1 else title) != letter.upper():
            assert unusual.match(letter), hex(code)


@given(st.text(max_size=50))
def test_character_by_character(text):
    def titled(letter):
        return letter.title() if len(letter.title()) == 1 else letter

    assert casemap(text) == unicodedata.normalize("NFKD", "".join(map(titled, text)))
