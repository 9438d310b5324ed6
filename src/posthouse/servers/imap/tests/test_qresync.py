"""QRESYNC clause by clause (RFC 7162 3.2): a client that comes back misses nothing."""

from datetime import timedelta

import pytest

from posthouse.foundation import clock
from posthouse.mail.mailboxes import expunges
from tests.support.house import deliver, letter

ENABLE = """
C: en ENABLE QRESYNC
S: * ENABLED QRESYNC
S: {...}
S: en OK Enabled
"""


async def letters(server, count):
    raws = [letter(message_id=f"{n}@x") for n in range(count)]
    await deliver(server.house, server.workspace, *raws)


async def state_of(client, folder="INBOX"):
    """(UIDVALIDITY, HIGHESTMODSEQ)"""
    await client.follow(f"C: st STATUS {folder} (UIDVALIDITY HIGHESTMODSEQ)")
    told = (await client.until("st"))[0].rstrip(")").split()
    return int(told[-3]), int(told[-1])


async def take_away(server, uids):
    """By another session."""
    other = await server.selected()
    await other.follow(f"""
        C: x UID STORE {uids} +FLAGS.SILENT (\\Deleted)
        S: x OK Stored
        C: y EXPUNGE
        S: {{...}}
        S: y OK Expunged
    """)


@pytest.fixture
def clock_given_back():
    yield
    clock.hold(None)


async def forget_expunges(server):
    now = clock.now()
    clock.hold(lambda: now + expunges.KEPT_FOR + timedelta(days=1))
    return await expunges.trim_logs(server.house)


async def test_enabling(server):
    """3.2.3: QRESYNC enables CONDSTORE; 3.2.5: its parameter is for who enabled it."""
    await server.signed_in("""
        C: a SELECT INBOX (QRESYNC (1 1))
        S: a BAD ENABLE QRESYNC first
        C: b ENABLE qresync CONDSTORE
        S: * ENABLED CONDSTORE QRESYNC
        S: b OK Enabled
        C: c CAPABILITY
        S: * CAPABILITY {*} CONDSTORE QRESYNC {*}
        S: c OK Capabilities listed
    """)
    await letters(server, 1)
    await server.selected(
        script="""
        C: a UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)
        S: a BAD ENABLE QRESYNC first
        C: b ENABLE QRESYNC
        S: * ENABLED QRESYNC
        S: * OK [HIGHESTMODSEQ {*}] {*}
        S: b OK Enabled
        C: c FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)
        S: c BAD VANISHED is for UID FETCH
        C: d UID FETCH 1:* FLAGS (VANISHED)
        S: d BAD CHANGEDSINCE is missing
        C: e STORE 1 +FLAGS (\\Seen)
        S: * 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ ({*}))
        S: e OK Stored
        C: f STORE 1 -FLAGS.SILENT (\\Seen)
        S: * 1 FETCH (UID 1 MODSEQ ({*}))
        S: f OK Stored
        C: g FETCH 1 BODY[TEXT]<0.1>
        S: * 1 FETCH (BODY[TEXT]<0> {1}
        S: H FLAGS (\\Seen \\Recent) MODSEQ ({*}) UID 1)
        S: g OK Fetched
    """
    )


async def test_vanished_instead_of_expunge(server):
    """3.2.7, 3.2.9, 3.2.10: EXPUNGE, UID EXPUNGE, MOVE, and what others take away."""
    await letters(server, 9)
    client = await server.selected(script=ENABLE)
    await client.follow("""
        C: a STORE 2:4 +FLAGS.SILENT (\\Deleted)
        S: {...}
        S: a OK Stored
        C: b UID EXPUNGE 3
        S: * VANISHED 3
        S: * 8 RECENT
        S: b OK [HIGHESTMODSEQ {*}] Expunged
        C: c EXPUNGE
        S: * VANISHED 2,4
        S: * 6 RECENT
        S: c OK [HIGHESTMODSEQ {*}] Expunged
        C: d EXPUNGE
        S: d OK Expunged
        C: e MOVE 1:2 Archive
        S: * OK [COPYUID {*} 1,5 1:2] Moved
        S: * VANISHED 1,5
        S: * 4 RECENT
        S: e OK [HIGHESTMODSEQ {*}] Moved
    """)
    _, modseq = await state_of(client)
    assert f"[HIGHESTMODSEQ {modseq}]" in " ".join(client.said)
    await client.follow("C: i IDLE\nS: + Waiting")
    await take_away(server, "7:8")
    await client.follow("""
        S: {...}
        S: * VANISHED 7:8
        C: DONE
        S: * 2 RECENT
        S: i OK Idled
        C: j FETCH 1:* UID
        S: * 1 FETCH (UID 6)
        S: * 2 FETCH (UID 9)
        S: j OK Fetched
    """)


