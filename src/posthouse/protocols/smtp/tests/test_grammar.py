import datetime
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.address import (
    Address,
    BadAddress,
    address_literal,
    parse_address,
    parse_path,
)
from posthouse.protocols.smtp.command import (
    BadArgument,
    UnknownParameter,
    parse_mail,
    parse_rcpt,
)
from posthouse.protocols.smtp.received import Hop, TlsInfo, received_header
from posthouse.protocols.smtp.reply import BadReply, Reply, ReplyReader

LOCAL = st.text(
    st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("中é李"), min_size=1
).filter(lambda local: len(local.encode()) <= 64)
DOMAIN = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,5}){1,3}", fullmatch=True)


@given(LOCAL, DOMAIN)
def test_every_address_survives_its_own_writing(local, domain):
    address = Address(local=local, domain=domain)
    assert parse_address(str(address)) == address
    assert parse_path(f"<{address}> X=1") == (address, " X=1")


@given(st.text())
def test_no_text_breaks_the_parsers(text):
    refusals = (BadAddress, BadArgument, UnknownParameter)
    for parse in (parse_address, parse_path, parse_rcpt):
        with suppress(*refusals):
            parse(text)
    with suppress(*refusals):
        parse_mail(f"FROM:<a@b.example> {text}", extended=True)


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("anna@example.org", "anna", "example.org"),
        ("Anna@EXAMPLE.org", "Anna", "example.org"),
        ('"john doe"@example.org', "john doe", "example.org"),
        ('"a\\"b\\\\c"@example.org', 'a"b\\c', "example.org"),
        ('"a@b>c"@example.org', "a@b>c", "example.org"),
        ("a..b.@docomo.example", "a..b.", "docomo.example"),
        ("x@[192.0.2.1]", "x", "[192.0.2.1]"),
        ("x@[IPv6:2001:DB8:0:0::1]", "x", "[IPv6:2001:db8::1]"),
        ("李雷@例子.example", "李雷", "例子.example"),
        ("x@host_name.example", "x", "host_name.example"),
    ],
)
def test_addresses(text, local, domain):
    assert parse_address(text) == Address(local=local, domain=domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "@example.org",
        "anna@",
        "an na@example.org",
        "anna@exa mple.org",
        "anna@.example.org",
        "anna@example..org",
        "anna@-example.org",
        "anna@example.org.",
        'an"na@example.org',
        '"anna@example.org',
        "anna@[300.0.0.1]",
        "anna@[IPv6:xyz]",
        "anna@[x:y]",
        "a" * 300 + "@example.org",
        "a@" + "b" * 64 + ".example",
        "a@" + "b." * 127 + "example",
        "a@b@c.example",
        "a\u0085b@example.org",
        "a@xn\u2028y.example",
    ],
)
def test_not_addresses(text):
    with pytest.raises(BadAddress):
        parse_address(text)


def test_paths():
    assert parse_path("<>") == (None, "")
    assert parse_path("<pOstmaster>") == (Address(local="pOstmaster", domain=""), "")
    with pytest.raises(BadAddress):
        parse_path("<a@b.example")
    with pytest.raises(BadAddress):
        parse_path("<<a@b.example>>")


def test_wire_forms():
    address = parse_address("x@例子.example")
    assert address.wire(smtputf8=True) == "x@例子.example"
    assert address.wire(smtputf8=False) == "x@xn--fsqu00a.example"
    assert not address.needs_smtputf8
    with pytest.raises(BadAddress):
        parse_address("李@a.example").wire(smtputf8=False)
    assert address_literal("192.0.2.1") == "[192.0.2.1]"
    assert address_literal("fe80::1%eth0") == "[IPv6:fe80::1]"


def test_replies_are_written():
    assert Reply(250, "OK", "2.0.0").encode() == b"250 2.0.0 OK\r\n"
    assert Reply(550, "a\nb", "5.1.1").encode() == b"550-5.1.1 a\r\n550 5.1.1 b\r\n"
    assert Reply(554, "evil\r\rtext\0").encode() == b"554 evil  text \r\n"


@given(
    st.integers(200, 599),
    st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["C", "Z"]))),
    st.sampled_from(["", ".1.1", ".999.0"]),
    st.integers(1, 20),
)
def test_replies_are_read_back(code, lines, detail, size):
    enhanced = f"{code // 100}{detail}" if detail and code // 100 != 3 else ""
    reply = Reply(code, "\n".join(lines), enhanced)
    raw = reply.encode()
    reader = ReplyReader()
    read = [r for i in range(0, len(raw), size) for r in reader.feed(raw[i : i + size])]
    assert [r.code for r in read] == [code]
    assert read[0].encode() == raw


@pytest.mark.parametrize("raw", [b"hello\r\n", b"150 x\r\n", b"25\r\n", b"250_x\r\n", b"x" * 9000])
def test_not_replies(raw):
    with pytest.raises(BadReply):
        list(ReplyReader().feed(raw))


HOP = Hop(
    by="mx.example.org",
    peer_host="192.0.2.1",
    hello="client.example",
    extended=True,
    tls=None,
    authenticated=False,
    lmtp=False,
    smtputf8=False,
    identifier="abc",
    recipients=("anna@example.org",),
    received_at=datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC),
)


def variant(**changes: object) -> Hop:
    fields = {name: getattr(HOP, name) for name in Hop.__slots__}
    return Hop(**{**fields, **changes})


def test_received():
    assert received_header(HOP) == (
        b"Received: from client.example ([192.0.2.1])\r\n"
        b"\tby mx.example.org with ESMTP\r\n"
        b"\tid abc\r\n"
        b"\tfor <anna@example.org>;\r\n"
        b"\tSun, 22 Nov 2026 12:00:00 +0000\r\n"
    )
    tls = TlsInfo(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", bits=256)
    header = received_header(variant(tls=tls, authenticated=True, recipients=("a@b", "c@d")))
    assert b"with ESMTPSA\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256))" in header
    assert b"for <" not in header
    assert b"with UTF8SMTPS\r\n" in received_header(variant(tls=tls, smtputf8=True))
    assert b"with SMTP\r\n" in received_header(variant(extended=False))


def test_received_shows_a_false_hello_harmless():
    header = received_header(variant(hello="evil) by x;\u202e", peer_host="2001:db8::1"))
    assert b"from [IPv6:2001:db8::1] (helo=evil??by?x??)\r\n" in header
