"""SELECT and FETCH: what a client is told of messages, in batches and alone."""

import re

import pytest

from posthouse.mail.mailboxes.model import Flags
from posthouse.servers.imap.store import Store
from tests.support.house import deliver, letter

MIXED = (
    b"Received: from a by b; Sun, 22 Nov 2026 08:00:00 +0000\r\n"
    b"From: =?UTF-8?B?5p2O5Lyf?= <li@kunde.example>\r\n"
    b"To: anna@acme.example\r\n"
    b"Subject: Two parts\r\n"
    b" and a fold\r\n"
    b"Date: Sun, 22 Nov 2026 08:00:00 +0000\r\n"
    b"Message-ID: <mixed@kunde.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n'
    b"\r\n"
    b"--b\r\n"
    b"Content-Type: text/plain\r\n"
    b"\r\n"
    b"first\r\n"
    b"--b\r\n"
    b"Content-Type: image/png\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"aGVsbG8=\r\n"
    b"--b--\r\n"
)


async def test_select(server):
    await deliver(server.house, server.workspace, letter(message_id="1@x"), flags=Flags.SEEN)
    await deliver(
        server.house, server.workspace, letter(message_id="2@x"), letter(message_id="3@x")
    )
    await server.signed_in("""
        C: a SELECT inbox
        S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
        S: * 3 EXISTS
        S: * 3 RECENT
        S: * OK [UNSEEN 2] {*}
        S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] {*}
        S: * OK [UIDVALIDITY {*}] {*}
        S: * OK [UIDNEXT 4] {*}
        S: * OK [MAILBOXID (F{*})] {*}
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: a OK [READ-WRITE] Opened
        C: b EXAMINE Sent
        S: * OK [CLOSED] Closed
        S: {...}
        S: b OK [READ-ONLY] Opened
        C: c SELECT Nowhere
        S: * OK [CLOSED] Closed
        S: c NO [NONEXISTENT] There is no such folder.
        C: d FETCH 1 FLAGS
        S: d BAD FETCH is not for now
    """)


async def test_fetch_from_the_view(server):
    await deliver(server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in range(3)))
    await server.selected(
        script="""
        C: a FETCH 1:2 (UID FLAGS)
        S: * 1 FETCH (UID 1 FLAGS (\\Recent))
        S: * 2 FETCH (UID 2 FLAGS (\\Recent))
        S: a OK Fetched
        C: b UID FETCH 3:* FLAGS
        S: * 3 FETCH (UID 3 FLAGS (\\Recent))
        S: b OK Fetched
        C: c UID FETCH 900:* FLAGS
        S: * 3 FETCH (UID 3 FLAGS (\\Recent))
        S: c OK Fetched
        C: d UID FETCH 900 FLAGS
        S: d OK Fetched
        C: e FETCH 4 FLAGS
        S: e BAD No such message
        C: f FETCH 1:* (FLAGS) (CHANGEDSINCE 999999)
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: f OK Fetched
        C: g FETCH 1 MODSEQ
        S: * 1 FETCH (MODSEQ ({*}))
        S: g OK Fetched
    """
    )


async def test_fetch_attributes(server):
    await deliver(server.house, server.workspace, MIXED)
    script = """
        C: a FETCH 1 (RFC822.SIZE INTERNALDATE)
        S: * 1 FETCH (RFC822.SIZE SIZE INTERNALDATE "{*} +0000")
        S: a OK Fetched
        C: b FETCH 1 ENVELOPE
        S: * 1 FETCH (ENVELOPE ("Sun, 22 Nov 2026 08:00:00 +0000" "Two parts and a fold" {*}))
        S: b OK Fetched
        C: c FETCH 1 BODY
        S: * 1 FETCH (BODY (("text" "plain" {*} 5 0)("image" "png" {*} "base64" 8) "mixed"))
        S: c OK Fetched
        C: d FETCH 1 BODYSTRUCTURE
        S: * 1 FETCH (BODYSTRUCTURE (({*}) "mixed" ("boundary" "b") NIL NIL NIL))
        S: d OK Fetched
        C: e FETCH 1 BODY.PEEK[HEADER.FIELDS (subject message-id)]
        S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT MESSAGE-ID)] {70}
        S: Subject: Two parts
        S:  and a fold
        S: Message-ID: <mixed@kunde.example>
        S:
        S: )
        S: e OK Fetched
        C: f FETCH 1 (BODY.PEEK[1] BODY.PEEK[2.MIME] BODY.PEEK[3])
        S: * 1 FETCH (BODY[1] {5}
        S: first BODY[2.MIME] {62}
        S: Content-Type: image/png
        S: Content-Transfer-Encoding: base64
        S:
        S:  BODY[3] NIL)
        S: f OK Fetched
        C: g FETCH 1 BODY.PEEK[TEXT]<2.3>
        S: * 1 FETCH (BODY[TEXT]<2> {3}
        S: b
        S: )
        S: g OK Fetched
        C: h FETCH 1 BODY.PEEK[]<999999.10>
        S: * 1 FETCH (BODY[]<999999> {0}
        S: )
        S: h OK Fetched
    """
    await server.selected(script=script.replace("SIZE SIZE", f"SIZE {len(MIXED)}"))


