from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.dns import BadName, ascii_name, reverse_name


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Example.ORG.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("邮件.中国", "xn--5nq051n.xn--fiqs8s"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),  # the ideographic full stop is a dot, too
        ("_dmarc.example.org", "_dmarc.example.org"),
        ("foo:bar/baz.example", "foo:bar/baz.example"),
    ],
)
def test_a_name_becomes_what_a_query_carries(written: str, asked: str):
    assert ascii_name(written) == asked


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b", ".a", "x" * 64 + ".org", "a." * 127 + "org", "a\\.b", "a\nb", "ü" * 300],
)
def test_what_no_query_can_carry_is_refused(name: str):
    with pytest.raises(BadName):
        ascii_name(name)


@given(st.text())
def test_any_text_is_a_name_or_refused(text: str):
    try:
        name = ascii_name(text)
    except BadName:
        return
    assert name.isascii()
    assert ascii_name(name) == name


def test_reverse_names():
    assert reverse_name(ip_address("192.0.2.40")) == "40.2.0.192.in-addr.arpa"
    assert reverse_name(ip_address("2001:db8::1")) == (
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    )
