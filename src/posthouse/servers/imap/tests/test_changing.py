"""STORE, COPY, MOVE, EXPUNGE, APPEND, CLOSE: and what other sessions hear of it."""

import re

from tests.support.house import deliver, letter


async def letters(server, count):
    raws = [letter(message_id=f"{n}@x") for n in range(count)]
    await deliver(server.house, server.workspace, *raws)


async def test_store(server):
    await letters(server, 3)
    await server.selected(
        script="""
        C: a STORE 1:2 +FLAGS (\\Seen Work)
        S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Work)
        S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Work \\*)] {*}
        S: * 1 FETCH (FLAGS (\\Seen \\Recent Work))
        S: * 2 FETCH (FLAGS (\\Seen \\Recent Work))
        S: a OK Stored
        C: b UID STORE 2 -FLAGS (\\Seen)
        S: * 2 FETCH (UID 2 FLAGS (\\Recent Work))
        S: b OK Stored
        C: c STORE 2 FLAGS (\\Flagged)
        S: * 2 FETCH (FLAGS (\\Flagged \\Recent))
        S: c OK Stored
        C: d STORE 3 +FLAGS.SILENT (\\Answered)
        S: d OK Stored
        C: e FETCH 1:3 FLAGS
        S: * 1 FETCH (FLAGS (\\Seen \\Recent Work))
        S: * 2 FETCH (FLAGS (\\Flagged \\Recent))
        S: * 3 FETCH (FLAGS (\\Answered \\Recent))
        S: e OK Fetched
        C: f SEARCH KEYWORD work
        S: * SEARCH 1
        S: f OK Searched
        C: g UID STORE 77 +FLAGS (\\Seen)
        S: g OK Stored
    """
    )


async def test_conditional_store(server):
    await letters(server, 2)
    client = await server.selected(
        script="""
        C: a STORE 1 +FLAGS.SILENT (\\Seen)
        S: a OK Stored
        C: b FETCH 1:2 MODSEQ
    """
    )
    highest, *told = await client.until("b")
    assert re.fullmatch(r"\* OK \[HIGHESTMODSEQ \d+\] .*", highest)
    first, second = (int(line.split("(")[-1].rstrip(")")) for line in told[:2])
    assert first > second
    await client.follow(f"""
        C: c STORE 1:2 (UNCHANGEDSINCE {second}) +FLAGS.SILENT (\\Flagged)
        S: * 2 FETCH (UID 2 MODSEQ ({{*}}))
        S: c OK [MODIFIED 1] Stored
    """)


async def test_append(server):
    raw = letter(message_id="1@x")
    client = await server.signed_in()
    await client.send(
        b'a APPEND INBOX (\\Flagged $Work) " 7-Feb-1994 21:52:25 -0800" {%d}\r\n' % len(raw)
    )
    await client.follow("S: + Send it")
    await client.send(raw + b"\r\n")
    await client.follow("""
        S: a OK [APPENDUID {*} 1] Appended
        C: b SELECT INBOX
        S: {...}
        S: b OK {*}
        C: c FETCH 1 (FLAGS INTERNALDATE)
        S: * 1 FETCH (FLAGS (\\Flagged \\Recent $Work) INTERNALDATE " 7-Feb-1994 21:52:25 -0800")
        S: c OK Fetched
        C: d APPEND Nowhere {1+}
        C: x
        S: d NO [TRYCREATE] There is no such folder.
        C: e APPEND INBOX {0+}
        C:
        S: e NO [CANNOT] An empty message cannot be kept
    """)


async def test_appends_sent_in_one_go(server):
    client = await server.selected()
    raws = [letter(message_id=f"{n}@x", body=f"{n}\r\n") for n in range(10)]
    await client.send(
        b"".join(b"t%d APPEND INBOX {%d+}\r\n%b\r\n" % (n, len(r), r) for n, r in enumerate(raws))
    )
    for n in range(9):
        await client.follow(f"S: t{n} OK [APPENDUID {{*}} {n + 1}] Appended")
    await client.follow("""
        S: * 10 EXISTS
        S: * 10 RECENT
        S: t9 OK [APPENDUID {*} 10] Appended
    """)


