"""The part tree: boundaries, offsets, broken structure, line ends."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from posthouse.protocols import mime

MIXED = (
    b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\npreamble\r\n"
    b"--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"
    b"--inner\r\n\r\nplain\r\n--inner\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--inner--\r\n"
    b"--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\nhello\r\n"
    b"--outer--\r\nepilogue\r\n"
)


def types(scan):
    return [part.mime_type for part in scan.parts]


def test_tree_of_a_mixed_message():
    scan = mime.scan(MIXED)

    assert types(scan) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "message/rfc822",
        "text/plain",
    ]
    assert [part.children for part in scan.parts] == [[1, 4], [2, 3], [], [], [5], []]
    assert [scan.body(part) for part in scan.parts[2:4]] == [b"plain", b"<p>html"]
    assert scan.body(scan.parts[4]) == b"Subject: within\r\n\r\nhello"
    assert scan.parts[5].get(b"subject") == b"within"
    assert scan.body(scan.parts[5]) == b"hello"


def test_missing_end_boundaries():
    raw = MIXED.replace(b"--inner--\r\n", b"").replace(b"--outer--\r\nepilogue\r\n", b"")

    scan = mime.scan(raw)

    assert [part.children for part in scan.parts] == [[1, 4], [2, 3], [], [], [5], []]
    assert scan.body(scan.parts[3]) == b"<p>html"
    assert scan.body(scan.parts[5]) == b"hello\r\n"


def test_equal_nested_boundaries_belong_to_the_innermost():
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: multipart/alternative; boundary=x\n\n--x\n\none\n--x\n\ntwo\n--x--\n"
        b"--x\n\nthree\n--x--\n"
    )

    scan = mime.scan(raw)

    assert [part.children for part in scan.parts] == [[1, 4], [2, 3], [], [], []]
    assert scan.body(scan.parts[4]) == b"three"


def test_boundary_that_begins_like_another():
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: multipart/mixed; boundary=xx\n\n--xx\n\none\n--xx--\n--x\n\ntwo\n--x--\n"
    )

    assert [part.children for part in mime.scan(raw).parts] == [[1, 3], [2], [], []]


def test_boundary_with_a_colon_is_no_header_field():
    raw = b"Content-Type: multipart/mixed; boundary=a:b\n\n--a:b\n--a:b\nX: y\n\ntext\n--a:b--\n"

    scan = mime.scan(raw)

    assert [part.children for part in scan.parts] == [[1, 2], [], []]
    assert scan.parts[2].get(b"x") == b"y"


def test_multipart_without_boundary_parameter():
    guessed = mime.scan(b"Content-Type: multipart/mixed\n\n--b\n\none\n--b\n\ntwo\n--b--\n")
    hopeless = mime.scan(b"Content-Type: multipart/mixed\n\njust text\n")

    assert [guessed.body(part) for part in guessed.parts[1:]] == [b"one", b"two"]
    assert types(hopeless) == ["text/plain"]


def test_content_type_text():
    assert types(mime.scan(b"Content-Type: text\n\nx")) == ["text/plain"]


def test_digest_parts_are_messages():
    raw = b"Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: s\n\nbody\n--d--\n"

    scan = mime.scan(raw)

    assert types(scan) == ["multipart/digest", "message/rfc822", "text/plain"]
    assert scan.parts[2].get(b"subject") == b"s"


def test_message_that_is_a_message():
    scan = mime.scan(b"Content-Type: message/rfc822\n\nSubject: inner\n\nbody")

    assert scan.body(scan.parts[1]) == b"body"


def test_header_ended_by_a_boundary():
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nX: 1\n--b\nX: 2\n\ntwo\n--b--\n"

    scan = mime.scan(raw)

    assert [(part.get(b"x"), scan.body(part)) for part in scan.parts[1:]] == [
        (b"1", b""),
        (b"2", b"two"),
    ]


def test_blank_line_forgotten_before_the_body():
    scan = mime.scan(b"Subject: x\nHello there.\nSecond line.\n\nThird.\n")

    assert scan.header(b"subject") == b"x"
    assert scan.body(scan.root) == b"Hello there.\nSecond line.\n\nThird.\n"


def test_stray_line_between_fields_is_skipped():
    scan = mime.scan(b"Subject: x\nstray line\nFrom: a@b\n\nbody")

    assert scan.header(b"from") == b"a@b"
    assert scan.body(scan.root) == b"body"


def test_mbox_from_line():
    scan = mime.scan(b"From a@b Mon Sep 27 12:00:00 1999\nSubject: x\n\nbody")

    assert scan.header(b"subject") == b"x"


def test_only_carriage_returns():
    scan = mime.scan(b"Subject: old\rFrom: mac@example.org\r\rbody\rline")

    assert scan.header(b"from") == b"mac@example.org"
    assert scan.body(scan.root) == b"body\nline"
    assert mime.section(scan, (), "TEXT") == b"body\r\nline"


def test_folded_and_spaced_fields():
    scan = mime.scan(b"Subject : a\r\n\tb\r\n c\r\nX:\r\n\r\n")

    assert mime.subject(scan) == "a b c"
    assert scan.header(b"x") == b""


def test_sizes_are_of_the_served_form():
    scan = mime.scan(MIXED.replace(b"\r\n", b"\n"))
    whole = mime.scan(MIXED)
    scan.measure()
    whole.measure()

    assert [(p.size, p.lines, p.header_size) for p in scan.parts] == [
        (p.size, p.lines, p.header_size) for p in whole.parts
    ]
    assert whole.root.header_size + whole.root.size == len(MIXED)


FRAGMENTS = st.sampled_from(
    [
        b"--b\n", b"--b--\n", b"--c\r\n", b"--c--\r\n", b"\n", b"\r\n", b"\r", b" ", b"X: y\n",
        b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: message/rfc822\r\n",
        b"Content-Type: multipart/alternative; boundary=\"c\"\n", b"From x\n", b"--", b"text\n",
        b"Content-Transfer-Encoding: base64\n", b"Subject: =?gbk?B?xOO6w?=\n", b"\xc4\xe3\xba\xc3",
        b"From: \"a, b\" <c@d>\n", b"begin 644 a\n", b"<p style='", b"&#x;", b"\x00", b"(", b'"',
    ]
)  # fmt: skip
MESSAGES = st.one_of(st.binary(max_size=300), st.lists(FRAGMENTS, max_size=60).map(b"".join))


@settings(max_examples=400, deadline=None)
@given(MESSAGES)
@example(b"")
@example(b"\n")
@example(b"--b")
@example(MIXED)
def test_any_bytes_give_a_tree_that_nests(raw):
    scan = mime.scan(raw)

    assert scan.root.header_start == 0
    assert scan.root.end == scan.root.body_end == len(raw)
    for part in scan.parts:
        assert part.header_start <= part.body_start <= part.body_end <= part.end <= len(raw)
        ends = part.body_start
        for child in scan.children(part):
            assert child.parent == part.index
            assert child.index > part.index
            assert ends <= child.header_start
            assert child.end <= part.end
            assert child.body_end <= max(part.body_end, child.body_start)
            ends = child.end


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_everything_can_be_asked_of_any_bytes(raw):
    scan = mime.scan(raw)
    mime.subject(scan)
    mime.date(scan)
    mime.message_id(scan)
    mime.references(scan)
    for name in (b"from", b"to", b"cc"):
        mime.addresses(scan, name)
    mime.summary(mime.readable_text(scan))
    mime.html_text(scan)
    for attachment in mime.attachments(scan):
        mime.attachment_bytes(scan, attachment)
    mime.envelope(scan)
    stored = mime.decode_tree(mime.encode_tree(scan), raw)
    assert mime.bodystructure(stored) == mime.bodystructure(scan)
    assert mime.body(stored) == mime.body(scan)
    for part in scan.parts:
        assert part.header_size + part.size == len(
            re.sub(rb"\r?\n", b"\r\n", scan.raw[part.header_start : part.body_end])
        )


@given(MESSAGES)
def test_prefix_and_variant_are_the_message(raw):
    prefix, variant = mime.split_trace(raw)

    assert prefix + variant == raw
    assert len(mime.message_identity(mime.scan(raw), variant)) == 32


@given(MESSAGES)
def test_header_and_text_are_the_served_message(raw):
    scan = mime.scan(raw)
    whole = mime.section(scan)

    header, text = mime.section(scan, (), "HEADER"), mime.section(scan, (), "TEXT")

    assert header is not None
    assert text is not None
    assert whole is not None
    assert header + text == whole == mime.to_crlf(raw)
    assert len(whole) == mime.crlf_size(raw)
