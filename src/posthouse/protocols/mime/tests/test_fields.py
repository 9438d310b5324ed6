"""Fields one by one: people, dates, ids, words, parameters, charsets."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols import mime
from posthouse.protocols.mime import dates


def people(text):
    return [(who.name, who.address) for who in mime.parse_addresses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@example.org", [("", "anna@example.org")]),
        ("Anna B. <anna@example.org>", [("Anna B.", "anna@example.org")]),
        ('"B, Anna" <a@b>, c@d', [("B, Anna", "a@b"), ("", "c@d")]),
        ('"say \\"hi\\"" <a@b>', [('say "hi"', "a@b")]),
        ("a@b (Anna)", [("Anna", "a@b")]),
        ("Anna (home (not work)) <a@b>", [("Anna", "a@b")]),
        ("Anna <@relay.example,@other:a@b>", [("Anna", "a@b")]),
        ("a . b @ c . d", [("", "a.b@c.d")]),
        ('"a b"@example.org', [("", '"a b"@example.org')]),
        ("Anna a@b", [("Anna", "a@b")]),
        ("a@b; c@d", [("", "a@b"), ("", "c@d")]),
        ("A <a@b, C <c@d>", [("A", "a@b"), ("C", "c@d")]),
        ("<a@b", [("", "a@b")]),
        ("A (never closed <a@b>, c@d", [("A (never closed", "a@b"), ("", "c@d")]),
        ('A " <a@b>', [("A", "a@b")]),
        (",, a@b ,,", [("", "a@b")]),
        ("=?utf-8?Q?Doe,_John?= <a@b>", [("Doe, John", "a@b")]),
        ("用户@例子.中国", [("", "用户@例子.中国")]),
        ("MAILER-DAEMON", [("", "MAILER-DAEMON")]),
        ("<>", [("", "")]),
        ("", []),
    ],
)
def test_address_lists(text, expected):
    assert people(text) == expected


def test_groups():
    found = mime.parse_addresses("Team: Anna <a@b>, c@d; e@f, undisclosed-recipients:;")

    assert [(who.group, who.name, who.address) for who in found] == [
        ("Team", "Anna", "a@b"),
        ("Team", "", "c@d"),
        (None, "", "e@f"),
        ("undisclosed-recipients", "", ""),
    ]


def test_a_route_is_shown_in_the_envelope_alone():
    """RFC 5322 4.4: a route says nothing of who it is; RFC 3501 7.4.2 has a place for it."""
    raw = b"From: Ann <@a,@b:ann@x.example>\r\nTo: (c) <@a:bob@x.example>\r\n\r\n"
    assert [person.address for person in mime.addresses(mime.scan(raw), b"from")] == [
        "ann@x.example"
    ]
    assert b'(("Ann" "@a,@b" "ann" "x.example"))' in mime.envelope(mime.scan(raw))
    assert b'(("c" "@a" "bob" "x.example"))' in mime.envelope(mime.scan(raw))


@pytest.mark.parametrize("subject", ["x", 'NIL "a" (b', "\\", "Grüße"])
def test_blind_copies_find_their_place_in_an_envelope(subject):
    open_header = f"Subject: {subject}\r\nFrom: a@x, b@y\r\nIn-Reply-To: <1@x>\r\n".encode()
    hidden = mime.envelope(mime.scan(open_header + b"\r\n"))
    whole = mime.envelope(mime.scan(open_header + b"Bcc: Z <z@z>, g: y@y;\r\n\r\n"))
    assert mime.with_blind_copies(hidden, [b" Z <z@z>, g: y@y;\r\n"]) == whole


def test_padding_of_quoted_printable_is_no_text():
    """RFC 2045 6.7, rule 3: white space at the end of a line came on the way."""
    header = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    scan = mime.scan(header + b"a \t \r\nb=20\r\nc=  \r\nd \n e")
    assert mime.content(scan, scan.root) == b"a\r\nb \r\ncd\n e"


def test_canonical_addresses():
    assert mime.canonical("Anna@EXAMPLE.org") == "anna@example.org"
    assert mime.canonical("a@例子.中国") == mime.canonical("A@xn--fsqu00a.xn--fiqs8s")


@given(st.text(st.sampled_from('ab @<>"(),;:\\.=?[]'), max_size=60))
def test_any_address_text_gives_people(text):
    for who in mime.parse_addresses(text):
        assert "\x00" not in who.name + who.address


EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sun, 22 Nov 2026 16:26:13 +0800 (CST)", datetime(2026, 11, 22, 16, 26, 13, tzinfo=EAST)),
        ("22 Nov 26 16:26 +0800", datetime(2026, 11, 22, 16, 26, tzinfo=EAST)),
        ("Fri, 21 Nov 97 09:55:06 GMT", datetime(1997, 11, 21, 9, 55, 6, tzinfo=UTC)),
        ("Sun Nov 22 16:26:13 2026", datetime(2026, 11, 22, 16, 26, 13, tzinfo=UTC)),
        ("2026-11-22T16:26:13+08:00", datetime(2026, 11, 22, 16, 26, 13, tzinfo=EAST)),
        ("Nov 22, 2026 4:26 PM", datetime(2026, 11, 22, 16, 26, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 23:59:60 +0000", datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 10:00:00 +9999", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("Sun, 31 Feb 2026 10:00:00 +0000", None),
        ("Mon, 1 Jan 0000 00:00:00 +0000", None),
        ("31 Dec 9999 23:59:59 -2359", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates(text, expected):
    found = mime.parse_date(text)

    assert found == expected
    if found is not None:
        assert found.utcoffset() == expected.utcoffset()


_PIECES = ["Sun, ", "mon, ", "22 ", "31 ", "Nov ", "feb ", "2026 ", "26 ", "16:26", ":13 ", "24:00"]
_ZONES = ["+0800", "-2359", "+9999", "0000", " (CST)", "GMT", "CST", "z"]


@given(st.lists(st.sampled_from([*_PIECES, *_ZONES, " "]), max_size=9).map("".join))
def test_a_usual_date_is_read_as_any_other(text):
    """The short way of the usual form says what the long way says, also of the zone."""
    usual = f"22 Nov 2026 16:26:13 {text}"
    for written in (text, usual):
        short, long = dates.parse_date(written), dates._parse_any(written)
        assert short == long
        assert (short and short.utcoffset()) == (long and long.utcoffset())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<a@b> <c@d>\r\n <a@b>", ["a@b", "c@d"]),
        (b"<a@b><c@d>", ["a@b", "c@d"]),
        (b"Your message of Monday <a@b> \"x\"", ["a@b"]),
        (b"a@b c@d garbage", ["a@b", "c@d"]),
        (b"< a @ b >", ["a@b"]),
        (b"", []),
    ],
)  # fmt: skip
def test_message_ids(value, expected):
    assert mime.decode_message_ids(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=?utf-8?q?a_b?=", "a b"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("Re:=?utf-8?B?5oKo?=", "Re:您"),
        ("=?UTF-8*zh?B?5oKo?=", "您"),
        ("=?utf-8?B?5o?= =?utf-8?B?Ko?=", "您"),
        ("=?nonsense?q?abc?=", "abc"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("=?iso-8859-1?Q?J\xfcrgen?=", "Jürgen"),
    ],
)
def test_encoded_words(text, expected):
    assert mime.decode_words(text) == expected


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=200), st.integers(0, 90))
def test_words_we_encode_read_back(text, room):
    words = mime.encode_words(text, first_room=room)

    assert all(len(word) <= 75 for word in words)
    assert mime.decode_words("\r\n ".join(words)) == text


def test_parameters():
    parsed = mime.content_type(
        b'Text/Plain; CHARSET = "utf-8" (comment); name=a b.txt; Empty=; format=flowed delsp=yes'
    )

    assert parsed.value == "text/plain"
    assert parsed.params == {
        "charset": "utf-8",
        "name": "a b.txt",
        "format": "flowed",
        "delsp": "yes",
    }


def test_dangerous_codecs_are_not_used():
    assert mime.decode_charset(b"\\x41\xff", "unicode_escape") == "\\x41ÿ"
    for label in ("punycode", "idna", "hex", "rot13", "undefined", "zip", "utf-8\x00", "x" * 500):
        assert mime.decode_charset(b"plain", label) == "plain"


@given(st.binary(max_size=120), st.sampled_from(["utf-8", "gbk", "big5", "utf-16", "hz", "x", ""]))
def test_any_bytes_in_any_charset_are_text(data, label):
    assert isinstance(mime.decode_charset(data, label), str)
