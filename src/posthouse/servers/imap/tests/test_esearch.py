"""SEARCH with RETURN (RFC 4731), `$` (RFC 5182), YOUNGER (RFC 5032), casemap (RFC 5255)."""

from datetime import UTC, datetime

import pytest

from posthouse.foundation import clock
from posthouse.mail.mailboxes.model import Flags
from tests.support.house import deliver, letter


@pytest.fixture
async def client(server):
    """INBOX with six messages, of which 2, 3, 4 and 6 are flagged."""
    for n in range(1, 7):
        flags = Flags.FLAGGED if n in (2, 3, 4, 6) else Flags(0)
        raw = letter(message_id=f"{n}@x", subject=f"Number {n}", body=f"{n}\r\n")
        await deliver(server.house, server.workspace, raw, flags=flags)
    return await server.selected(script="C: e STORE 1 +FLAGS.SILENT \\Deleted\nS: e OK Stored")


async def expunge_first(client):
    """Uids and numbers are two things from now on."""
    await client.follow("C: x EXPUNGE\nS: * 1 EXPUNGE\nS: * 5 RECENT\nS: x OK Expunged")


async def test_results(client):
    """RFC 4731 3.1."""
    await expunge_first(client)
    await client.follow("""
        C: a SEARCH RETURN (MIN COUNT) FLAGGED
        S: * ESEARCH (TAG "a") MIN 1 COUNT 4
        S: a OK Searched
        C: b UID SEARCH RETURN () FLAGGED
        S: * ESEARCH (TAG "b") UID ALL 2:4,6
        S: b OK Searched
        C: c search return (all) charset utf-8 unflagged
        S: * ESEARCH (TAG "c") ALL 4
        S: c OK Searched
        C: d UID SEARCH RETURN (MAX MIN ALL COUNT) FLAGGED
        S: * ESEARCH (TAG "d") UID MIN 2 MAX 6 ALL 2:4,6 COUNT 4
        S: d OK Searched
        C: e SEARCH RETURN (MIN MAX ALL COUNT) ANSWERED
        S: * ESEARCH (TAG "e") COUNT 0
        S: e OK Searched
        C: f SEARCH RETURN (MIN) ANSWERED
        S: * ESEARCH (TAG "f")
        S: f OK Searched
        C: g SEARCH RETURN (NONSENSE) ALL
        S: g BAD Unknown RETURN option
        C: h SEARCH RETURN () CHARSET KLINGON ALL
        S: h NO [BADCHARSET ({*})] Unknown charset
        C: \\"i SEARCH RETURN (COUNT) ALL
        S: * BAD Missing tag
    """)


async def modseqs(client):
    client.said.clear()
    await client.follow("C: m FETCH 1:* MODSEQ\nS: {...}\nS: m OK Fetched")
    return [int(line.split("(")[2].rstrip(")")) for line in client.said[:-1] if "FETCH" in line]


async def test_modseq_is_that_of_what_is_told(client):
    """RFC 7162 3.1.10: of the ends when only they are asked for, else the highest of all."""
    for n in (6, 2, 4, 3):
        await client.follow(f"""
            C: s STORE {n} +FLAGS.SILENT (\\Answered)
            S: s OK Stored
        """)
    seqs = await modseqs(client)
    await client.follow(f"""
        C: a SEARCH RETURN (MIN) MODSEQ 1 FLAGGED
        S: * ESEARCH (TAG "a") MIN 2 MODSEQ {seqs[1]}
        S: a OK Searched
        C: b UID SEARCH RETURN (MAX) MODSEQ 1 FLAGGED
        S: * ESEARCH (TAG "b") UID MAX 6 MODSEQ {seqs[5]}
        S: b OK Searched
        C: c SEARCH RETURN (MIN MAX) MODSEQ 1 FLAGGED
        S: * ESEARCH (TAG "c") MIN 2 MAX 6 MODSEQ {max(seqs[1], seqs[5])}
        S: c OK Searched
        C: d SEARCH RETURN (MIN MAX COUNT) MODSEQ 1 FLAGGED
        S: * ESEARCH (TAG "d") MIN 2 MAX 6 COUNT 4 MODSEQ {max(seqs)}
        S: d OK Searched
        C: e SEARCH RETURN () MODSEQ "/flags/\\\\draft" all 1 FLAGGED
        S: * ESEARCH (TAG "e") ALL 2:4,6 MODSEQ {max(seqs)}
        S: e OK Searched
        C: f SEARCH RETURN (COUNT) MODSEQ 1 DRAFT
        S: * ESEARCH (TAG "f") COUNT 0
        S: f OK Searched
        C: g SEARCH MODSEQ {max(seqs) + 1}
        S: * SEARCH
        S: g OK Searched
    """)


