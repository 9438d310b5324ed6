"""SORT, THREAD and SORT with RETURN as written conversations (RFC 5256, RFC 5957, RFC 5267)."""

import pytest

from posthouse.mail.mailboxes.model import Flags
from posthouse.servers.imap.commands import ordered
from tests.support.house import deliver

# From, To, Cc, Subject, Date, Message-ID, References, body
_MAIL = [
    ("Zoe <amy@x.example>", "t2@x", "", "Pumps", "02 Nov 2026 10:00:00 +0000", "a", "", "1"),
    ("bob@x.example", "t1@x", "c2@x", "re: pumps", "02 Nov 2026 12:00:00 +0300", "b", "a", "22"),
    (
        "=?utf-8?q?=C3=84nne?= <Carl@x.example>",
        "sales: t3@x;",
        "c1@x",
        "[list] Re: Anvils",
        "01 Nov 2026 23:30:00 -0800",
        "c",
        "gone",
        "x" * 400,
    ),
    ("dave@x.example", "", "", "anvils (fwd)", "nonsense", "d", "gone", "4"),
    ('"amy"@x.example', "t2@x", "", "=?gbk?b?sai829Wl?=", "01 Nov 2026 08:00 +0000", "e", "", "5"),
]


def _raw(mail):
    sender, to, cc, subject, date, message_id, references, body = mail
    fields = {
        "From": sender,
        "To": to,
        "Cc": cc,
        "Subject": subject,
        "Date": date,
        "Message-ID": f"<{message_id}@x>",
        "References": f"<{references}@x>" if references else "",
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return ("\r\n".join(lines) + f"\r\n\r\n{body}\r\n").encode()


@pytest.fixture
async def client(server):
    raws = [_raw(mail) for mail in _MAIL]
    await deliver(server.house, server.workspace, raws[0], flags=Flags.SEEN)
    await deliver(server.house, server.workspace, *raws[1:])
    return await server.selected()


_CRITERIA = (
    ("ARRIVAL", "1 2 3 4 5"),
    ("FROM", "1 5 2 3 4"),
    ("REVERSE FROM", "4 3 2 1 5"),
    ("TO", "4 3 2 1 5"),  # of a group it is the group's name
    ("CC", "1 4 5 3 2"),
    ("SIZE", "4 1 5 2 3"),
    ("REVERSE SIZE", "3 2 5 1 4"),
    ("DATE", "5 3 2 1 4"),  # in UTC; 4 has none that can be read, so when it arrived
    ("SUBJECT", "3 4 1 2 5"),
    ("SUBJECT REVERSE DATE", "4 3 1 2 5"),
    ("SUBJECT DATE", "3 4 2 1 5"),
    ("REVERSE SUBJECT DATE", "5 2 1 3 4"),
    ("DISPLAYFROM", "5 3 2 4 1"),
    ("DISPLAYTO", "4 3 2 1 5"),
)


async def test_criteria(client):
    """RFC 5256 BASE.6.4.SORT and RFC 5957 3."""
    for criteria, found in _CRITERIA:
        await client.follow(f"""
            C: a SORT ({criteria}) UTF-8 ALL
            S: * SORT {found}
            S: a OK Sorted
        """)


async def test_arrival(server):
    """By what INTERNALDATE says; what came at one moment by number, REVERSE or not."""
    client = await server.selected()
    for second in (7, 5, 5, 6):
        await client.follow(f"""
            C: x APPEND INBOX "20-Nov-2026 12:00:0{second} +0000" {{2+}}
            C: a
            S: {{...}}
            S: x OK {{*}}
        """)
    await client.follow("""
        C: a SORT (ARRIVAL) UTF-8 ALL
        S: * SORT 2 3 4 1
        S: a OK Sorted
        C: b SORT (REVERSE ARRIVAL) UTF-8 ALL
        S: * SORT 1 4 2 3
        S: b OK Sorted
    """)


async def test_sort(client):
    """RFC 5256 BASE.6.4.SORT."""
    await client.follow("""
        C: a STORE 1 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 1 EXPUNGE
        S: * 4 RECENT
        S: b OK Expunged
        C: c UID SORT (REVERSE SIZE) US-ASCII UNSEEN
        S: * SORT 3 2 5 4
        S: c OK Sorted
        C: d SORT (SUBJECT) GB18030 SUBJECT "anvils"
        S: * SORT 2 3
        S: d OK Sorted
        C: e SORT (SUBJECT) UTF-8 SEEN
        S: * SORT
        S: e OK Sorted
        C: f SORT (SUBJECT) KLINGON ALL
        S: f NO [BADCHARSET ({*})] Unknown charset
        C: g SORT () UTF-8 ALL
        S: g BAD {*}
        C: h SORT (REVERSE) UTF-8 ALL
        S: h BAD {*}
        C: i SORT (NONSENSE) UTF-8 ALL
        S: i BAD Unknown sort criterion
        C: j SORT (DATE) UTF-8
        S: j BAD {*}
        C: k SORT (DATE) UTF-8 MODSEQ 1
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: * SORT 4 2 1 3 (MODSEQ {*})
        S: k OK Sorted
    """)


async def test_sort_with_return(client):
    """RFC 5267 3: ALL keeps the order; MIN and MAX are its first and last."""
    await client.follow("""
        C: a SORT RETURN (ALL COUNT) (REVERSE SIZE) UTF-8 ALL
        S: * ESEARCH (TAG "a") ALL 3,2,5,1,4 COUNT 5
        S: a OK Sorted
        C: b UID SORT RETURN () (SUBJECT) UTF-8 ALL
        S: * ESEARCH (TAG "b") UID ALL 3:4,1:2,5
        S: b OK Sorted
        C: c SORT RETURN (MIN MAX) (SUBJECT) UTF-8 ALL
        S: * ESEARCH (TAG "c") MIN 3 MAX 5
        S: c OK Sorted
        C: d SORT RETURN (COUNT) (SUBJECT) UTF-8 ANSWERED
        S: * ESEARCH (TAG "d") COUNT 0
        S: d OK Sorted
        C: e SORT RETURN (SAVE) (REVERSE SIZE) UTF-8 SUBJECT anvils
        S: e OK Sorted
        C: f SORT (REVERSE SIZE) UTF-8 $
        S: * SORT 3 4
        S: f OK Sorted
    """)


async def test_thread(client):
    """RFC 5256 BASE.6.4.THREAD."""
    await client.follow("""
        C: a THREAD REFERENCES UTF-8 ALL
        S: * THREAD (5)((3)(4))(1 2)
        S: a OK Threaded
        C: b UID THREAD ORDEREDSUBJECT US-ASCII ALL
        S: * THREAD (5)(3 4)(2 1)
        S: b OK Threaded
        C: c THREAD REFERENCES UTF-8 UNSEEN
        S: * THREAD (5)((3)(4))(2)
        S: c OK Threaded
        C: d THREAD REFERENCES UTF-8 ANSWERED
        S: * THREAD
        S: d OK Threaded
        C: e THREAD NONSENSE UTF-8 ALL
        S: e BAD Unknown threading algorithm
        C: f THREAD REFERENCES KLINGON ALL
        S: f NO [BADCHARSET ({*})] Unknown charset
        C: g THREAD REFERENCES ALL
        S: g {*}
    """)


async def test_no_expunge_between_numbers(server, client):
    """RFC 5256 BASE.6.4.SORT: nobody's numbers move while SORT or THREAD speaks in them."""
    other = await server.selected()
    await other.follow("""
        C: a STORE 1 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 1 EXPUNGE
        S: b OK Expunged
    """)
    await client.follow("""
        C: a SORT (ARRIVAL) UTF-8 5
        S: * SORT 5
        S: a OK Sorted
        C: b THREAD REFERENCES UTF-8 5
        S: * THREAD (5)
        S: b OK Threaded
        C: c UID SORT (ARRIVAL) UTF-8 UID 5
        S: * SORT 5
        S: {...}
        S: * 1 EXPUNGE
        S: * 4 RECENT
        S: c OK Sorted
    """)


async def test_too_much_to_order(serve, client, monkeypatch):
    """What would read too much, or hold too many references, is refused; small keys are not."""
    small = await serve(limits={"search_octets": 300})
    other = await small.selected()
    await other.follow("""
        C: a SORT (REVERSE SIZE) UTF-8 ALL
        S: * SORT 3 2 5 1 4
        S: a OK Sorted
        C: b SORT (SUBJECT) UTF-8 ALL
        S: b NO [LIMIT] {*}
        C: c SORT RETURN (SAVE) (SUBJECT) UTF-8 ALL
        S: c NO [LIMIT] {*}
        C: d THREAD REFERENCES UTF-8 ALL
        S: d NO [LIMIT] {*}
    """)
    monkeypatch.setattr(ordered, "_MOST_REFERENCES", 2)
    await client.follow("""
        C: a THREAD REFERENCES UTF-8 1:2
        S: * THREAD (1 2)
        S: a OK Threaded
        C: b THREAD REFERENCES UTF-8 ALL
        S: b NO [LIMIT] {*}
    """)


async def test_long_message_ids(server):
    ids = [b"<" + b"long" * 100 + b"%d@x>" % n for n in range(2)]
    raws = [
        b"Message-ID: %b\r\nSubject: 1\r\n\r\n" % ids[0],
        b"Message-ID: %b\r\nSubject: 2\r\n\r\n" % ids[1],
        b"References: %b\r\nSubject: 3\r\n\r\n" % ids[1],
    ]
    await deliver(server.house, server.workspace, *raws)
    client = await server.selected()
    await client.follow("""
        C: a THREAD REFERENCES UTF-8 ALL
        S: * THREAD (1)(2 3)
        S: a OK Threaded
    """)


async def test_message_ids_as_they_are_written(server):
    """RFC 5256 3: quotes that change nothing do not count; In-Reply-To counts by its first id."""
    raws = [
        b'Message-ID: <"a b".c@x>\r\nSubject: 1\r\nDate: 01 Nov 2026 10:00:00 +0000\r\n\r\n',
        b'In-Reply-To: Yours of today <"a b".c@x> <z@x>\r\nMessage-ID: <b@x>\r\nSubject: 2\r\n\r\n',
        b"References: nonsense\r\nIn-Reply-To: <b@x>\r\nMessage-ID: <b@x>\r\nSubject: 3\r\n\r\n",
        b'References: <"b"@x>\r\nMessage-ID: no id\r\nSubject: 4\r\n\r\n',
    ]
    await deliver(server.house, server.workspace, *raws)
    client = await server.selected()
    await client.follow("""
        C: a THREAD REFERENCES UTF-8 ALL
        S: * THREAD (1 2 (3)(4))
        S: a OK Threaded
    """)
