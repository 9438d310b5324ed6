"""What IMAP is served, what tells copies apart, and summaries."""

import base64
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.protocols import mime
from posthouse.protocols.mime.tests.test_scan import MIXED

LETTER = (
    b"Date: Sun, 22 Nov 2026 16:26:13 +0800\r\nSubject: a \"b\"\\\r\n"
    b"From: Anna <anna@example.org>\r\nTo: Team: ben@example.net;, c\r\n"
    b"Message-ID: <1@x>\r\n\r\nhello\r\n"
)  # fmt: skip


def test_envelope():
    assert mime.envelope(mime.scan(LETTER)) == (
        b'("Sun, 22 Nov 2026 16:26:13 +0800" "a \\"b\\"\\\\"'
        b' (("Anna" NIL "anna" "example.org")) (("Anna" NIL "anna" "example.org"))'
        b' (("Anna" NIL "anna" "example.org"))'
        b' ((NIL NIL "Team" NIL)(NIL NIL "ben" "example.net")(NIL NIL NIL NIL)(NIL NIL "c" ""))'
        b' NIL NIL NIL "<1@x>")'
    )


def test_envelope_of_nothing():
    assert mime.envelope(mime.scan(b"")) == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def test_long_values_are_literals():
    envelope = mime.envelope(mime.scan(b"Subject: " + b"x" * 2000 + b"\r\n\r\n"))

    assert b"{2000}\r\n" + b"x" * 2000 in envelope


def test_structure_with_and_without_extensions():
    scan = mime.scan(MIXED)
    inner = mime.envelope(scan, scan.parts[5])
    plain = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 0'
    html = b'("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 7 0'
    message = b'("message" "rfc822" NIL NIL NIL "7bit" 24 ' + inner + b" " + plain

    assert mime.body(scan) == (
        b"((" + plain + b")" + html + b') "alternative")' + message + b') 2) "mixed")'
    )
    tail = b" NIL NIL NIL NIL)"
    assert mime.bodystructure(scan) == (
        b"((" + plain + tail + html + tail + b' "alternative" ("boundary" "inner") NIL NIL NIL)'
        + message + tail + b" 2" + tail + b' "mixed" ("boundary" "outer") NIL NIL NIL)'
    )  # fmt: skip


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_sections(ends):
    scan = mime.scan(MIXED.replace(b"\r\n", ends))

    assert mime.section(scan, (1, 1)) == b"plain"
    assert mime.section(scan, (1, 2), "MIME") == b"Content-Type: text/html\r\n\r\n"
    assert mime.section(scan, (2,), "HEADER") == b"Subject: within\r\n\r\n"
    assert mime.section(scan, (2,), "TEXT") == b"hello"
    assert mime.section(scan, (2, 1)) == b"hello"
    assert mime.section(scan, (3,)) is None
    assert mime.section(scan, (1, 1, 1)) is None
    assert mime.section(scan, (1, 1), "HEADER") is None
    assert mime.section(scan, (), "HEADER.FIELDS", [b"FROM"]) == b"From: a@example.org\r\n\r\n"
    others = mime.section(scan, (), "HEADER.FIELDS.NOT", [b"from"])
    assert others is not None
    assert others.startswith(b"Content-Type: ")
    assert mime.section(scan, start=5, length=10) == MIXED[5:15]
    assert mime.section(scan, (1, 1), start=99) == b""


def test_the_only_part_of_a_plain_message_is_one():
    scan = mime.scan(LETTER)

    assert mime.section(scan, (1,)) == b"hello\r\n"
    assert mime.section(scan, (2,)) is None


def test_trace_prefix_is_served_before_the_variant():
    trace = b"Received: by mx\n"
    scan = mime.scan(LETTER)

    assert mime.section(scan, prefix=trace) == b"Received: by mx\r\n" + LETTER
    fields = mime.section(scan, (), "HEADER.FIELDS", [b"received"], prefix=trace)
    assert fields == b"Received: by mx\r\n\r\n"
    assert mime.section(scan, (), "TEXT", prefix=trace) == b"hello\r\n"


def test_only_the_leading_run_is_trace():
    trace = b"Return-Path: <a@b>\r\nReceived: from x\r\n\tby y\r\nARC-Seal: i=1; a=b\r\n"
    raw = trace + b"Subject: s\r\nReceived: later\r\n\r\nbody"

    assert mime.split_trace(raw) == (trace, b"Subject: s\r\nReceived: later\r\n\r\nbody")
    assert mime.split_trace(b"From : a@b\n\n") == (b"", b"From : a@b\n\n")


def test_identity_is_more_than_the_message_id():
    def identity(raw):
        return mime.message_identity(mime.scan(raw), mime.split_trace(raw)[1])

    same = LETTER.replace(b"hello", b"hello\r\n--\r\nlist footer")
    other = LETTER.replace(b"16:26:13", b"16:26:14")
    assert identity(LETTER) == identity(b"Received: by y\r\n" + same)
    assert identity(LETTER) != identity(other)
    nameless = LETTER.replace(b"Message-ID: <1@x>\r\n", b"")
    assert identity(nameless) == identity(b"Received: by y\r\n" + nameless)
    assert identity(nameless) != identity(nameless + b"x")


def test_a_damaged_tree_is_refused():
    data = mime.encode_tree(mime.scan(MIXED))
    for damaged in (b"", data[:-3], b"\x93\x09\xc2\x90", b"{}"):
        with pytest.raises(ValueError, match="tree"):
            mime.decode_tree(damaged, MIXED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi Ben,\n\nthe pump arrived today.\n\nRegards\nAnna", "the pump arrived today. Anna"),
        ("王总：\n您好！\n\n请查收附件。\n此致\n敬礼", "请查收附件。"),
        ("> old\n> older\n\nNew answer.", "New answer."),
        ("Yes.\n\nOn Monday Ben wrote:\n> really?", "Yes."),
        (
            "好的，收到。\n\n------------------ 原始邮件 ------------------\n发件人: x",
            "好的，收到。",
        ),
        ("text\n-- \nAnna", "text"),
        ("Dear all,", "Dear all,"),
        ("", ""),
    ],
)
def test_summaries(text, expected):
    assert mime.summary(text) == expected


def test_summary_is_cut_by_width():
    assert mime.summary("好" * 60) == "好" * 49 + "…"
    assert mime.summary("word " * 40) == "word " * 19 + "word…"


_LINES = (
    "a pump of 30 kW",
    "> quoted",
    "",
    "Regards,",
    "-- ",
    "On Monday Ben wrote:",
    "报价单见附件",
)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.sampled_from(_LINES), min_size=1, max_size=12),
    times=st.integers(1, 400),
    charset=st.sampled_from(("utf-8", "gb18030", "utf-16-le")),
    encoding=st.sampled_from(("8bit", "base64", "quoted-printable")),
)
def test_the_opening_tells_what_the_whole_does(lines, times, charset, encoding):
    body = ("\n".join(lines * times) + "\n").encode(charset)
    if encoding == "base64":
        body = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    head = "Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: %s\n\n"
    scan = mime.scan((head % (charset, encoding)).encode() + body)
    assert mime.summary_of(scan) == mime.summary(mime.readable_text(scan))


def test_html_becomes_text():
    markup = (
        "<html><head><title>t</title><style>p{}</style></head><body><!-- c --><p>a &amp; b</p>"
        "<ul><li>one<li>two</ul>1 < 2<script>x</script><img alt='logo'></body></html>"
    )
    assert mime.html_to_text(markup) == "a & b\n\n• one\n• two\n1 < 2logo"
