"""RFC 3501 6.4, clause by clause: what other files here do not say of messages."""

import pytest

from tests.support.house import deliver, letter

NESTED = b"""\
From: Ben <ben@kunde.example>
To: anna@acme.example
Subject: outer
Message-ID: <outer@kunde.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b1

--b1
Content-Type: text/plain
Content-Transfer-Encoding: base64

aGVsbG8=
--b1
Content-Type: message/rfc822

From: inner@kunde.example
Subject: inner
Content-Type: multipart/alternative; boundary=b2

--b2

plain
--b2
Content-Type: text/html

<p>html</p>
--b2--

--b1--
""".replace(b"\n", b"\r\n")


@pytest.fixture
async def client(server):
    """Three messages that a session before this one was told of."""
    raws = [letter(message_id=f"{n}@x", body=f"body {n}\r\n") for n in range(2)]
    await deliver(server.house, server.workspace, *raws, NESTED)
    await server.selected()
    return await server.selected()


async def test_check_and_close(server, client):
    """6.4.1, 6.4.2: CLOSE says no EXPUNGE; after EXAMINE it takes nothing out."""
    await client.follow("""
        C: a CHECK
        S: a OK {*}
        C: b STORE 1 +FLAGS.SILENT (\\Deleted)
        S: b OK Stored
        C: c EXAMINE INBOX
        S: {...}
        S: c OK [READ-ONLY] Opened
        C: d CLOSE
        S: d OK Closed
        C: e CLOSE
        S: e BAD CLOSE is not for now
        C: f SELECT INBOX
        S: {...}
        S: * 3 EXISTS
        S: {...}
        S: f OK {*}
        C: g CLOSE
        S: g OK Closed
        C: h STATUS INBOX (MESSAGES)
        S: * STATUS "INBOX" (MESSAGES 2)
        S: h OK {*}
    """)


async def test_read_only(server, client):
    """6.3.2: nothing that is kept changes."""
    await client.follow("""
        C: a EXAMINE INBOX
        S: {...}
        S: a OK [READ-ONLY] Opened
        C: b STORE 1 +FLAGS (\\Deleted)
        S: b NO [NOPERM] {*}
        C: c EXPUNGE
        S: c NO [NOPERM] {*}
        C: d MOVE 1 Archive
        S: d NO [NOPERM] {*}
        C: e COPY 1 Archive
        S: e OK [COPYUID {*} 1 1] Copied
        C: f FETCH 1 RFC822.TEXT
        S: * 1 FETCH (RFC822.TEXT {8}
        S: body 0
        S: )
        S: f OK Fetched
        C: g SEARCH SEEN
        S: * SEARCH
        S: g OK Searched
    """)


async def test_search_grammar(client):
    """6.4.4: charsets, dates in quotes, numbers of 63 bits (RFC 9051), what is no program."""
    await client.follow("""
        C: a SEARCH CHARSET UTF-8 ALL
        S: * SEARCH 1 2 3
        S: a OK Searched
        C: b SEARCH CHARSET us-ascii SUBJECT outer
        S: * SEARCH 3
        S: b OK Searched
        C: c SEARCH CHARSET X-NONE ALL
        S: c NO [BADCHARSET ({*})] {*}
        C: d SEARCH
        S: d BAD {*}
        C: e SEARCH ()
        S: e BAD {*}
        C: f SEARCH NOT
        S: f BAD {*}
        C: g SEARCH OR ALL
        S: g BAD {*}
        C: h SEARCH SINCE 31-Feb-2020
        S: h BAD {*}
        C: i SEARCH BEFORE "1-jan-2100" (OR 1 3) NOT UID 3
        S: * SEARCH 1
        S: i OK Searched
        C: j SEARCH LARGER 0 SMALLER 9223372036854775807
        S: * SEARCH 1 2 3
        S: j OK Searched
        C: k SEARCH UNKEYWORD $None HEADER Message-ID "" *:2
        S: * SEARCH 2 3
        S: k OK Searched
        C: l SEARCH UID 99,*
        S: * SEARCH 3
        S: l OK Searched
        C: m SEARCH X-UNKNOWN
        S: m BAD {*}
        C: n SEARCH SUBJECT {5+}
        C: outer FROM "ben"
        S: * SEARCH 3
        S: n OK Searched
    """)


