"""IMAP4rev2 after ENABLE, where it differs from IMAP4rev1 (RFC 9051 appendix E)."""

from tests.support.house import deliver, letter

ENABLE = """
        C: en ENABLE IMAP4rev2
        S: * ENABLED IMAP4rev2
        S: en OK Enabled"""


async def letters(server, count):
    raws = [letter(message_id=f"{n}@x") for n in range(count)]
    await deliver(server.house, server.workspace, *raws)


async def test_capability_and_enable(server):
    """6.1.1, 6.3.1: a rev1 client is told as before until it enables rev2."""
    await letters(server, 1)
    client = await server.connect("""
        C: a CAPABILITY
        S: * CAPABILITY IMAP4rev1 IMAP4rev2 {*}
        S: a OK Capabilities listed
    """)
    await client.follow("""
        C: in LOGIN anna@acme.example "correct horse battery"
        S: in OK [CAPABILITY IMAP4rev1 IMAP4rev2 {*}] {*}
        C: b SEARCH ALL
        S: b BAD SEARCH is not for now
        C: c SELECT INBOX
        S: * FLAGS {*}
        S: * 1 EXISTS
        S: * 1 RECENT
        S: * OK [UNSEEN 1] {*}
        S: {...}
        S: c OK [READ-WRITE] Opened
        C: d SEARCH ALL
        S: * SEARCH 1
        S: d OK Searched
    """)


async def test_select(server):
    """6.3.2: FLAGS, EXISTS and LIST; neither RECENT nor UNSEEN."""
    await letters(server, 1)
    await server.signed_in(
        ENABLE
        + """
        C: a SELECT inbox
        S: * FLAGS {*}
        S: * 1 EXISTS
        S: * LIST () "/" "INBOX"
        S: * OK [PERMANENTFLAGS {*}] {*}
        S: * OK [UIDVALIDITY {*}] {*}
        S: * OK [UIDNEXT 2] {*}
        S: * OK [MAILBOXID (F{*})] {*}
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: a OK [READ-WRITE] Opened
        C: b EXAMINE Sent
        S: * OK [CLOSED] Closed
        S: * FLAGS {*}
        S: * 0 EXISTS
        S: * LIST () "/" "Sent"
        S: {...}
        S: b OK [READ-ONLY] Opened
    """
    )


async def test_no_recent(server):
    """7.4.1: EXISTS stands alone."""
    client = await server.signed_in(
        ENABLE
        + """
        C: a SELECT INBOX
        S: {...}
        S: a OK {*}
    """
    )
    await letters(server, 2)
    await client.follow("""
        C: b NOOP
        S: * 2 EXISTS
        S: b OK Nothing done
    """)


async def test_search(server):
    """6.4.4, 7.3.4: ESEARCH, also without RETURN."""
    await letters(server, 3)
    await server.signed_in(
        ENABLE
        + """
        C: a SELECT INBOX
        S: {...}
        S: a OK {*}
        C: b SEARCH UNSEEN
        S: * ESEARCH (TAG "b") ALL 1:3
        S: b OK Searched
        C: c UID SEARCH SEEN
        S: * ESEARCH (TAG "c") UID
        S: c OK Searched
        C: d UID SEARCH RETURN (SAVE COUNT) 2:3
        S: * ESEARCH (TAG "d") UID COUNT 2
        S: d OK Searched
        C: e STORE $ +FLAGS.SILENT (\\Deleted)
        S: e OK Stored
        C: f STATUS INBOX (MESSAGES DELETED SIZE)
        S: * STATUS "INBOX" (MESSAGES 3 DELETED 2 SIZE {*})
        S: f OK Status told
        C: g EXPUNGE
        S: * 3 EXPUNGE
        S: * 2 EXPUNGE
        S: g OK Expunged
    """
    )


async def test_status(server):
    """6.3.11: DELETED and SIZE, in LIST as well (RFC 8438)."""
    raws = [letter(message_id=f"{n}@x", body="y" * 100 * n + "\r\n") for n in range(3)]
    await deliver(server.house, server.workspace, *raws)
    size = sum(map(len, raws))
    await server.signed_in(f"""
        C: a STATUS INBOX (SIZE DELETED)
        S: * STATUS "INBOX" (SIZE {size} DELETED 0)
        S: a OK Status told
        C: b LIST "" (INBOX Sent) RETURN (STATUS (SIZE))
        S: {{...}}
        S: * STATUS "INBOX" (SIZE {size})
        S: {{...}}
        S: * STATUS "Sent" (SIZE 0)
        S: b OK Listed
    """)


async def test_names(server):
    """5.1, 6.3.9.7: names are UTF-8 in normal form C; OLDNAME says what became of one."""
    await server.signed_in(
        ENABLE
        + """
        C: a CREATE "Cafe\u0301"
        S: * LIST () "/" "Caf\u00e9" ("OLDNAME" ("Cafe\u0301"))
        S: a OK {*} Created
        C: b CREATE "客户"
        S: b OK {*} Created
        C: c SELECT "Cafe\u0301"
        S: * FLAGS {*}
        S: * 0 EXISTS
        S: * LIST () "/" "Caf\u00e9" ("OLDNAME" ("Cafe\u0301"))
        S: {...}
        S: c OK [READ-WRITE] Opened
        C: d RENAME "客户" "R&D"
        S: * LIST () "/" "R&D" ("OLDNAME" ("客户"))
        S: d OK Renamed
        C: e LIST "" R&D
        S: * LIST (\\HasNoChildren) "/" "R&D"
        S: e OK Listed
    """
    )


async def test_codes(server):
    """7.1: what went wrong is said by a code (RFC 5530)."""
    await letters(server, 1)
    client = await server.signed_in(
        ENABLE
        + """
        C: a SELECT Nowhere
        S: a NO [NONEXISTENT] {*}
        C: b CREATE Sent
        S: b NO [ALREADYEXISTS] {*}
        C: c DELETE INBOX
        S: c NO [CANNOT] {*}
        C: d RENAME Nowhere Elsewhere
        S: d NO [NONEXISTENT] {*}
        C: e COPY 1 Nowhere
        S: e BAD COPY is not for now
        C: f SELECT INBOX
        S: {...}
        S: f OK {*}
        C: g COPY 1 Nowhere
        S: g NO [TRYCREATE] {*}
    """
    )
    other = await server.selected()
    await other.follow("""
        C: a STORE 1 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 1 EXPUNGE
        S: * 0 RECENT
        S: b OK Expunged
    """)
    await client.follow("""
        C: h FETCH 1 ENVELOPE
        S: h NO [EXPUNGEISSUED] {*}
    """)
