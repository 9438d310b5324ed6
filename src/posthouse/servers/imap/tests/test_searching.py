"""SEARCH over flags, dates, sizes, headers and text, in Chinese too."""

import pytest

from posthouse.mail.mailboxes.model import Flags
from tests.support.house import deliver, letter

CHINESE = (
    b"From: =?GB18030?B?wO7OsA==?= <li.wei@kunde.example>\r\n"
    b"To: anna@acme.example\r\n"
    b"Subject: =?UTF-8?B?5oql5Lu35Y2V?=\r\n"
    b"Date: Fri, 20 Nov 2026 23:30:00 +0800\r\n"
    b"Message-ID: <zh@kunde.example>\r\n"
    b"Content-Type: text/plain; charset=gbk\r\n\r\n"
) + "请报二十台水泵的价格。\r\n".encode("gbk")


async def scene(server):
    await deliver(
        server.house,
        server.workspace,
        letter(message_id="1@x", subject="Pumps wanted", body="We need PUMPS soon.\r\n"),
    )
    await deliver(server.house, server.workspace, CHINESE, flags=Flags.SEEN | Flags.FLAGGED)
    await deliver(
        server.house,
        server.workspace,
        letter(message_id="3@x", subject="Invoice PO-4242", body="x" * 5_000 + "\r\n"),
    )
    return await server.selected()


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("ALL", "1 2 3"),
        ("SEEN", "2"),
        ("UNSEEN NOT FLAGGED", "1 3"),
        ("OR SEEN 3", "2 3"),
        ("2:*", "2 3"),
        ("UID 1,3", "1 3"),
        ("NEW", "1 3"),
        ("OLD", ""),
        ("SUBJECT pumps", "1"),
        ("SUBJECT po-4242 UNSEEN", "3"),
        ("FROM LI.WEI", "1 2 3"),
        ("TO nobody", ""),
        ("HEADER Message-ID zh@", "2"),
        ('HEADER Bcc ""', ""),
        ('HEADER Subject ""', "1 2 3"),
        ("BODY pumps", "1"),
        ("TEXT PO-4242", "3"),
        ("LARGER 4000", "3"),
        ("SMALLER 4000", "1 2"),
        ("SENTBEFORE 22-Nov-2026", "2"),
        ("SENTON 20-Nov-2026", "2"),
        ("SENTSINCE 21-Nov-2026", "1 3"),
        ("SINCE 1-Jan-2020", "1 2 3"),
        ("BEFORE 1-Jan-2020", ""),
        ("NOT (OR BODY pumps LARGER 4000)", "2"),
    ],
)
async def test_keys(server, keys, found):
    client = await scene(server)
    await client.follow(f"""
        C: a SEARCH {keys}
        S: {f"* SEARCH {found}".strip()}
        S: a OK Searched
    """)


async def test_chinese(server):
    client = await scene(server)
    for key, text in (("SUBJECT", "报价单"), ("BODY", "水泵"), ("TEXT", "价格"), ("FROM", "李伟")):
        size = len(text.encode())
        await client.send(f"a UID SEARCH CHARSET UTF-8 {key} {{{size}+}}\r\n{text}\r\n".encode())
        assert (await client.until("a"))[0] == "* SEARCH 2"
    await client.send(b"a SEARCH CHARSET GBK BODY {4+}\r\n" + "水泵".encode("gbk") + b"\r\n")
    assert (await client.until("a"))[0] == "* SEARCH 2"


async def test_what_is_attached(server):
    """Names of attachments and all of a forwarded message are in the body (RFC 9051 6.4.4)."""
    await deliver(
        server.house,
        server.workspace,
        b"Subject: both\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: application/pdf\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7%E5%8D%95.pdf\r\n\r\n"
        b"secret\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Subject: =?UTF-8?B?5rC05rO1?= inside\r\n\r\nDeep text.\r\n"
        b"--b--\r\n",
    )
    client = await server.selected()
    for key, text, found in (
        ("BODY", "报价单.PDF", " 1"),
        ("TEXT", "价单.p", " 1"),
        ("BODY", "水泵 INSIDE", " 1"),
        ("BODY", "deep TEXT", " 1"),
        ("BODY", "both", ""),
        ("TEXT", "secret", ""),
        ("SUBJECT", "inside", ""),
    ):
        octets = text.encode()
        await client.send(b"a SEARCH %b {%d+}\r\n%b\r\n" % (key.encode(), len(octets), octets))
        assert (await client.until("a"))[0] == f"* SEARCH{found}", (key, text)


async def test_addresses_are_searched_without_their_comments(server):
    """RFC 3501 6.4.4: FROM is asked of the envelope; what was written is searched as well."""
    raw = b"From: <ann (the one)@ (here) x.example>\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"
    await deliver(server.house, server.workspace, raw)
    await server.selected(
        script="""
        C: a SEARCH FROM ann@x.example
        S: * SEARCH 1
        S: a OK Searched
        C: b SEARCH FROM "the one"
        S: * SEARCH 1
        S: b OK Searched
        C: c SEARCH SUBJECT ann@x.example
        S: * SEARCH
        S: c OK Searched
    """
    )


async def test_modseq_and_refusals(serve):
    server = await serve(limits={"search_octets": 1_000})
    client = await scene(server)
    await client.follow("""
        C: a SEARCH MODSEQ 1
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: * SEARCH 1 2 3 (MODSEQ {*})
        S: a OK Searched
        C: b SEARCH BODY x
        S: b NO [LIMIT] {*}
        C: c SEARCH CHARSET KLINGON TEXT x
        S: c NO [BADCHARSET ({*})] Unknown charset
        C: d SEARCH 4
        S: * SEARCH
        S: d OK Searched
        C: e SEARCH 3:9
        S: * SEARCH 3
        S: e OK Searched
    """)
