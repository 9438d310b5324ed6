import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.author import author_domains
from posthouse.protocols.mailauth.message import split_message


def domains(value: bytes) -> tuple[str, ...]:
    return author_domains(split_message(b"From: " + value + b"\r\n\r\n").fields)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"anna@Example.org", ("example.org",)),
        (b"Anna <anna@example.org>", ("example.org",)),
        (b'"Anna @ bank.example" <anna@example.org>', ("example.org",)),
        (b"ceo@bank.example <eve@example.org>", ("example.org",)),
        (b"=?utf-8?q?ceo@bank?= <eve@example.org>", ("example.org",)),
        (b"anna@example.org (ceo@bank.example)", ("example.org",)),
        (b"anna (a (b) c@d) @ example . org", ("example.org",)),
        (b'"a@b"@example.org', ("example.org",)),
        (b"a@example.org, Bob <b@example.org>", ("example.org",)),
        (b"a@example.org, b@example.com", ("example.org", "example.com")),
        (b"Team: a@example.org, b@example.com;", ("example.org", "example.com")),
        (b"<@relay.example:a@example.org>", ("example.org",)),
        (b"<a@example.org> b@example.com", ("example.org",)),
        ("王 <wang@邮件.中国>".encode(), ("xn--5nq051n.xn--fiqs8s",)),
        ("王经理".encode("gb18030") + b" <wang@example.cn>", ("example.cn",)),
        (b"anna", ()),
        (b"", ()),
        (b'"unclosed <a@example.org>', ()),
        (b"<>", ()),
        (b"a@", ()),
    ],
)
def test_the_domain_behind_the_author(value: bytes, expected: tuple[str, ...]):
    assert domains(value) == expected


def test_every_from_field_counts():
    fields = split_message(b"From: a@x.example\r\nfrom : b@y.example\r\n\r\n").fields
    assert author_domains(fields) == ("x.example", "y.example")


@given(st.binary(max_size=200) | st.text(alphabet='"\\()<>,;:@ a.').map(str.encode))
def test_any_octets_give_names_or_none(value: bytes):
    assert all(isinstance(name, str) for name in domains(value))


@pytest.mark.parametrize("unit", [b'"', b"(", b"\\", b"<", b'"\\"', b"a@", b"((a)"])
def test_hostile_fields_take_linear_time(unit: bytes):
    def seconds(count: int) -> float:
        value = unit * count
        taken = []
        for _ in range(3):
            start = time.process_time()
            domains(value)
            taken.append(time.process_time() - start)
        return min(taken)

    assert seconds(200_000) < 4 * 2.5 * seconds(50_000) + 0.05
