import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.tags import TagError, parse_tags


def test_white_space_and_order():
    text = " v=1 ;\r\n\ta = rsa-sha256;b=a b\r\n c=;; x= = ;"
    assert list(parse_tags(text).items()) == [
        ("v", "1"),
        ("a", "rsa-sha256"),
        ("b", "a b\r\n c="),
        ("x", "="),
    ]


@pytest.mark.parametrize("text", ["a", "=1", "1=a", "a-b=1", "a=1; a=2", "ä=1"])
def test_what_is_no_tag_list(text: str):
    with pytest.raises(TagError):
        parse_tags(text)


def test_names_keep_their_case():
    assert parse_tags("a=1; A=2") == {"a": "1", "A": "2"}


@given(st.text())
def test_any_text_is_a_tag_list_or_refused(text: str):
    try:
        tags = parse_tags(text)
    except TagError:
        return
    assert parse_tags("; ".join(f"{name}={value}" for name, value in tags.items())) == tags
