"""\\Recent (RFC 3501 2.3.2): of the first session that hears of a message, and of no other."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from posthouse.servers.imap.recents import Recents
from tests.support.house import deliver, letter

from .conftest import share


async def letters(server, *names):
    await deliver(server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in names))


async def test_select_claims(server):
    """6.3.1, 7.3.2: RECENT counts them, FETCH FLAGS shows them; a second session sees none."""
    await letters(server, 1, 2)
    await server.signed_in("""
        C: a SELECT INBOX
        S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * OK [UNSEEN 1] {*}
        S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] {*}
        S: {...}
        S: a OK [READ-WRITE] Opened
        C: b FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\\Recent))
        S: * 2 FETCH (FLAGS (\\Recent))
        S: b OK Fetched
        C: c STORE 1 FLAGS (\\Deleted)
        S: * 1 FETCH (FLAGS (\\Deleted \\Recent))
        S: c OK Stored
        C: d FETCH 2 (BODY[HEADER.FIELDS (X-NONE)])
        S: * 2 FETCH (BODY[HEADER.FIELDS (X-NONE)] {2}
        S:
        S:  FLAGS (\\Seen \\Recent))
        S: d OK Fetched
    """)
    await server.signed_in("""
        C: a SELECT INBOX
        S: * FLAGS {*}
        S: * 2 EXISTS
        S: * 0 RECENT
        S: {...}
        S: a OK [READ-WRITE] Opened
        C: b FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\\Deleted))
        S: * 2 FETCH (FLAGS (\\Seen))
        S: b OK Fetched
    """)


async def test_examine_claims_nothing(server):
    """6.3.2: "MUST NOT cause messages to lose the \\Recent flag"."""
    await letters(server, 1)
    reader = await server.signed_in("""
        C: a EXAMINE INBOX
        S: * FLAGS {*}
        S: * 1 EXISTS
        S: * 1 RECENT
        S: {...}
        S: a OK [READ-ONLY] Opened
        C: b SEARCH RECENT
        S: * SEARCH 1
        S: b OK Searched
    """)
    await letters(server, 2)
    await reader.follow("""
        C: c NOOP
        S: * 2 EXISTS
        S: * 2 RECENT
        S: c OK {*}
    """)
    await server.signed_in("""
        C: a SELECT INBOX
        S: * FLAGS {*}
        S: * 2 EXISTS
        S: * 2 RECENT
        S: {...}
        S: a OK [READ-WRITE] Opened
    """)
    await reader.follow("""
        C: d FETCH 1:2 FLAGS
        S: * 1 FETCH (FLAGS (\\Recent))
        S: * 2 FETCH (FLAGS (\\Recent))
        S: d OK {*}
        C: e EXAMINE INBOX
        S: {...}
        S: * 0 RECENT
        S: {...}
        S: e OK {*}
    """)


async def test_new_mail_is_recent_to_one_session(server):
    """7.3.2: of two that have the folder selected, the first that is told."""
    first, second = await server.selected(), await server.selected()
    await letters(server, 1)
    await first.follow("""
        C: b NOOP
        S: * 1 EXISTS
        S: * 1 RECENT
        S: b OK {*}
    """)
    await second.follow("""
        C: b NOOP
        S: * 1 EXISTS
        S: * 0 RECENT
        S: b OK {*}
    """)
    await letters(server, 2)
    await second.follow("""
        C: c NOOP
        S: * 2 EXISTS
        S: * 1 RECENT
        S: c OK {*}
        C: d FETCH 1:2 (FLAGS)
        S: * 1 FETCH (FLAGS ())
        S: * 2 FETCH (FLAGS (\\Recent))
        S: d OK {*}
    """)
    await first.follow("""
        C: c NOOP
        S: * 2 EXISTS
        S: * 1 RECENT
        S: c OK {*}
        C: d FETCH 1:2 (FLAGS)
        S: * 1 FETCH (FLAGS (\\Recent))
        S: * 2 FETCH (FLAGS ())
        S: d OK {*}
    """)


async def test_idle(server):
    """RFC 2177: RECENT comes with EXISTS."""
    client = await server.selected("INBOX", "C: i IDLE\nS: + Waiting")
    await letters(server, 1)
    await client.follow("""
        S: * 1 EXISTS
        S: * 1 RECENT
        C: DONE
        S: i OK Idled
    """)


async def test_search(server):
    """6.4.4: RECENT, NEW (recent and unseen), OLD (not recent)."""
    await letters(server, 1, 2)
    await server.selected()
    await letters(server, 3, 4)
    client = await server.signed_in(
        "C: a SELECT INBOX\nS: {...}\nS: * 2 RECENT\nS: {...}\nS: a OK {*}"
    )
    await client.follow("""
        C: b STORE 3 +FLAGS.SILENT (\\Seen)
        S: b OK Stored
        C: c SEARCH RECENT
        S: * SEARCH 3 4
        S: c OK Searched
        C: d SEARCH NEW
        S: * SEARCH 4
        S: d OK Searched
        C: e UID SEARCH OLD
        S: * SEARCH 1 2
        S: e OK Searched
        C: f SEARCH NOT RECENT UNSEEN
        S: * SEARCH 1 2
        S: f OK Searched
        C: g SEARCH OR NEW TEXT "nowhere in it"
        S: * SEARCH 4
        S: g OK Searched
    """)


async def test_what_leaves_is_not_counted(server):
    """7.3.2: RECENT comes "if the size of the mailbox changes", so with EXPUNGE as well."""
    await letters(server, 1, 2)
    mine, other = await server.selected(), await server.selected()
    await other.follow("""
        C: a STORE 1 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 1 EXPUNGE
        S: b OK Expunged
    """)
    await mine.follow("""
        C: a NOOP
        S: * 1 EXPUNGE
        S: * 1 RECENT
        S: a OK {*}
        C: b STATUS INBOX (MESSAGES RECENT)
        S: * STATUS "INBOX" (MESSAGES 1 RECENT 1)
        S: b OK {*}
        C: c NOOP
        S: c OK {*}
    """)


async def test_status(server):
    """6.3.10: RECENT; asking takes nothing away, and what is recent to this session counts."""
    await letters(server, 1, 2)
    client = await server.signed_in("""
        C: a STATUS INBOX (MESSAGES RECENT)
        S: * STATUS "INBOX" (MESSAGES 2 RECENT 2)
        S: a OK {*}
        C: b LIST "" (INBOX Sent) RETURN (STATUS (RECENT))
        S: * LIST {*}
        S: * STATUS "INBOX" (RECENT 2)
        S: * LIST {*}
        S: * STATUS "Sent" (RECENT 0)
        S: b OK Listed
        C: c SELECT INBOX
        S: {...}
        S: c OK {*}
        C: d STATUS INBOX (RECENT)
        S: * STATUS "INBOX" (RECENT 2)
        S: d OK {*}
    """)
    await server.signed_in("""
        C: a STATUS INBOX (RECENT)
        S: * STATUS "INBOX" (RECENT 0)
        S: a OK {*}
    """)
    await client.follow("""
        C: e UNSELECT
        S: e OK {*}
        C: f STATUS INBOX (RECENT)
        S: * STATUS "INBOX" (RECENT 0)
        S: f OK {*}
    """)


async def test_never_set_by_a_client(server):
    """2.3.2, 9 (flag): neither STORE nor APPEND takes it."""
    await letters(server, 1)
    await server.selected()
    await server.selected(
        "INBOX",
        """
        C: a STORE 1 +FLAGS (\\Recent)
        S: a BAD {*}
        C: b STORE 1 FLAGS (\\Seen)
        S: * 1 FETCH (FLAGS (\\Seen))
        S: b OK {*}
        C: c APPEND INBOX (\\Recent) {5+}
        C: a: b
        S: c BAD {*}
        C: d NOOP
        S: d OK {*}
    """,
    )


async def test_copies_are_recent(server):
    """6.4.7: "the Recent flag SHOULD be set, in the copy"; so is what is moved and appended."""
    await letters(server, 1, 2)
    await server.selected(
        "INBOX",
        """
        C: a COPY 1 Archive
        S: a OK {*}
        C: b MOVE 2 Archive
        S: {...}
        S: b OK {*}
        C: c APPEND Archive {6+}
        C: a: b
        C:
        S: c OK {*}
        C: d SELECT Archive
        S: {...}
        S: * 3 EXISTS
        S: * 3 RECENT
        S: {...}
        S: d OK {*}
        C: e APPEND Archive {6+}
        C: c: d
        C:
        S: * 4 EXISTS
        S: * 4 RECENT
        S: e OK {*}
        C: f STORE 2:3 +FLAGS.SILENT (\\Deleted)
        S: f OK {*}
        C: g EXPUNGE
        S: * 3 EXPUNGE
        S: * 2 EXPUNGE
        S: * 2 RECENT
        S: g OK {*}
        C: h SEARCH RECENT
        S: * SEARCH 1 2
        S: h OK {*}
    """,
    )


async def test_rev2_has_none(server):
    """RFC 9051 appendix E.4: nothing is told, and nothing is taken from who speaks IMAP4rev1."""
    await letters(server, 1)
    client = await server.signed_in("""
        C: a ENABLE IMAP4rev2
        S: {...}
        S: a OK {*}
        C: b SELECT INBOX
        S: * FLAGS {*}
        S: * 1 EXISTS
        S: * LIST {*}
        S: {...}
        S: b OK {*}
        C: c FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS ())
        S: c OK {*}
    """)
    await letters(server, 2)
    await client.follow("""
        C: d NOOP
        S: * 2 EXISTS
        S: d OK {*}
        C: e FETCH 2 FLAGS
        S: * 2 FETCH (FLAGS ())
        S: e OK {*}
    """)
    await server.signed_in("""
        C: a SELECT INBOX
        S: {...}
        S: * 2 RECENT
        S: {...}
        S: a OK {*}
    """)


async def test_rev2_in_the_middle(server):
    """RFC 5161 wants ENABLE before SELECT; who says it later has no recent messages any more."""
    await letters(server, 1)
    await server.selected(
        "INBOX",
        """
        C: a ENABLE IMAP4rev2
        S: {...}
        S: a OK {*}
        C: b FETCH 1 FLAGS
        S: * 1 FETCH (FLAGS ())
        S: b OK {*}
    """,
    )


async def test_shared_mailboxes(server):
    """Who may only read claims nothing; who may write does, for all members."""
    mailbox_id = await share(server, may_write=True)
    sales = replace(server.workspace, mailbox_id=mailbox_id)
    await deliver(server.house, sales, letter(message_id="1@x"))
    select = """
        C: a SELECT "Shared/sales@acme.example/INBOX"
        S: {...}
        S: * %d RECENT
        S: {...}
        S: a OK [READ-WRITE] {*}
    """
    await server.signed_in(select % 1)
    await server.signed_in(select % 0)


async def test_read_only_mailboxes(server):
    mailbox_id = await share(server, may_write=False)
    sales = replace(server.workspace, mailbox_id=mailbox_id)
    await deliver(server.house, sales, letter(message_id="1@x"))
    for _ in range(2):
        await server.signed_in("""
            C: a SELECT "Shared/sales@acme.example/INBOX"
            S: {...}
            S: * 1 RECENT
            S: {...}
            S: a OK [READ-ONLY] {*}
        """)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=30), st.integers(0, 4))
def test_runs(arrivals, present):
    """The set of those that were added, whatever lies between them."""
    uids = list(range(1, present + 1))
    after = present // 2
    recents = Recents(after, present + 1)
    wanted = set(range(after + 1, present + 1))
    for is_recent, step in arrivals:
        last = uids[-1] if uids else 0
        uids.append(last + step)
        if is_recent:
            recents.add(uids[-1], after=last)
            wanted.add(uids[-1])
    assert {uid for uid in uids if uid in recents} == wanted
    assert {uids[index] for run in recents.positions(uids) for index in run} == wanted
    assert bool(recents) == bool(wanted)
