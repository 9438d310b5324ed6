"""Names and spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.crm.matching.model import Own, base_address, contact_name


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("Li Wei", "a@x.cn", "Li Wei"),
        ("  'Li   Wei' ", "a@x.cn", "Li Wei"),
        ("王小明（销售）", "a@x.cn", "王小明（销售）"),
        ("Li Wei via LinkedIn", "a@x.cn", "Li Wei"),
        ("王小明 (通过 WeCom)", "a@x.cn", "王小明"),
        ("li.wei@kunde.cn", "li.wei@kunde.cn", "Li Wei"),
        ("", "li_wei-chen+orders@kunde.cn", "Li Wei Chen"),
        ("", "liwei@kunde.cn", "liwei"),
        ("--", "10001@qq.com", "10001"),
    ],
)
def test_what_to_call_somebody(written: str, address: str, name: str):
    assert contact_name(written, address) == name


@given(st.text(max_size=60), st.emails())
def test_there_is_always_a_name(written: str, address: str):
    name = contact_name(written, address)
    assert name.strip() == name != ""


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("li+orders@kunde.cn", "li@kunde.cn"),
        ("l.i@gmail.com", "li@gmail.com"),
        ("li+x@googlemail.com", "li@gmail.com"),
        ("li@kunde.cn", None),
        ("l.i@kunde.cn", None),
        ("+x@kunde.cn", None),
    ],
)
def test_other_spellings(address: str, base: str | None):
    assert base_address(address) == base


def test_we_are_at_our_domains_and_below_them():
    own = Own(domains=frozenset({"acme.com"}), addresses=frozenset({"boss@gmail.com"}))
    assert own.has("a@acme.com")
    assert own.has("a@berlin.acme.com")
    assert own.has("boss@gmail.com")
    assert not own.has("a@notacme.com")
    assert not own.has("a@acme.com.cn")
    assert not own.has("a@com")