async def test_macros(client):
    """6.4.5: ALL, FAST and FULL stand alone."""
    await client.follow("""
        C: a FETCH 3 FAST
        S: * 3 FETCH (FLAGS () INTERNALDATE {*} RFC822.SIZE {*})
        S: a OK Fetched
        C: b FETCH 3 ALL
        S: * 3 FETCH (FLAGS () INTERNALDATE {*} RFC822.SIZE {*} ENVELOPE (NIL "outer" {*}))
        S: b OK Fetched
        C: c UID FETCH 3 FULL
        S: * 3 FETCH (UID 3 FLAGS () INTERNALDATE {*} ENVELOPE ({*}) BODY (({*}) "mixed"))
        S: c OK Fetched
        C: d FETCH 3 (FAST)
        S: d BAD {*}
        C: e FETCH 3 ()
        S: e BAD {*}
        C: f FETCH 3
        S: f BAD {*}
        C: g FETCH 3 X-UNKNOWN
        S: g BAD {*}
    """)


async def test_rfc822(client):
    """6.4.5: RFC822.HEADER is as BODY.PEEK[HEADER], RFC822.TEXT as BODY[TEXT]; each by its name."""
    await client.follow("""
        C: a FETCH 1 RFC822.HEADER
        S: * 1 FETCH (RFC822.HEADER {*}
        S: {...}
        S: )
        S: a OK Fetched
        C: b FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS ())
        S: b OK Fetched
        C: c FETCH 1 RFC822.TEXT
        S: * 1 FETCH (RFC822.TEXT {8}
        S: body 0
        S:  FLAGS (\\Seen))
        S: c OK Fetched
        C: d FETCH 2 (RFC822 FLAGS)
        S: * 2 FETCH (RFC822 {*}
        S: {...}
        S: body 1
        S:  FLAGS (\\Seen))
        S: d OK Fetched
        C: e FETCH 2 RFC822.PEEK
        S: e BAD {*}
    """)


async def test_sections(client):
    """6.4.5: numbers of parts, through a message in the message; of what is not there, NIL."""
    await client.follow("""
        C: a FETCH 3 BODY.PEEK[2.HEADER.FIELDS (subject)]
        S: * 3 FETCH (BODY[2.HEADER.FIELDS (SUBJECT)] {18}
        S: Subject: inner
        S:
        S: )
        S: a OK Fetched
        C: b FETCH 3 BODY.PEEK[2.1]
        S: * 3 FETCH (BODY[2.1] {5}
        S: plain)
        S: b OK Fetched
        C: c FETCH 3 (BODY.PEEK[2.2.MIME] BODY.PEEK[2.2])
        S: * 3 FETCH (BODY[2.2.MIME] {27}
        S: Content-Type: text/html
        S:
        S:  BODY[2.2] {11}
        S: <p>html</p>)
        S: c OK Fetched
        C: d FETCH 3 BODY.PEEK[2.MIME]
        S: * 3 FETCH (BODY[2.MIME] {32}
        S: Content-Type: message/rfc822
        S:
        S: )
        S: d OK Fetched
        C: e FETCH 3 (BODY.PEEK[3] BODY.PEEK[1.1] BODY.PEEK[1.HEADER])
        S: * 3 FETCH (BODY[3] NIL BODY[1.1] NIL BODY[1.HEADER] NIL)
        S: e OK Fetched
        C: f FETCH 1 BODY.PEEK[1]
        S: * 1 FETCH (BODY[1] {8}
        S: body 0
        S: )
        S: f OK Fetched
        C: g FETCH 3 BODY.PEEK[HEADER.FIELDS.NOT (from to message-id mime-version content-type)]
        S: * 3 FETCH (BODY[HEADER.FIELDS.NOT ({*})] {18}
        S: Subject: outer
        S:
        S: )
        S: g OK Fetched
        C: h FETCH 3 BODY.PEEK[HEADER.FIELDS (X-None)]
        S: * 3 FETCH (BODY[HEADER.FIELDS (X-NONE)] {2}
        S:
        S: )
        S: h OK Fetched
        C: i FETCH 3 BODY.PEEK[MIME]
        S: i BAD {*}
        C: j FETCH 3 BODY.PEEK[HEADER.FIELDS ()]
        S: j BAD {*}
        C: k FETCH 3 BODY.PEEK[0]
        S: k BAD {*}
    """)


