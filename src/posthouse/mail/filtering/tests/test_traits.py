"""What is seen in a mail, and that hostile mail costs no more than any other."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.mail.filtering.links import link_traits
from posthouse.mail.filtering.model import Group, junk_from
from posthouse.mail.filtering.numbers import Words, numbers_of
from posthouse.mail.filtering.traits import Traits, traits_of
from posthouse.mail.filtering.tricks import markup_tricks, tone, undo
from posthouse.protocols import mime


def read(raw: bytes) -> Traits:
    prefix, rest = mime.split_trace(raw)
    scan = mime.scan(rest)
    return traits_of(prefix, scan, mime.subject(scan), {})


@pytest.mark.parametrize("charset", ["gb18030", "gbk", "utf-8"])
def test_a_chinese_word_is_the_same_in_every_charset(charset: str):
    head = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    found = read(head + "我们代开发票，优惠".encode(charset))
    pair = numbers_of(["发票"])[0]
    assert pair in found.numbers[Group.WORDS]


def test_big5_gives_its_own_words():
    raw = b"Content-Type: text/plain; charset=big5\r\n\r\n" + "優惠發票".encode("big5")
    assert numbers_of(["發票"])[0] in read(raw).numbers[Group.WORDS]


def test_neighbours_are_traits_and_can_be_named():
    words = Words("buy cheap pills")
    assert [words.find(number, 0) for number in words.joined] == [
        "buy cheap",
        "cheap pills",
        "buy cheap pills",
    ]
    chinese = Words("代开发票")
    named = [chinese.find(number, 0) for number in (*chinese.single, *chinese.joined)]
    assert {"代", "代开", "开发", "代开发", "代开发票"} <= set(named)


@pytest.mark.parametrize(
    ("text", "meant", "trick"),
    [
        ("buy V I A G R A now", "buy VIAGRA now", "spelled out"),
        ("buy v.i.a.g.r.a now", "buy viagra now", "spelled out"),
        ("代 开 发 票 联 系 我", "代开发票联系我", "parted characters"),
        ("发\u200b票\u200b优\u200b惠", "发票优惠", "unseen characters"),
        ("pаypаl", "paypal", "foreign letters"),  # noqa: RUF001
        ("电话１３８００", "电话１３８００", "odd letters"),
    ],
)
def test_tricks_are_found_and_undone(text: str, meant: str, trick: str):
    undone, found = undo(text)
    assert undone == meant
    assert any(name.startswith(trick) for name in found)


def test_ordinary_text_has_no_tricks():
    for text in ("I have a plan B for it", "您好，附件是合同。\n请查收，谢谢！", "Grüße aus Köln"):
        assert undo(text) == (text, [])


def test_links_and_what_is_odd_about_them():
    markup = '<a href="http://evil.example/login">https://www.bank.example</a>'
    places, odd = link_traits("http://192.0.2.1/a.exe http://me@x.example", markup, "x.example")
    assert {"host evil.example", "host x.example", "own host", "way login"} <= set(places)
    assert {"numeric host", "link to exe", "link with a name", "disguised link"} <= set(odd)


def test_the_way_is_held_against_the_author():
    raw = (
        b"Return-Path: <news-bounce@lists.example>\r\n"
        b"Received: from mail.shop.example (mail.shop.example [192.0.2.1]) by mx.acme.example\r\n"
        b"From: Shop <news@shop.example>\r\nMessage-ID: <1@shop.example>\r\n\r\nHello\r\n"
    )
    found = set(read(raw).names[Group.WAY])
    assert {
        "from author True identity True",
        "returns to house False",
        "returns to a machine",
    } <= found
    forged = raw.replace(b"mail.shop.example (", b"dialup.else.example (")
    assert "from author False identity False" in read(forged).names[Group.WAY]


def test_an_answer_to_the_list_is_not_an_answer_elsewhere():
    raw = (
        b"From: a@one.example\r\nReply-To: club@lists.example\r\nTo: Club <club@lists.example>"
        b"\r\n\r\nHello\r\n"
    )
    found = set(read(raw).names[Group.FORM])
    assert {"answers go to receivers", "receiver by name"} <= found
    elsewhere = set(read(raw.replace(b"To: Club", b"X: Club")).names[Group.FORM])
    assert "answers go elsewhere" in elsewhere


def test_clocks_and_envelopes_are_held_against_the_header():
    raw = (
        b"Received: from a.example by b.example for <anna@b.example>; 23 Nov 2026 12:00:00 +0000"
        b"\r\nFrom: a@a.example\r\nTo: anna@b.example\r\n"
        b"Date: Mon, 23 Nov 2026 11:55:00 +0000\r\n\r\nHello\r\n"
    )
    assert {"late 0", "for a receiver True"} <= set(read(raw).names[Group.WAY])
    forged = raw.replace(b"Date: Mon, 23", b"Date: Wed, 25").replace(b"To: anna", b"To: you")
    assert {"early 9", "for a receiver False"} <= set(read(forged).names[Group.WAY])


def test_a_word_of_the_subject_counts_in_the_text_as_well():
    found = read(b"Subject: cheap pills\r\n\r\nHello\r\n")
    assert numbers_of(["pills"])[0] in found.numbers[Group.WORDS]


def test_programs_are_known_by_their_habits():
    raw = (
        b"Message-Id: <12ab.5@x.example>\r\nX-mailer: Foxmail 7.2\r\nMime-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="==12=="\r\n\r\n'
        b"--==12==\r\n\r\nHello\r\n--==12==--\r\n"
    )
    found = set(read(raw).names[Group.HABITS])
    assert {"written X-mailer", "order x-mailer mime-version", "boundary ==9=="} <= found
    assert "made by foxmail 7 2 with boundary ==9==" in found


def test_the_fewer_mails_have_taught_the_clearer_junk_must_be():
    assert junk_from(1, 400) == junk_from(5, 2_000) == 0.7  # what is not known is good mail
    assert junk_from(300, 300) > junk_from(300, 600) > junk_from(300, 1_200)
    assert 1.1 < junk_from(1_280, 2_800) < 1.3
    assert 0.7 <= junk_from(0, 0) < 5


def test_html_that_hides_text():
    markup = '<p style="font-size:0px">x</p><b style="display:none">y</b><font color="#ffffff">z'
    found = {name.rpartition(" ")[0] for name in markup_tricks(markup)}
    assert found == {"tiny text", "hidden text", "pale text"}


@given(st.text(max_size=300), st.binary(max_size=300))
def test_nothing_is_too_odd(text: str, raw: bytes):
    undo(text)
    list(tone(text))
    link_traits(text, text, text)
    list(markup_tricks(text))
    read(raw)
    read(b"From: " + raw + b"\r\nContent-Type: text/html\r\n\r\n" + text.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "<a href=",
        "<a href=http://a>",
        "http://",
        "1-",
        "<font ",
        "x<!--",
        "&#1;",
        "中 ",
        "代★",
        "薇信",
        "一1",
        "\u200b",
        "A",
        "= ",
        '<p style="',
        "a@",
        "received: from [",
    ],
)
def test_hostile_mail_costs_little(piece: str):
    body = (piece * (200_000 // len(piece))).encode()
    head = b"From: a@x.example\r\nSubject: " + body[:5000].replace(b"\n", b"") + b"\r\n"
    raw = head + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body
    read(b"Subject: warm\r\n\r\n")
    begun = time.process_time()
    read(raw)
    assert time.process_time() - begun < 0.5
