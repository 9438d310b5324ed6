"""Canonical forms against the words of RFC 6376 3.4, and against dkimpy."""

import time

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth import canonical, message
from posthouse.protocols.mailauth.canonical import relaxed_field, simple_field
from posthouse.protocols.mailauth.message import pieces, split_message, with_crlf

BODIES = st.lists(
    st.sampled_from([b"a", b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b"\r", b".", "中".encode()]),
    max_size=30,
).map(lambda parts: b"".join(parts))


def relaxed_body(body: bytes) -> bytes:
    return b"".join(canonical.relaxed_body(body))


def simple_body(body: bytes) -> bytes:
    return b"".join(canonical.simple_body(body))


def test_the_examples_of_the_rfc():  # RFC 6376 3.4.5
    split = split_message(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n")
    assert [relaxed_field(field.raw) for field in split.fields] == [b"a:X\r\n", b"b:Y Z\r\n"]
    assert relaxed_body(split.body) == b" C\r\nD E\r\n"
    assert [simple_field(field.raw) for field in split.fields] == [
        b"A: X\r\n",
        b"B : Y\t\r\n\tZ  \r\n",
    ]
    assert simple_body(split.body) == b" C \r\nD \t E\r\n"


@pytest.mark.parametrize(
    ("body", "relaxed", "simple"),
    [
        (b"", b"", b"\r\n"),
        (b"\r\n\r\n", b"", b"\r\n"),
        (b" \r\n\t\r\n", b"", b" \r\n\t\r\n"),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a ", b"a\r\n", b"a \r\n"),
        (b"a\r", b"a\r\r\n", b"a\r\r\n"),
        (b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n"),
    ],
)
def test_ends_of_bodies(body: bytes, relaxed: bytes, simple: bytes):
    assert relaxed_body(body) == relaxed
    assert simple_body(body) == simple


@given(BODIES)
def test_bodies_agree_with_dkimpy(body: bytes):
    assert simple_body(body) == Simple.canonicalize_body(body)
    ended = body + b"\r\n"  # dkimpy leaves spaces at the end of a last line that does not end
    assert relaxed_body(ended) == Relaxed.canonicalize_body(ended)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_pieces_make_no_difference(size: int, monkeypatch: pytest.MonkeyPatch):
    @given(BODIES)
    def compare(body: bytes):
        whole = relaxed_body(body), simple_body(body), with_crlf(body + b"\n")
        with monkeypatch.context() as patch:
            patch.setattr(message, "PIECE", size)
            patch.setattr(canonical, "PIECE", size)
            assert (relaxed_body(body), simple_body(body), with_crlf(body + b"\n")) == whole
            assert b"".join(pieces(body)) == body

    compare()


@given(BODIES)
def test_canonical_bodies_stay_as_they_are(body: bytes):
    assert relaxed_body(relaxed_body(body)) == relaxed_body(body)
    assert simple_body(simple_body(body)) == simple_body(body)


@pytest.mark.parametrize(
    "unit", [b" ", b"\t", b"\r\n", b" \r\n", b"\r", b" \t", b"\r\r\n", b"a \r\n"], ids=repr
)
def test_hostile_bodies_take_linear_time(unit: bytes):
    def seconds(size: int) -> float:
        body = (unit * size)[:size] + b"x"
        taken = []
        for _ in range(3):
            start = time.process_time()
            relaxed_body(body)
            simple_body(body)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds(4_000_000) < 4 * seconds(1_000_000) * 2.5 + 0.05


@given(st.binary(max_size=200))
def test_any_octets_are_split(raw: bytes):
    split = split_message(raw)
    assert all(field.name == field.name.strip(b" \t").lower() for field in split.fields)
    assert b"\n" not in split.body.replace(b"\r\n", b"")


def test_a_header_without_end_is_believed_in_nothing():
    field = b"From: anna@example.org\r\n"
    assert len(split_message(field * 10_000 + b"\r\nx").fields) == 10_000
    assert split_message(field * 10_001 + b"\r\nx") == message.SplitMessage((), b"x")


@pytest.mark.parametrize(
    ("raw", "names", "body"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", [b"a", b"b"], b"body"),
        (b"A: 1\nB: 2\n\nbody\n", [b"a", b"b"], b"body\r\n"),
        (b"A: 1\r\n folded\r\n\r\n", [b"a"], b""),
        (b"A: 1\r\n", [b"a"], b""),
        (b"A: 1", [b"a"], b""),
        (b"\r\nA: 1\r\n", [], b"A: 1\r\n"),
        (b"\nbody", [], b"body"),
        (b"", [], b""),
    ],
)
def test_messages_are_split_at_the_empty_line(raw: bytes, names: list[bytes], body: bytes):
    split = split_message(raw)
    assert [field.name for field in split.fields] == names
    assert split.body == body
