"""Addresses and domains in the form in which they are kept."""

import pytest

from posthouse.foundation.errors import Invalid
from posthouse.security.members import normal_address, normal_domain
from posthouse.security.members.model import SigningKey, dns_records


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Anna@ACME.example", "anna@acme.example"),
        (" anna@acme.example\n", "anna@acme.example"),
        ("anna@驿站.example", "anna@xn--5tz216d.example"),
        ("王@驿站.example", "王@xn--5tz216d.example"),
        ("jose\u0301@acme.example", "jos\u00e9@acme.example"),
    ],
)
def test_an_address_is_kept_in_one_form(written: str, kept: str):
    assert normal_address(written) == kept
    assert normal_address(kept) == kept


@pytest.mark.parametrize("text", ["", "anna", "@acme.example", "anna@", "a b@acme.example", "\0@x"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(Invalid):
        normal_address(text)


@pytest.mark.parametrize("text", ["", "a b", "a..b", "-", "x" * 300, "acme.example/path", "[::1]"])
def test_what_is_no_domain_is_refused(text: str):
    with pytest.raises(Invalid):
        normal_domain(text)


def test_dns_records_name_every_key():
    key = SigningKey(
        domain="acme.example", selector="s1", algorithm="x", txt="v=DKIM1; p=x", private_key=b""
    )
    records = dns_records("acme.example", "mx.acme.example", [key])
    assert {record.name for record in records} == {
        "acme.example",
        "_dmarc.acme.example",
        "s1._domainkey.acme.example",
    }
