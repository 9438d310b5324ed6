"""MTA-STS clause by clause (RFC 8461 3.1, 3.2, 4.1)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.tls_policy import BadPolicy, Mode, parse_policy, record_id

GOOD = (
    b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n"
    b"max_age: 604800\r\n"
)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([b"v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        ([b"v=STSv1;id=1"], "1"),
        ([b"v=STSv1; x=y; id=abc; z=1;"], "abc"),
        ([b"v=spf1 -all", b"v=STSv1; id=1;"], "1"),
        ([b"v=STSv1; id=1;", b"v=STSv1; id=2;"], None),
        ([b"v=STSv1;"], None),
        ([b"v=STSv1; id=with-hyphen;"], None),
        ([b"v=STSv1; id=" + b"a" * 33], None),
        ([b" v=STSv1; id=1"], None),
        ([b"v=STSv2; id=1"], None),
        ([], None),
    ],
)
def test_the_record(records: list[bytes], found: str | None):
    assert record_id(records) == found


def test_the_policy():
    policy = parse_policy(GOOD)
    assert policy.mode is Mode.ENFORCE
    assert policy.mx == ("mail.example.com", "*.example.net")
    assert policy.max_age == timedelta(days=7)


def test_unknown_fields_bare_line_feeds_and_repetitions():
    text = b"version: STSv1\nnew: thing\nmode: testing\nmode: none\nmx: A.Example\nmax_age: 1\n\n"
    policy = parse_policy(text)
    assert (policy.mode, policy.mx) == (Mode.TESTING, ("a.example",))


def test_ages_are_bounded():
    assert parse_policy(GOOD.replace(b"604800", b"9999999999")).max_age < timedelta(days=366)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"STSv1", b"STSv2"),
        (b"version: STSv1\r\n", b""),
        (b"enforce", b"Enforce"),
        (b"604800", b"a week"),
        (b"604800", b"-1"),
        (b"max_age: 604800\r\n", b""),
        (b"mail.example.com", b"mail.*.com"),
        (b"mail.example.com", b""),
        (b"mail.example.com", b"\xff"),
        (b"mx: mail.example.com\r\nmx: *.example.net\r\n", b""),
        (b"mode: enforce", b"mode enforce"),
        (b"\r\n", b"\r\n" + b"x" * 70_000),
    ],
)
def test_what_is_no_policy(old: bytes, new: bytes):
    with pytest.raises(BadPolicy):
        parse_policy(GOOD.replace(old, new, 1))


def test_without_mode_there_need_be_no_hosts():
    assert parse_policy(b"version: STSv1\nmode: none\nmax_age: 0").mx == ()


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.example.com", True),
        ("MAIL.Example.com.", True),
        ("mx.example.net", True),
        ("a.mx.example.net", False),
        ("example.net", False),
        ("mail.example.com.evil.example", False),
        ("", False),
    ],
)
def test_a_star_is_one_label(host: str, allowed: bool):
    assert parse_policy(GOOD).allows(host) is allowed


@given(st.binary(max_size=300))
def test_any_text_is_a_policy_or_none(content: bytes):
    try:
        parse_policy(b"version: STSv1\nmode: none\nmax_age: 1\n" + content)
        parse_policy(content)
    except BadPolicy:
        pass
    record_id([content, b"v=STSv1;" + content])
