import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.mailauth.results import (
    AuthenticationResults,
    MethodResult,
    Property,
    forged_spans,
    parse_results,
    write_results,
)

US = "mx.example.org"


def test_a_field_is_written_and_folded():
    said = AuthenticationResults(
        US,
        (
            MethodResult(
                method="dkim",
                result="fail",
                reason='body "has" changed',
                properties=(
                    Property("header", "d", "example.com"),
                    Property("header", "i", "@news.example.com"),
                    Property("header", "b", "ab+/cd=="),
                ),
            ),
            MethodResult(
                method="spf",
                result="pass",
                properties=(Property("smtp", "mailfrom", "anna@example.com"),),
            ),
            MethodResult(method="dmarc", result="fail", comment="p=reject (dis)"),
        ),
    )
    field = write_results(said)
    assert field.decode() == (
        "Authentication-Results: mx.example.org;\r\n"
        '\tdkim=fail reason="body \\"has\\" changed" header.d=example.com\r\n'
        '\t header.i=@news.example.com header.b="ab+/cd==";\r\n'
        "\tspf=pass smtp.mailfrom=anna@example.com;\r\n"
        "\tdmarc=fail (p=reject dis)\r\n"
    )
    assert parse_results(field.partition(b":")[2]) == said


def test_nothing_checked_is_said_so():
    field = write_results(AuthenticationResults(US))
    assert field == b"Authentication-Results: mx.example.org;\r\n\tnone\r\n"
    assert parse_results(field.partition(b":")[2]) == AuthenticationResults(US)


TEXT = st.text(max_size=40)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


@given(TEXT, TEXT, TEXT)
def test_values_cannot_break_out(mailfrom: str, reason: str, comment: str):
    said = AuthenticationResults(
        US,
        (
            MethodResult(
                method="spf",
                result="fail",
                reason=reason,
                comment=comment,
                properties=(Property("smtp", "mailfrom", mailfrom),),
            ),
            MethodResult(method="dkim", result="none"),
        ),
    )
    field = write_results(said)
    lines = field.split(b"\r\n")
    assert lines[-1] == b""
    assert all(line.startswith(b"\t") for line in lines[1:-1])
    assert b"\n" not in field.replace(b"\r\n", b"")
    read = parse_results(field.partition(b":")[2])
    assert read is not None
    assert [(each.method, each.result) for each in read.results] == [
        ("spf", "fail"),
        ("dkim", "none"),
    ]


@pytest.mark.parametrize(
    ("value", "results"),
    [
        # comments may stand anywhere: RFC 8601 2.2
        (b" example.com 1; spf=pass smtp.mailfrom=example.net", [("spf", "pass")]),
        (
            b" example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass",
            [("auth", "pass"), ("spf", "pass")],
        ),
        (
            b" mx.example.com (one) 1 (two);\r\n dkim (three) / 1 (four) = (five) fail\r\n"
            b" header (six) . (seven) d\r\n (eight) = (nine (ten)) example.net",
            [("dkim", "fail")],
        ),
        (
            b'example.com; dkim=pass header.b="a;b=c"; spf = none',
            [("dkim", "pass"), ("spf", "none")],
        ),
        (b"example.com; none", []),
        (b"example.com", []),
        (b"example.com;;; spf=pass; broken; =x; dkim=fail", [("spf", "pass"), ("dkim", "fail")]),
    ],
)
def test_fields_of_others_are_read(value: bytes, results: list[tuple[str, str]]):
    said = parse_results(value)
    assert said is not None
    found = [(each.method, each.result) for each in said.results]
    assert found == results


def test_properties_are_read():
    said = parse_results(b'x; spf=pass reason="all right" smtp.mailfrom="a b"@example.net')
    assert said == AuthenticationResults(
        "x",
        (
            MethodResult(
                method="spf",
                result="pass",
                reason="all right",
                properties=(Property("smtp", "mailfrom", "a b@example.net"),),
            ),
        ),
    )


@pytest.mark.parametrize(
    "forged",
    [
        b"Authentication-Results: mx.example.org; dkim=pass",
        b"authentication-results : MX.Example.ORG 1; dkim=pass",
        b'Authentication-Results: "mx.example.org"; dkim=pass',
        b"Authentication-Results: (hi (there)) mx.example.org; dkim=pass",
        b"Authentication-Results:\r\n\t(a\\)b)\r\n mx.example.org; dkim=pass",
        b"Authentication-Results: mx.example.org.; dkim=pass",
        b"Authentication-Results: mx.example.org",
        b"Authentication-Results: (unclosed mx.example.org; dkim=pass",
        b'Authentication-Results: "mx.\\example.org"; dkim=pass',
        b'Authentication-Results: "other" mx.example.org; dkim=pass',
        b"Authentication-Results: ; mx.example.org; dkim=pass",
    ],
)
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_forgeries_are_found(forged: bytes, line_end: bytes):
    before, after = (
        b"Received: x\r\n",
        b"\r\nSubject: y\r\n\r\nAuthentication-Results: mx.example.org",
    )
    raw = (before + forged + after).replace(b"\r\n", line_end)
    ((start, end),) = forged_spans(raw, [US])
    assert raw[:start] + raw[end:] == (before + after[2:]).replace(b"\r\n", line_end)


@pytest.mark.parametrize(
    "honest",
    [
        b"Authentication-Results: mx.example.com; spf=pass smtp.helo=mx.example.org",
        b"Authentication-Results: mx.example.org.example.com; spf=pass",
        b"ARC-Authentication-Results: i=1; mx.example.org; spf=pass",
        b"X-Authentication-Results: mx.example.org; spf=pass",
        b"Subject: Authentication-Results: mx.example.org",
    ],
)
def test_fields_of_others_stay(honest: bytes):
    assert forged_spans(honest + b"\r\n\r\n", [US]) == []


def test_a_name_in_unicode_is_ours_in_both_forms():
    raw = "Authentication-Results: bücher.example; x=y\r\n\r\n".encode()
    assert len(forged_spans(raw, ["xn--bcher-kva.example"])) == 1
    assert (
        len(forged_spans(raw.replace("bücher".encode(), b"xn--bcher-kva"), ["bücher.example"])) == 1
    )


@given(st.binary(max_size=200) | st.text(alphabet='ab=;."\\() \r\n/').map(str.encode))
def test_any_octets_are_read_or_none(value: bytes):
    parse_results(value)
    forged_spans(b"Authentication-Results:" + value, [US])


@pytest.mark.parametrize(
    "unit", [b'"', b"(", b"\\", b'"\\"', b"a=b;", b"()", b'a"', b"; ", b")", b'""']
)
def test_hostile_fields_take_linear_time(unit: bytes):
    def seconds(count: int) -> float:
        value = b"x; " + unit * count
        start = time.process_time()
        parse_results(value)
        return time.process_time() - start

    for _ in range(3):  # others on the machine may disturb a measurement
        if seconds(200_000) < 4 * 2.5 * seconds(50_000) + 0.05:
            return
    pytest.fail("four times the field takes more than ten times as long")