async def test_copy_and_move(server):
    await letters(server, 4)
    client = await server.selected(
        script="""
        C: a COPY 1:2 Archive
        S: a OK [COPYUID {*} 1:2 1:2] Copied
        C: b UID MOVE 2,4 Trash
        S: * OK [COPYUID {*} 2,4 1:2] Moved
        S: * 4 EXPUNGE
        S: * 2 EXPUNGE
        S: * 2 RECENT
        S: b OK Moved
        C: c FETCH 1:* UID
        S: * 1 FETCH (UID 1)
        S: * 2 FETCH (UID 3)
        S: c OK Fetched
        C: d COPY 1 Nowhere
        S: d NO [TRYCREATE] There is no such folder.
        C: e UID COPY 99 Archive
        S: e OK There was nothing to do
    """
    )
    await client.follow("""
        C: f STATUS Trash (MESSAGES UIDNEXT)
        S: * STATUS "Trash" (MESSAGES 2 UIDNEXT 3)
        S: f OK Status told
    """)


async def test_expunge(server):
    await letters(server, 5)
    await server.selected(
        script="""
        C: a STORE 1,3,5 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b UID EXPUNGE 2:3
        S: * 3 EXPUNGE
        S: * 4 RECENT
        S: b OK Expunged
        C: c EXPUNGE
        S: * 4 EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 RECENT
        S: c OK Expunged
        C: d STORE 1 +FLAGS.SILENT (\\Deleted)
        S: d OK Stored
        C: e CLOSE
        S: e OK Closed
        C: f SELECT INBOX
        S: {...}
        S: * 1 EXISTS
        S: {...}
        S: f OK {*}
        C: g STORE 1 +FLAGS.SILENT (\\Deleted)
        S: g OK Stored
        C: h UNSELECT
        S: h OK Closed
        C: i SELECT INBOX
        S: {...}
        S: * 1 EXISTS
        S: {...}
        S: i OK {*}
    """
    )


async def test_large_expunge(server):
    await letters(server, 60)
    client = await server.selected(
        script="""
        C: a STORE 1:50 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
    """
    )
    told = await client.until("b")
    assert told[:-1] == [*(f"* {n} EXPUNGE" for n in range(50, 0, -1)), "* 10 RECENT"]
    await client.follow("""
        C: c FETCH 1 UID
        S: * 1 FETCH (UID 51)
        S: c OK Fetched
    """)


async def test_two_sessions_stay_in_step(server):
    await letters(server, 3)
    reader = await server.selected()
    writer = await server.selected()
    await writer.follow("""
        C: a STORE 1 +FLAGS (\\Flagged)
        S: * 1 FETCH (FLAGS (\\Flagged))
        S: a OK Stored
        C: b STORE 2 +FLAGS.SILENT (\\Deleted)
        S: b OK Stored
        C: c EXPUNGE
        S: * 2 EXPUNGE
        S: c OK Expunged
    """)
    await reader.follow("""
        C: a FETCH 3 FLAGS
        S: * 3 FETCH (FLAGS (\\Recent))
        S: * 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))
        S: a OK Fetched
        C: b FETCH 3 UID
        S: * 3 FETCH (UID 3)
        S: b OK Fetched
        C: c NOOP
        S: * 2 EXPUNGE
        S: * 2 RECENT
        S: c OK Nothing done
        C: d FETCH 2 UID
        S: * 2 FETCH (UID 3)
        S: d OK Fetched
    """)


async def test_numbers_hold_for_what_was_sent_ahead(server):
    """RFC 9051 7.5.1: a command that has come is in progress, also behind a NOOP."""
    await letters(server, 3)
    reader = await server.selected()
    writer = await server.selected()
    await writer.follow("""
        C: a STORE 1 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 1 EXPUNGE
        S: b OK Expunged
    """)
    await reader.send(b"a NOOP\r\nb FETCH 3 UID\r\nc UID SEARCH ALL\r\n")
    await reader.follow("""
        S: a OK Nothing done
        S: * 3 FETCH (UID 3)
        S: b OK Fetched
        S: * SEARCH 1 2 3
        S: * 1 EXPUNGE
        S: * 2 RECENT
        S: c OK Searched
    """)


