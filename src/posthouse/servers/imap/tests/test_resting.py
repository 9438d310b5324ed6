"""Columns that rest are the same when they are looked at, and no client can tell."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from posthouse.servers.imap.columns import pack, unpack
from tests.support.house import deliver, letter

ROWS = st.dictionaries(
    st.integers(1, 2**32 - 1),
    st.tuples(
        st.integers(0, 63),
        st.integers(1, 2**63 - 1),
        st.lists(st.sampled_from(["$Forwarded", "Work", "x"]), max_size=2).map(tuple),
    ),
    max_size=30,
)


@given(ROWS)
def test_what_is_packed_comes_back(rows):
    uids = array("I", sorted(rows))
    flags = array("B", [rows[uid][0] for uid in uids])
    modseqs = array("Q", [rows[uid][1] for uid in uids])
    keywords = {uid: rows[uid][2] for uid in uids if rows[uid][2]}
    assert unpack(pack(uids, flags, modseqs, keywords)) == (uids, flags, modseqs, keywords)


def test_a_large_folder_is_small_at_rest():
    count = 20_000
    packed = pack(
        array("I", range(1, count + 1)), array("B", bytes(count)), array("Q", range(count)), {}
    )
    assert len(packed.uids) + len(packed.flags) + len(packed.modseqs) < 5_000


async def test_no_client_can_tell(serve):
    server = await serve(limits={"rest_after": 0.0})
    await deliver(server.house, server.workspace, *(letter(message_id=f"{n}@x") for n in range(4)))
    resting = await server.selected()
    working = await server.selected()
    await working.follow("""
        C: a STORE 2 +FLAGS ($Work \\Flagged)
        S: * FLAGS ({*} $Work)
        S: * OK [PERMANENTFLAGS ({*} $Work \\*)] {*}
        S: * 2 FETCH (FLAGS (\\Flagged $Work))
        S: a OK Stored
        C: b STORE 1 +FLAGS.SILENT (\\Deleted)
        S: b OK Stored
    """)
    await resting.follow("""
        C: a IDLE
        S: + Waiting
        S: * FLAGS ({*} $Work)
        S: * OK [PERMANENTFLAGS ({*} $Work \\*)] {*}
        S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))
        S: * 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent $Work))
    """)
    await working.follow("""
        C: c EXPUNGE
        S: * 1 EXPUNGE
        S: c OK Expunged
    """)
    await resting.follow("S: * 1 EXPUNGE")
    await deliver(server.house, server.workspace, letter(message_id="new@x"))
    await resting.follow("""
        S: * 3 RECENT
        S: * 4 EXISTS
        S: * 4 RECENT
        C: DONE
        S: a OK Idled
        C: b FETCH 1:* FLAGS
        S: * 1 FETCH (FLAGS (\\Flagged \\Recent $Work))
        S: * 2 FETCH (FLAGS (\\Recent))
        S: * 3 FETCH (FLAGS (\\Recent))
        S: * 4 FETCH (FLAGS (\\Recent))
        S: b OK Fetched
        C: c SEARCH KEYWORD $Work
        S: * SEARCH 1
        S: c OK Searched
        C: d NOOP
        S: d OK Nothing done
    """)
