"""Whom a domain's records name for reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.aggregate import is_tls_reporting, report_addresses, tls_rua


@pytest.mark.parametrize(
    ("rua", "addresses"),
    [
        ("mailto:Dmarc@Acme.example", ["dmarc@acme.example"]),
        ("mailto:a@x.example!10m, MAILTO:b@x.example", ["a@x.example", "b@x.example"]),
        ("mailto:a%21b%2Cc@x.example!5k", ["a!b,c@x.example"]),
        ("https://x.example/reports,mailto:a@x.example", ["a@x.example"]),
        ("mailto:a@x.example,mailto:a@x.example", ["a@x.example"]),
        ("mailto:nobody", []),
        ("a@x.example", []),
        ("", []),
    ],
)
def test_addresses(rua: str, addresses: list[str]):
    assert report_addresses(rua) == addresses


@given(st.text())
def test_any_text(rua: str):
    assert all("@" in address for address in report_addresses("mailto:" + rua))


def test_tls_records():
    record = b"v=TLSRPTv1; rua=mailto:tls@acme.example"
    assert is_tls_reporting(record)
    assert report_addresses(tls_rua(record)) == ["tls@acme.example"]
    assert not is_tls_reporting(b"rua=mailto:tls@acme.example; v=TLSRPTv1")
    assert tls_rua(b"v=TLSRPTv1; ;;rua") == ""
