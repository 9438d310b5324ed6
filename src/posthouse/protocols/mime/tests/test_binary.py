"""NUL in messages: encoded where that is possible."""

from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime

HEAD = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding:\r\n binary\r\n"


@given(st.binary(max_size=300))
def test_content_stays_the_same(content):
    part = HEAD + b"X: y\r\n\r\n" + content
    raw = (
        b"Content-Type: multipart/mixed; boundary=-=-\r\n\r\n---=-\r\n" + part + b"\r\n---=---\r\n"
    )
    fit = mime.without_nul(raw)
    if b"\x00" not in content:
        assert fit == raw
        return
    assert fit is not None
    scan = mime.scan(fit)
    found = mime.find_part(scan, (1,))
    assert found is not None
    assert found.get(b"x") is not None
    if b"---=-" not in content:
        assert mime.content(scan, found) == content


def test_where_no_encoding_helps():
    assert mime.without_nul(b"Subject: \x00\r\n\r\nx") is None
    assert mime.without_nul(b"Subject: a\r\n\r\n\x00") == (
        b"Content-Transfer-Encoding: base64\r\nSubject: a\r\n\r\nAA=="
    )


@given(st.binary(max_size=200))
def test_never_raises(raw):
    fit = mime.without_nul(raw)
    assert fit is None or b"\x00" not in fit
