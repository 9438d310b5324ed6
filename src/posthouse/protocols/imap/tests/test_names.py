"""Mailbox names: modified UTF-7 and the wildcards of LIST."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap import utf7
from posthouse.protocols.imap.patterns import matches

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(names)
def test_every_name_travels(name):
    raw = utf7.encode(name)
    assert all(0x20 <= octet <= 0x7E for octet in raw)
    assert utf7.decode(raw) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),  # RFC 3501 5.1.3
        (b"R&-D", "R&D"),
        (b"&XfJT0ZAB-", "已发送"),
        ("已发送".encode(), "已发送"),
    ],
)
def test_known_names(raw, name):
    assert utf7.decode(raw) == name
    if raw.isascii():
        assert utf7.encode(name) == raw


@pytest.mark.parametrize(
    "raw", [b"R&D", b"&", b"&Jjo", b"&AGE-", b"&U,BTFw-&ZeVnLIqe-", b"\xff\xfe"]
)
def test_other_spellings_are_refused(raw):
    with pytest.raises(ValueError, match=r"modified|codec|base64"):
        utf7.decode(raw)


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=10))
def test_wildcards_mean_what_a_regular_expression_says(pattern, name):
    expression = "".join({"*": ".*", "%": "[^/]*"}.get(c, re.escape(c)) for c in pattern)
    assert matches(pattern, name) == bool(re.fullmatch(expression, name))


def test_hostile_patterns_are_cheap():
    started = time.process_time()
    assert not matches("*a%b" * 100, "ab" * 100 + "/")
    assert time.process_time() - started < 0.5


def test_inbox_has_no_case():
    assert matches("inbox", "INBOX")
    assert matches("in%", "INBOX")
    assert matches("inbox/*", "INBOX/Below")
    assert not matches("inbox/below", "INBOX/Below")
    assert not matches("archive", "ARCHIVE")
