"""Building a message: what comes out reads back as what went in, in lines every server takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.protocols import mime
from posthouse.protocols.mime.build import (
    Attached,
    Outgoing,
    Unbuildable,
    build,
    format_date,
    make_message_id,
)

PLAIN = Outgoing(
    sender=mime.Address("", "anna@example.org"),
    to=(mime.Address("Ben", "ben@example.net"),),
    subject="Offer",
    date=datetime(2026, 11, 22, 9, 5, 3, tzinfo=timezone(timedelta(hours=8))),
    message_id="1@example.org",
    text="Hello Ben,\n\nhere it is.\n",
)


def header_of(raw):
    return raw.partition(b"\r\n\r\n")[0] + b"\r\n"


def test_plain_message_byte_for_byte():
    assert build(PLAIN, randomness=b"r") == (
        b"From: anna@example.org\r\n"
        b"To: Ben <ben@example.net>\r\n"
        b"Subject: Offer\r\n"
        b"Date: Sun, 22 Nov 2026 09:05:03 +0800\r\n"
        b"Message-ID: <1@example.org>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hello Ben,\r\n\r\nhere it is.\r\n"
    )


def test_structure_with_inline_image_and_file():
    message = replace(
        PLAIN,
        html='<p>您好<img src="cid:logo@x"></p>',
        text=None,
        attachments=(
            Attached(name="logo.png", mime_type="image/png", data=b"\x89P", content_id="logo@x"),
            Attached(name="报价单.pdf", mime_type="application/pdf", data=b"%PDF" * 100),
        ),
    )

    scan = mime.scan(build(message, randomness=b"r"))

    assert [part.mime_type for part in scan.parts] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert mime.plain_text(scan) == "您好"
    image, file = mime.attachments(scan)
    assert (image.content_id, image.inline, image.name) == ("logo@x", True, "logo.png")
    assert (file.name, file.size, file.inline) == ("报价单.pdf", 400, False)
    assert mime.attachment_bytes(scan, file) == b"%PDF" * 100


def test_file_names_in_both_forms():
    message = replace(
        PLAIN, attachments=(Attached(name="报价单.pdf", mime_type="application/pdf", data=b"x"),)
    )

    raw = build(message, randomness=b"r")

    assert b'filename="=?UTF-8?B?5oql5Lu35Y2VLnBkZg==?="' in raw
    assert b"filename*=UTF-8''%E6%8A%A5%E4%BB%B7%E5%8D%95.pdf" in raw


def test_very_long_name_is_split_between_characters():
    name = "很长的文件名" * 30 + ".pdf"
    message = replace(PLAIN, attachments=(Attached(name=name, mime_type="a/b", data=b""),))

    raw = build(message, randomness=b"r")

    assert b"filename*1*=" in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert mime.attachments(mime.scan(raw))[0].name == name


def test_bcc_only_in_the_own_copy():
    message = replace(PLAIN, bcc=(mime.Address("", "secret@example.org"),))

    assert b"secret" not in build(message, randomness=b"r")
    assert b"Bcc: secret@example.org\r\n" in build(message, randomness=b"r", with_bcc=True)


def test_references_keep_the_root_and_the_newest():
    message = replace(PLAIN, in_reply_to="parent@x", references=tuple(f"{n}@x" for n in range(50)))

    scan = mime.scan(build(message, randomness=b"r"))

    assert mime.in_reply_to(scan) == ["parent@x"]
    kept = mime.references(scan)
    assert (kept[0], kept[-1], len(kept)) == ("0@x", "parent@x", 20)


def test_international_address_needs_smtputf8():
    message = replace(PLAIN, to=(mime.Address("", "用户@例子.中国"),))

    with pytest.raises(Unbuildable, match="SMTPUTF8"):
        build(message, randomness=b"r")
    raw = build(message, randomness=b"r", smtputf8=True)
    assert mime.addresses(mime.scan(raw), b"to")[0].address == "用户@例子.中国"


def test_international_domain_becomes_a_labels():
    raw = build(replace(PLAIN, to=(mime.Address("", "a@例子.中国"),)), randomness=b"r")

    assert b"To: a@xn--fsqu00a.xn--fiqs8s\r\n" in raw


@pytest.mark.parametrize(
    "address", ["", "a", "@b", "a@", "a@b\r\nBcc: c@d", "a@b,c@d", "a@b>", "a@b c"]
)
def test_no_address_no_message(address):
    with pytest.raises(Unbuildable):
        build(replace(PLAIN, to=(mime.Address("", address),)), randomness=b"r")


def test_no_field_can_be_smuggled_in():
    evil = "x\r\nBcc: evil@example.org\r\n\r\nbody"
    message = replace(
        PLAIN,
        subject=evil,
        sender=mime.Address(evil, "anna@example.org"),
        fields=(("X-Note", evil),),
        attachments=(Attached(name=evil, mime_type="text/x\r\nBcc: y", data=b""),),
    )

    scan = mime.scan(build(message, randomness=b"r"))

    assert scan.header(b"bcc") is None
    assert all(part.get(b"bcc") is None for part in scan.parts)
    with pytest.raises(Unbuildable):
        build(replace(PLAIN, fields=(("X\r\nBcc", "a"),)), randomness=b"r")
    with pytest.raises(Unbuildable):
        build(replace(PLAIN, fields=(("Bcc", "a@b"),)), randomness=b"r")
    with pytest.raises(Unbuildable):
        build(replace(PLAIN, message_id="a>\r\nBcc: b"), randomness=b"r")


def test_forwarded_message_is_attached_unencoded_only_when_plain():
    plain = Attached(name="a.eml", mime_type="message/rfc822", data=b"Subject: s\n\nhello\n")
    eight = Attached(name="b.eml", mime_type="message/rfc822", data="Subject: 你\n\n".encode())

    raw = build(replace(PLAIN, attachments=(plain, eight)), randomness=b"r")
    scan = mime.scan(raw)

    first, second = mime.attachments(scan)
    assert (first.mime_type, mime.attachment_bytes(scan, first)) == (
        "message/rfc822",
        b"Subject: s\r\n\r\nhello\r\n",
    )
    assert (second.mime_type, mime.attachment_bytes(scan, second)) == (
        "application/octet-stream",
        eight.data,
    )


def test_dates_and_ids():
    assert format_date(datetime(2026, 2, 1, 0, 0, 0, tzinfo=UTC)) == (
        "Sun, 1 Feb 2026 00:00:00 +0000"
    )
    west = timezone(-timedelta(hours=3, minutes=30))
    assert format_date(datetime(2026, 2, 1, tzinfo=west)).endswith("-0330")
    assert make_message_id(b"1", "例子.cn") == make_message_id(b"1", "xn--fsqu00a.cn")
    assert make_message_id(b"1", "a.cn") != make_message_id(b"2", "a.cn")


TEXT = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029\x85"),
    max_size=300,
)
NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60)


@settings(max_examples=300, deadline=None)
@given(subject=TEXT, name=NAMES, lines=st.lists(TEXT, max_size=8))
def test_text_reads_back_in_short_lines(subject, name, lines):
    text = "\n".join(lines)
    message = replace(
        PLAIN, subject=subject, sender=mime.Address(name, "anna@example.org"), text=text
    )

    raw = build(message, randomness=b"r")
    scan = mime.scan(raw)

    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert " ".join(mime.subject(scan).split()) == " ".join(subject.split())
    assert " ".join(mime.addresses(scan, b"from")[0].name.split()) == " ".join(name.split())
    assert mime.text_of(scan, scan.root).removesuffix("\n") == text.removesuffix("\n")


@settings(max_examples=150, deadline=None)
@given(name=NAMES, data=st.binary(max_size=400), html=TEXT)
def test_files_read_back(name, data, html):
    message = replace(
        PLAIN,
        html=html,
        attachments=(Attached(name=name, mime_type="application/x-any", data=data),),
    )

    scan = mime.scan(build(message, randomness=b"r"))

    (file,) = mime.attachments(scan)
    assert mime.attachment_bytes(scan, file) == data
    assert file.size == len(data)
    assert file.name == (mime.safe_name(name) or "attachment")


def test_body_lines_stay_within_76_columns():
    text = "一段很长的中文。" * 50 + "\n" + "a long line of plain words " * 40 + "\n=" * 90
    for body in (text, "é" * 10 + "x" * 500, "." * 300):
        raw = build(replace(PLAIN, text=body), randomness=b"r")
        assert max(map(len, raw.split(b"\r\n"))) <= 76
