"""Which domains name a company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.crm.links.domains import is_disposable, is_public, registrable_domain


@pytest.mark.parametrize(
    ("domain", "registrable"),
    [
        ("mail.acme.com", "acme.com"),
        ("Mail.ACME.co.uk.", "acme.co.uk"),
        ("x.acme.com.cn", "acme.com.cn"),
        ("acme.github.io", "acme.github.io"),
        ("xn--fiqs8s", None),
        ("com.cn", None),
        ("github.io", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_registrable_domains(domain: str, registrable: str | None):
    assert registrable_domain(domain) == registrable


@pytest.mark.parametrize(
    "domain",
    [
        *("qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com", "yeah.net"),
        *("sina.com", "sina.cn", "sina.com.cn", "vip.sina.com", "sohu.com", "139.com", "189.cn"),
        *("aliyun.com", "gmail.com", "googlemail.com", "outlook.com", "outlook.de", "hotmail.fr"),
        *("live.com", "live.co.uk", "msn.com", "yahoo.com", "yahoo.co.jp", "yahoo.com.hk"),
        *("icloud.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.ru"),
        *("mailinator.com", "co.uk", "GMAIL.COM"),
    ],
)
def test_anybody_can_have_an_address_there(domain: str):
    assert is_public(domain)


@pytest.mark.parametrize(
    "domain", ["acme.com", "live.company", "yahoo.games", "mail.acme.cn", "tencent.com", "sina.dev"]
)
def test_these_name_a_company(domain: str):
    assert not is_public(domain)


def test_disposable_domains_with_what_is_below_them():
    assert is_disposable("a.b.mailinator.com")
    assert not is_disposable("gmail.com")


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str):
    name = registrable_domain(text)
    assert name is None or (name == name.lower() and "." in name)
    assert is_public(text) or name is not None