async def test_highestmodseq_hides_nothing(server):
    """3.2.7: what others did below the modseq of an EXPUNGE is told before it is named."""
    await letters(server, 4)
    client = await server.selected(script=ENABLE)
    other = await server.selected()
    await client.follow("C: a STORE 1 +FLAGS.SILENT (\\Deleted)\nS: {...}\nS: a OK Stored")
    await other.follow("C: a UID STORE 3 +FLAGS.SILENT (\\Flagged)\nS: {...}\nS: a OK Stored")
    await client.follow("""
        C: b EXPUNGE
        S: * VANISHED 1
        S: * 3 RECENT
        S: * 2 FETCH (UID 3 FLAGS (\\Flagged \\Recent) MODSEQ ({*}))
        S: b OK [HIGHESTMODSEQ {*}] Expunged
    """)


async def test_coming_back(server):
    """3.2.5: VANISHED (EARLIER) before FETCH, both only of what the client knows."""
    await letters(server, 8)
    client = await server.signed_in(ENABLE)
    validity, modseq = await state_of(client)
    await take_away(server, "2:3,8")
    other = await server.selected()
    await other.follow("C: a UID STORE 4,6 +FLAGS.SILENT (\\Seen)\nS: a OK Stored")
    await client.follow(f"""
        C: a SELECT INBOX (QRESYNC ({validity} {modseq}))
        S: {{...}}
        S: * 5 EXISTS
        S: {{...}}
        S: * OK [HIGHESTMODSEQ {{*}}] {{*}}
        S: * VANISHED (EARLIER) 2:3,8
        S: * 2 FETCH (UID 4 FLAGS (\\Seen) MODSEQ ({{*}}))
        S: * 4 FETCH (UID 6 FLAGS (\\Seen) MODSEQ ({{*}}))
        S: a OK [READ-WRITE] Opened
        C: b EXAMINE INBOX (QRESYNC ({validity} {modseq} 1:2,5:6))
        S: * OK [CLOSED] Closed
        S: {{...}}
        S: * VANISHED (EARLIER) 2
        S: * 4 FETCH (UID 6 FLAGS (\\Seen) MODSEQ ({{*}}))
        S: b OK [READ-ONLY] Opened
        C: c SELECT INBOX (QRESYNC ({validity + 1} {modseq}))
        S: {{...}}
        S: * OK [HIGHESTMODSEQ {{*}}] {{*}}
        S: c OK [READ-WRITE] Opened
        C: d SELECT INBOX (QRESYNC ({validity} {modseq} 1:2 (1 1)) CONDSTORE)
        S: {{...}}
        S: * VANISHED (EARLIER) 2
        S: d OK [READ-WRITE] Opened
    """)
    _, now = await state_of(client)
    await client.follow(f"""
        C: e SELECT INBOX (QRESYNC ({validity} {now}))
        S: {{...}}
        S: * OK [HIGHESTMODSEQ {now}] {{*}}
        S: e OK [READ-WRITE] Opened
    """)


async def test_uid_fetch_with_vanished(server):
    """3.2.6: as in SELECT, within the uids asked for; the last uid of all counts for `*`."""
    await letters(server, 6)
    client = await server.selected(script=ENABLE)
    _, modseq = await state_of(client)
    await take_away(server, "2,6")
    await client.follow(f"""
        C: a NOOP
        S: * VANISHED 2,6
        S: * 4 RECENT
        S: a OK Nothing done
        C: b UID FETCH 1:* FLAGS (CHANGEDSINCE {modseq} VANISHED)
        S: * VANISHED (EARLIER) 2,6
        S: b OK Fetched
        C: c UID FETCH 3:5 FLAGS (VANISHED CHANGEDSINCE {modseq})
        S: c OK Fetched
        C: d UID FETCH 2 FLAGS (CHANGEDSINCE {modseq} VANISHED)
        S: * VANISHED (EARLIER) 2
        S: d OK Fetched
    """)