async def test_the_envelope_has_blind_copies(server):
    """RFC 3501 7.4.2; they are kept with the mailbox message, for they are not in every copy."""
    raw = b"From: a@x.example\r\nBcc: Eve <eve@y.example>\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"
    await deliver(server.house, server.workspace, raw)
    await server.selected(
        script="""
        C: a FETCH 1 ENVELOPE
        S: * 1 FETCH (ENVELOPE ({*} NIL NIL (("Eve" NIL "eve" "y.example")) NIL "<1@x>"))
        S: a OK Fetched
        C: b FETCH 1 (ENVELOPE BODY.PEEK[HEADER.FIELDS (BCC)])
        S: * 1 FETCH (ENVELOPE ({*} (("Eve" NIL "eve" "y.example")) NIL "<1@x>") {*}
        S: Bcc: Eve <eve@y.example>
        S: {...}
        S: b OK Fetched
    """
    )


async def test_whole_messages_come_byte_for_byte(server):
    raws = [letter(message_id=f"{n}@x", body="x" * n + "\r\n") for n in range(50)]
    await deliver(server.house, server.workspace, *raws)
    client = await server.selected(script="C: a UID FETCH 1:* (UID BODY.PEEK[])")
    for number, raw in enumerate(raws, 1):
        head = await client.line()
        assert head == f"* {number} FETCH (UID {number} BODY[] {{{len(raw)}}}"
        assert await client.reader.readexactly(len(raw)) == raw
        assert await client.line() == ")"
    await client.follow("S: a OK Fetched")


async def test_reading_marks_seen_and_peeking_does_not(server):
    await deliver(
        server.house, server.workspace, letter(message_id="1@x"), letter(message_id="2@x")
    )
    client = await server.selected(script="C: a FETCH 1 BODY.PEEK[HEADER]")
    await client.until("a")
    await client.follow("C: b FETCH 1:2 BODY[TEXT]")
    told = await client.until("b")
    assert [line for line in told if "FLAGS" in line] == [" FLAGS (\\Seen \\Recent))"] * 2
    await client.follow("""
        C: c FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\\Seen \\Recent))
        S: * 2 FETCH (FLAGS (\\Seen \\Recent))
        S: c OK Fetched
        C: d SEARCH UNSEEN
        S: * SEARCH
        S: d OK Searched
    """)


async def test_examining_marks_nothing(server):
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    client = await server.signed_in("C: a EXAMINE INBOX\nC: b FETCH 1 BODY[TEXT]")
    await client.until("b")
    await client.follow("""
        C: c FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS (\\Recent))
        S: c OK Fetched
        C: d STORE 1 +FLAGS (\\Seen)
        S: d NO [NOPERM] {*}
    """)


async def test_commands_sent_ahead_are_read_together(server, monkeypatch):
    raws = [letter(message_id=f"{n}@x", body=f"number {n}\r\n") for n in range(1, 41)]
    await deliver(server.house, server.workspace, *raws)
    client = await server.selected()
    asked = []
    fetch = Store.fetch

    async def counted(self, folder_id, uids, want):
        asked.append((len(uids), want))
        return await fetch(self, folder_id, uids, want)

    monkeypatch.setattr(Store, "fetch", counted)
    await client.send(
        b"".join(b"t%d UID FETCH %d (BODY.PEEK[])\r\n" % (n, n) for n in range(1, 41))
        + b"t99 UID FETCH 99 (BODY.PEEK[])\r\nend NOOP\r\n"
    )
    told = await client.until("end")
    tags = [line.split()[0] for line in told if re.match(r"t\d+ OK", line)]
    assert tags == [f"t{n}" for n in range(1, 41)] + ["t99"]
    bodies = [line for line in told if line.startswith("number")]
    assert bodies == [f"number {n}" for n in range(1, 41)]
    for n in range(1, 41):
        assert told.index(f"number {n}") < told.index(f"t{n} OK Fetched")
    assert sum(count for count, want in asked if "full" in want) == 40
    assert len([1 for _, want in asked if "full" in want]) <= 4


async def test_big_messages_are_read_in_small_batches(serve, monkeypatch):
    server = await serve(limits={"batch_octets": 100_000})
    raws = [letter(message_id=f"{n}@x", body="y" * 60_000 + "\r\n") for n in range(6)]
    await deliver(server.house, server.workspace, *raws)
    batches = []
    fetch = Store.fetch

    async def counted(self, folder_id, uids, want):
        batches.append((want, len(uids)))
        return await fetch(self, folder_id, uids, want)

    monkeypatch.setattr(Store, "fetch", counted)
    client = await server.selected(script="C: a FETCH 1:* BODY.PEEK[]")
    await client.until("a")
    assert [count for want, count in batches if "full" in want] == [1] * 6


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
async def test_sizes_and_octets_are_those_of_crlf(server, line_end):
    raw = letter(message_id="1@x", body="one\r\ntwo\r\n").replace(b"\r\n", line_end)
    served = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    await deliver(server.house, server.workspace, raw)
    client = await server.selected(
        script=f"""
        C: a FETCH 1 (RFC822.SIZE BODY.PEEK[])
        S: * 1 FETCH (RFC822.SIZE {len(served)} BODY[] {{{len(served)}}}
    """
    )
    assert await client.reader.readexactly(len(served)) == served