async def test_saved_results(client):
    """RFC 5182 2.1: `$` wherever messages are named; numbers follow expunges."""
    await client.follow("""
        C: a SEARCH RETURN (SAVE) FLAGGED
        S: a OK Searched
        C: b FETCH $ (UID)
        S: * 2 FETCH (UID 2)
        S: * 3 FETCH (UID 3)
        S: * 4 FETCH (UID 4)
        S: * 6 FETCH (UID 6)
        S: b OK Fetched
        C: c SEARCH $ SUBJECT "number 3"
        S: * SEARCH 3
        S: c OK Searched
        C: d SEARCH UID $ NOT 3
        S: * SEARCH 2 4 6
        S: d OK Searched
    """)
    await expunge_first(client)
    await client.follow("""
        C: e UID FETCH $ (UID)
        S: * 1 FETCH (UID 2)
        S: * 2 FETCH (UID 3)
        S: * 3 FETCH (UID 4)
        S: * 5 FETCH (UID 6)
        S: e OK Fetched
        C: f SEARCH RETURN (SAVE MIN MAX) FLAGGED
        S: * ESEARCH (TAG "f") MIN 1 MAX 5
        S: f OK Searched
        C: g UID STORE $ +FLAGS.SILENT (\\Deleted)
        S: g OK Stored
        C: h SEARCH RETURN (SAVE MIN COUNT) FLAGGED
        S: * ESEARCH (TAG "h") MIN 1 COUNT 4
        S: h OK Searched
        C: i COPY $ Archive
        S: i OK [COPYUID {*} 2:4,6 1:4] Copied
        C: j UID EXPUNGE $
        S: * 5 EXPUNGE
        S: * 1 EXPUNGE
        S: * 3 RECENT
        S: j OK Expunged
        C: k UID MOVE $ Archive
        S: * OK [COPYUID {*} 3:4 5:6] Moved
        S: * 2 EXPUNGE
        S: * 1 EXPUNGE
        S: * 1 RECENT
        S: k OK Moved
        C: l FETCH $ (UID)
        S: l OK Fetched
        C: m FETCH $,1 (UID)
        S: m BAD {*}
    """)


async def test_what_empties_the_saved_result(serve, server, client):
    """RFC 5182 2.1: NO empties it, BAD does not, SELECT does."""
    await client.follow("""
        C: a SEARCH RETURN (SAVE) 3
        S: a OK Searched
        C: b SEARCH RETURN (SAVE) NONSENSE
        S: b BAD Unknown search key
        C: d SEARCH $
        S: * SEARCH 3
        S: d OK Searched
        C: e SELECT INBOX
        S: {...}
        S: e OK {*}
        C: f SEARCH $
        S: * SEARCH
        S: f OK Searched
    """)
    small = await serve(limits={"search_octets": 10})
    client = await small.selected()
    await client.follow("""
        C: a SEARCH RETURN (SAVE) 3
        S: a OK Searched
        C: b SEARCH RETURN (SAVE) BODY 3
        S: b NO [LIMIT] {*}
        C: c SEARCH RETURN (COUNT) $
        S: * ESEARCH (TAG "c") COUNT 0
        S: c OK Searched
    """)


async def test_younger_and_older(server):
    """RFC 5032 2."""
    clock.hold(lambda: datetime(2026, 11, 20, 12, 2, tzinfo=UTC))
    try:
        client = await server.selected()
        for minute in range(3):
            await client.follow(f"""
                C: x APPEND INBOX "20-Nov-2026 12:0{minute}:00 +0000" {{2+}}
                C: a
                S: {{...}}
                S: x OK {{*}}
            """)
        await client.follow("""
            C: a SEARCH YOUNGER 59
            S: * SEARCH 3
            S: a OK Searched
            C: b SEARCH YOUNGER 60
            S: * SEARCH 2 3
            S: b OK Searched
            C: c SEARCH OLDER 60
            S: * SEARCH 1 2
            S: c OK Searched
            C: d SEARCH OLDER 4294967295
            S: * SEARCH
            S: d OK Searched
            C: e SEARCH YOUNGER 0
            S: e BAD {*}
        """)
    finally:
        clock.hold(None)


async def test_comparison(server):
    """RFC 5255 4.2, RFC 5051: without case in every script; wide letters are letters."""
    subject = "=?UTF-8?B?w4VOR1NUUsOWTSDQn9Cg0JjQktCV0KIg77yw77yv77yR?="  # capitals
    raw = letter(message_id="1@x", subject=subject, body="Straße\r\n")
    await deliver(server.house, server.workspace, raw)
    client = await server.selected()
    for key, text in (("SUBJECT", "ångström"), ("SUBJECT", "привет"), ("SUBJECT", "po1")):
        octets = text.encode()
        await client.send(b"a SEARCH %b {%d+}\r\n%b\r\n" % (key.encode(), len(octets), octets))
        assert (await client.until("a"))[0] == "* SEARCH 1", text