async def test_what_the_view_still_holds_vanishes_later(server):
    """3.2.10: (EARLIER) never moves message numbers, so it names nothing that has one."""
    await letters(server, 3)
    client = await server.selected(script=ENABLE)
    _, modseq = await state_of(client)
    await take_away(server, "2")
    await client.follow(f"""
        C: a UID FETCH 1:* FLAGS (CHANGEDSINCE {modseq} VANISHED)
        S: * VANISHED 2
        S: * 2 RECENT
        S: a OK Fetched
    """)


async def test_from_before_the_log(server, clock_given_back):
    """5.2: who asks for what was forgotten is told of every known uid that is not there."""
    await letters(server, 9)
    client = await server.signed_in(ENABLE)
    validity, modseq = await state_of(client)
    await take_away(server, "3,5,9")
    assert await forget_expunges(server) == 3
    assert await forget_expunges(server) == 0
    await client.follow(f"""
        C: a SELECT INBOX (QRESYNC ({validity} {modseq}))
        S: {{...}}
        S: * VANISHED (EARLIER) 3,5,9
        S: a OK [READ-WRITE] Opened
        C: b SELECT INBOX (QRESYNC ({validity} {modseq} 1:4294967295 (1,4,6 1,4,6)))
        S: {{...}}
        S: * VANISHED (EARLIER) 3,5,9
        S: b OK [READ-WRITE] Opened
        C: c SELECT INBOX (QRESYNC ({validity} {modseq} 1:8 (1:2,4 1:2,4)))
        S: {{...}}
        S: * VANISHED (EARLIER) 3,5
        S: c OK [READ-WRITE] Opened
        C: d UID FETCH 4:* UID (CHANGEDSINCE {modseq} VANISHED)
        S: * VANISHED (EARLIER) 5,9
        S: d OK Fetched
    """)
    _, now = await state_of(client)
    await take_away(server, "1")
    await client.follow(f"""
        C: e SELECT INBOX (QRESYNC ({validity} {now}))
        S: {{...}}
        S: * VANISHED (EARLIER) 1
        S: e OK [READ-WRITE] Opened
    """)


async def test_a_session_from_before_the_log(server, clock_given_back):
    """A session that was not told in time compares with what is there."""
    await letters(server, 5)
    client = await server.selected()
    await take_away(server, "2,4")
    await forget_expunges(server)
    await client.follow("""
        C: a NOOP
        S: * 4 EXPUNGE
        S: * 2 EXPUNGE
        S: * 3 RECENT
        S: a OK Nothing done
    """)


async def test_the_newest_expunges_are_kept(server, monkeypatch):
    """A bound on the number too: the oldest go, and their client asks for everything."""
    await letters(server, 6)
    client = await server.signed_in(ENABLE)
    validity, modseq = await state_of(client)
    await take_away(server, "1")
    _, between = await state_of(client)
    await take_away(server, "2")
    await take_away(server, "3")
    monkeypatch.setattr(expunges, "KEPT_MOST", 2)
    monkeypatch.setattr(expunges, "_SLICE", 1)
    assert await expunges.trim_logs(server.house) == 1
    await client.follow(f"""
        C: a SELECT INBOX (QRESYNC ({validity} {between} 2:3))
        S: {{...}}
        S: * VANISHED (EARLIER) 2:3
        S: a OK [READ-WRITE] Opened
        C: b SELECT INBOX (QRESYNC ({validity} {modseq} 1:4))
        S: {{...}}
        S: * VANISHED (EARLIER) 1:3
        S: b OK [READ-WRITE] Opened
    """)


async def test_long_answers_have_short_lines(server):
    """4: lines of no more than 8,192 octets."""
    await letters(server, 700)
    client = await server.selected(script=ENABLE)
    odd = ",".join(str(uid) for uid in range(1, 700, 2))
    await client.follow(f"""
        C: a UID STORE {odd} +FLAGS.SILENT (\\Deleted)
        S: {{...}}
        S: a OK Stored
        C: b EXPUNGE
    """)
    told = [line for line in await client.until("b") if "VANISHED" in line]
    assert len(told) == 2
    assert ",".join(line.removeprefix("* VANISHED ") for line in told) == odd
