"""Messages of Outlook as mail, written by the standard and read back."""

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.protocols import mime, outlook
from posthouse.protocols.outlook.letter import Marks
from posthouse.protocols.outlook.tests.test_rtf import WRAPPED
from tests.support.outlook import embedded, msg_file, packed_rtf

WHEN = datetime(2024, 2, 7, 8, 30, tzinfo=UTC)
NOTE = {0x001A: "IPM.Note"}
SENT = {
    **NOTE,
    0x0037: "报价 for pumps",
    0x0042: "Li Wei",
    0x5D02: "li.wei@kunde.example",
    0x0039: WHEN,
    0x1035: "<1@kunde.example>",
    0x1042: "<0@acme.example>",
    0x1000: "Hello\r\n世界\r\n",
}
ANNA = {0x0C15: 1, 0x3001: "Anna", 0x39FE: "anna@acme.example"}
BERT = {0x0C15: 2, 0x3001: "bert@acme.example", 0x3003: "bert@acme.example"}
CLEO = {0x0C15: 3, 0x3001: "Cleo", 0x3003: "/o=Acme/cn=Recipients/cn=cleo"}


def read(data: bytes) -> mime.Scan:
    return mime.scan(outlook.read_letter(data).raw)


def people(scan: mime.Scan, field: bytes) -> list[tuple[str, str]]:
    return [(each.name, each.address) for each in mime.addresses(scan, field)]


def test_a_message_that_was_sent_here():
    scan = read(msg_file(SENT, recipients=[ANNA, BERT, CLEO]))
    assert mime.subject(scan) == "报价 for pumps"
    assert people(scan, b"from") == [("Li Wei", "li.wei@kunde.example")]
    assert people(scan, b"to") == [("Anna", "anna@acme.example")]
    assert people(scan, b"cc") == [("", "bert@acme.example")]
    assert people(scan, b"bcc") == [("Cleo", "unknown@invalid")]
    assert mime.date(scan) == WHEN
    assert mime.message_id(scan) == "1@kunde.example"
    assert mime.plain_text(scan).splitlines() == ["Hello", "世界"]


def test_a_message_that_came_keeps_its_header():
    header = (
        "Microsoft Mail Internet Headers Version 2.0\r\nReceived: from a by b;\r\n"
        "\tWed, 7 Feb 2024 08:31:00 +0000\r\nFrom: =?utf-8?q?L=C3=AC?= <li@kunde.example>\r\n"
        "Subject: As it was sent\r\nDKIM-Signature: v=1; b=abc\r\n"
        "Content-Type: multipart/mixed; boundary=gone\r\n\tx=y\r\nMIME-Version: 1.0\r\n"
        "X-Last: 1\r\n\r\n"
    )
    raw = outlook.read_letter(msg_file({**SENT, 0x007D: header}, recipients=[ANNA])).raw
    top = raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert top == [
        "Received: from a by b;",
        "\tWed, 7 Feb 2024 08:31:00 +0000",
        "From: =?utf-8?q?L=C3=AC?= <li@kunde.example>",
        "Subject: As it was sent",
        "DKIM-Signature: v=1; b=abc",
        "X-Last: 1",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    ]


def test_html_in_the_code_page_of_the_message():
    html = "<p>报价</p>"
    scan = read(msg_file({**SENT, 0x1013: html.encode("gbk"), 0x3FDE: 936}))
    assert mime.html_text(scan).strip() == html
    assert mime.plain_text(scan).splitlines() == ["Hello", "世界"]


def test_strings_of_the_time_before_unicode():
    old = {0x0037: ("报价".encode("gbk"), 0x001E), 0x3FFD: 936, 0x0C1A: (b"Li", 0x001E)}
    scan = read(msg_file({**NOTE, **old, 0x0C1F: (b"li@kunde.example", 0x001E)}))
    assert mime.subject(scan) == "报价"
    assert people(scan, b"from") == [("Li", "li@kunde.example")]


def test_html_that_is_only_in_the_rtf():
    scan = read(msg_file({**SENT, 0x1000: "", 0x1009: packed_rtf(WRAPPED)}))
    assert mime.html_text(scan).startswith("<html>")
    assert "报价</p>" in mime.html_text(scan)


def test_rtf_that_is_nothing_else_is_text_and_a_file():
    source = rb"{\rtf1\ansi {\b Hello} there}"
    scan = read(msg_file({**NOTE, 0x0042: "Li", 0x1009: packed_rtf(source)}))
    assert mime.plain_text(scan).strip() == "Hello there"
    (file,) = mime.attachments(scan)
    assert mime.attachment_bytes(scan, file) == source


def test_files_pictures_and_messages_inside():
    png, large = b"\x89PNG" * 10, bytes(range(256)) * 400
    inner = embedded({**SENT, 0x0037: "Inside"})
    files: list[Mapping[int, Any]] = [
        {0x3707: "图纸.pdf", 0x370E: "application/pdf", 0x3701: large},
        {0x3704: "LOGO~1.PNG", 0x370E: "image/png", 0x3712: "logo@x", 0x3701: png},
        {0x3001: "Inside", 0x3701: inner},
    ]
    html = {0x1013: b'<img src="cid:logo@x">', 0x3FDE: 65001}
    scan = read(msg_file({**SENT, **html}, attachments=files))
    found = {each.name: mime.attachment_bytes(scan, each) for each in mime.attachments(scan)}
    assert found["图纸.pdf"] == large
    assert found["LOGO~1.PNG"] == png
    assert mime.subject(mime.scan(found["Inside.eml"])) == "Inside"
    assert b"Content-Type: message/rfc822" in scan.raw


def test_a_clear_signed_message_keeps_what_was_signed():
    body = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nsigned\r\n--b--\r\n"
    kind = {0x001A: "IPM.Note.SMIME.MultipartSigned"}
    raw = outlook.read_letter(msg_file({**SENT, **kind}, attachments=[{0x3701: body}])).raw
    assert raw.endswith(b"\r\nMIME-Version: 1.0\r\n" + body)


def test_marks():
    marked = outlook.read_letter(msg_file({**SENT, 0x0E07: 9, 0x1081: 103, 0x1090: 2})).marks
    assert marked == Marks(seen=True, answered=True, flagged=True, draft=True)
    assert outlook.read_letter(msg_file(SENT)).marks == Marks(False, False, False, False)


def test_the_same_file_gives_the_same_bytes():
    data = msg_file({**SENT, 0x1035: ""}, attachments=[{0x3701: b"x"}])
    assert outlook.read_letter(data) == outlook.read_letter(data)


@pytest.mark.parametrize("kind", ["IPM.Contact", "IPM.Appointment", "IPM.StickyNote"])
def test_what_is_no_mail_is_refused(kind):
    with pytest.raises(outlook.NotAMail, match=kind):
        outlook.read_letter(msg_file({0x001A: kind}))


def test_a_damaged_file_is_refused():
    data = msg_file(SENT, recipients=[ANNA], attachments=[{0x3701: b"x" * 9000}])
    with pytest.raises(outlook.NotAMail):
        outlook.read_letter(data[:700])


_WHOLE = msg_file(
    {**SENT, 0x1009: packed_rtf(WRAPPED)},
    recipients=[ANNA],
    attachments=[{0x3701: b"x" * 5000}, {0x3701: embedded(SENT)}],
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(0, 255)), max_size=8))
def test_whatever_is_broken_is_read_or_refused(changes):
    data = bytearray(_WHOLE)
    for place, value in changes:
        data[place] = value
    with contextlib.suppress(outlook.NotAMail):
        assert outlook.read_letter(bytes(data)).raw