async def test_partial(client):
    """6.4.5: cut at the end, empty beyond it, with numbers of 63 bits (RFC 9051); never of none."""
    await client.follow("""
        C: a FETCH 1 BODY.PEEK[TEXT]<5.100>
        S: * 1 FETCH (BODY[TEXT]<5> {3}
        S: 0
        S: )
        S: a OK Fetched
        C: b FETCH 1 BODY.PEEK[TEXT]<8.1>
        S: * 1 FETCH (BODY[TEXT]<8> {0}
        S: )
        S: b OK Fetched
        C: c FETCH 1 BODY.PEEK[]<9223372036854775807.9223372036854775807>
        S: * 1 FETCH (BODY[]<9223372036854775807> {0}
        S: )
        S: c OK Fetched
        C: d FETCH 1 BODY.PEEK[]<0.0>
        S: d BAD {*}
        C: e FETCH 3 BODY.PEEK[9]<0.5>
        S: * 3 FETCH (BODY[9]<0> NIL)
        S: e OK Fetched
        C: f FETCH 1 BODY[TEXT]<0.1>
        S: * 1 FETCH (BODY[TEXT]<0> {1}
        S: b FLAGS (\\Seen))
        S: f OK Fetched
    """)


async def test_store(client):
    """6.4.6: one flag needs no list, an empty one clears; what is no flag is BAD, and changes
    nothing."""
    await client.follow("""
        C: a STORE 1 FLAGS \\Seen
        S: * 1 FETCH (FLAGS (\\Seen))
        S: a OK Stored
        C: b STORE 1 +flags (\\Flagged \\flagged)
        S: * 1 FETCH (FLAGS (\\Flagged \\Seen))
        S: b OK Stored
        C: c STORE 1 +FLAGS ()
        S: * 1 FETCH (FLAGS (\\Flagged \\Seen))
        S: c OK Stored
        C: d STORE 1 FLAGS ()
        S: * 1 FETCH (FLAGS ())
        S: d OK Stored
        C: e STORE 1 +FLAGS (\\Seen \\Foo)
        S: e BAD {*}
        C: f STORE 1 FOO (\\Seen)
        S: f BAD {*}
        C: g STORE 4 +FLAGS (\\Seen)
        S: g BAD {*}
        C: h STORE 1:4 +FLAGS (\\Seen)
        S: h BAD {*}
        C: i FETCH 1:3 FLAGS
        S: * 1 FETCH (FLAGS ())
        S: * 2 FETCH (FLAGS ())
        S: * 3 FETCH (FLAGS ())
        S: i OK Fetched
    """)


async def test_uids(client):
    """6.4.8: uids that nobody has are passed over; `*` is the last; what is told names the uid."""
    await client.follow("""
        C: a STORE 2 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b UID EXPUNGE 1:*
        S: * 2 EXPUNGE
        S: b OK Expunged
        C: c UID FETCH 1:* FLAGS
        S: * 1 FETCH (UID 1 FLAGS ())
        S: * 2 FETCH (UID 3 FLAGS ())
        S: c OK Fetched
        C: d UID FETCH 2 FLAGS
        S: d OK Fetched
        C: e UID FETCH 99:* (UID)
        S: * 2 FETCH (UID 3)
        S: e OK Fetched
        C: f UID STORE 2:3 +FLAGS (\\Seen)
        S: * 2 FETCH (UID 3 FLAGS (\\Seen))
        S: f OK Stored
        C: g UID COPY 2 Archive
        S: g OK There was nothing to do
        C: h UID COPY 1:* Archive
        S: h OK [COPYUID {*} 1,3 1:2] Copied
        C: i UID SEARCH 2
        S: * SEARCH 3
        S: i OK Searched
        C: j UID FETCH 0 FLAGS
        S: j BAD {*}
        C: k UID EXPUNGE
        S: k BAD {*}
        C: l UID NOOP
        S: l BAD {*}
    """)


async def test_an_empty_folder(server):
    """9, seq-number: `*` is no message where there is none; of uids it is not an error (6.4.8)."""
    await server.selected(
        script="""
        C: a FETCH * UID
        S: a BAD {*}
        C: b FETCH 1:* UID
        S: b BAD {*}
        C: c UID FETCH 1:* FLAGS
        S: c OK Fetched
        C: d UID FETCH * FLAGS
        S: d OK Fetched
        C: e SEARCH ALL
        S: * SEARCH
        S: e OK Searched
        C: f UID STORE 1:* +FLAGS (\\Seen)
        S: f OK Stored
        C: g EXPUNGE
        S: g OK Expunged
        C: h UID COPY 1:* Archive
        S: h OK There was nothing to do
    """
    )