async def test_expunged_messages_cannot_be_fetched_any_more(server):
    await letters(server, 2)
    reader = await server.selected()
    writer = await server.selected()
    await writer.follow("""
        C: a STORE 2 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 2 EXPUNGE
        S: b OK Expunged
    """)
    await reader.follow("""
        C: a FETCH 2 ENVELOPE
        S: a NO [EXPUNGEISSUED] Some of these messages are gone
        C: b UID FETCH 2 RFC822.SIZE
        S: * 2 EXPUNGE
        S: * 1 RECENT
        S: b OK Fetched
    """)


async def test_idle(server):
    client = await server.selected(
        script="""
        C: a IDLE
        S: + Waiting
    """
    )
    await letters(server, 2)
    await client.follow("""
        S: * 2 EXISTS
        S: * 2 RECENT
    """)
    other = await server.selected(
        script="""
        C: a STORE 1 +FLAGS.SILENT (\\Deleted \\Seen)
        S: a OK Stored
    """
    )
    await client.follow("S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Seen \\Recent))")
    await other.follow("""
        C: b EXPUNGE
        S: * 1 EXPUNGE
        S: b OK Expunged
    """)
    await client.follow("""
        S: * 1 EXPUNGE
        C: DONE
        S: * 1 RECENT
        S: a OK Idled
        C: b IDLE
        S: + Waiting
        C: b2 NOOP
        S: b BAD Expected DONE
    """)


async def test_idle_without_a_folder(server):
    await server.signed_in("""
        C: a IDLE
        C: done
        C: b NOOP
        S: + Waiting
        S: a OK Idled
        S: b OK Nothing done
    """)


async def test_a_deleted_folder_ends_the_session(server):
    client = await server.signed_in("""
        C: a CREATE Work
        S: a OK {*} Created
        C: b SELECT Work
        S: {...}
        S: b OK {*}
        C: c IDLE
        S: + Waiting
    """)
    await server.signed_in("""
        C: a DELETE Work
        S: a OK Deleted
    """)
    await client.follow("S: * BYE The folder is gone")


async def test_new_keywords_are_announced(server):
    """7.2.6, 2.3.2: FLAGS names a keyword before any message has it; none is dropped again."""
    await letters(server, 2)
    reader = await server.signed_in("C: a EXAMINE INBOX\nS: {...}\nS: a OK [READ-ONLY] {*}")
    writer = await server.selected(
        script="""
        C: a STORE 1 +FLAGS.SILENT ($Forwarded)
        S: * FLAGS ({*} \\Draft $Forwarded)
        S: * OK [PERMANENTFLAGS ({*} \\Draft $Forwarded \\*)] {*}
        S: a OK Stored
        C: b STORE 1 FLAGS.SILENT ($forwarded)
        S: b OK Stored
    """
    )
    await reader.follow("""
        C: b NOOP
        S: * FLAGS ({*} \\Draft $Forwarded)
        S: * OK [PERMANENTFLAGS ()] {*}
        S: * 1 FETCH (UID 1 FLAGS (\\Recent $Forwarded))
        S: b OK Nothing done
    """)
    await writer.follow("""
        C: c STORE 1 -FLAGS ($Forwarded)
        S: * 1 FETCH (FLAGS (\\Recent))
        S: c OK Stored
        C: d APPEND INBOX (Junk) {6+}
        C: a: b
        C:
        S: * FLAGS ({*} \\Draft $Forwarded Junk)
        S: * OK [PERMANENTFLAGS ({*} \\Draft $Forwarded Junk \\*)] {*}
        S: * 3 EXISTS
        S: * 3 RECENT
        S: d OK {*}
    """)
