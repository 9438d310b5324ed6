"""What the process remembers of a folder: nobody can tell, but by the time it takes."""

import asyncio
from array import array
from types import SimpleNamespace
from uuid import uuid4

import pytest

from posthouse.foundation.signals import Signals
from posthouse.servers.imap.kept import Kept, kept_by
from posthouse.servers.imap.store import Store
from tests.support.house import deliver, letter

READING = """
    C: a UID FETCH 1:2 (FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE EMAILID)
    C: b UID FETCH 1:2 BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID)]
    C: c UID FETCH 2 (FLAGS BODY.PEEK[] BODY.PEEK[TEXT]<2.3> BINARY.PEEK[1])
    C: d UID FETCH 1:2 (THREADID PREVIEW BODY)
"""


@pytest.fixture
def fetches(monkeypatch):
    """The uids of every reading of messages."""
    seen = []
    fetch = Store.fetch

    async def counted(self, folder_id, uids, want):
        seen.append(list(uids))
        return await fetch(self, folder_id, uids, want)

    monkeypatch.setattr(Store, "fetch", counted)
    return seen


async def two_letters(server):
    for number in (1, 2):
        await deliver(server.house, server.workspace, letter(message_id=f"{number}@x"))


async def answers(client, script):
    found = []
    for line in filter(None, map(str.strip, script.splitlines())):
        command = line.removeprefix("C: ")
        await client.send(command.encode() + b"\r\n")
        found += await client.until(command.partition(" ")[0])
    return found


async def test_the_second_answer_is_the_first(server, fetches):
    await two_letters(server)
    await server.selected()  # to whom they are \\Recent
    first = await answers(await server.selected(), READING)
    fetches.clear()
    assert await answers(await server.selected(), READING) == first
    assert fetches == [[1, 2]]  # threads and previews may become others


async def test_who_is_told_of_messages_is_given_them_by_number_too(server, fetches):
    await two_letters(server)
    client = await server.selected()
    await client.follow("""
        C: a FETCH 2 (UID RFC822.SIZE)
        S: * 2 FETCH (UID 2 RFC822.SIZE {*})
        S: a OK Fetched
        C: b FETCH 1:2 RFC822.SIZE
        S: * 2 FETCH (RFC822.SIZE {*})
        S: * 1 FETCH (RFC822.SIZE {*})
        S: b OK Fetched
    """)
    assert fetches == [[2], [1]]


async def test_what_is_remembered_is_marked_as_seen(server, fetches):
    await two_letters(server)
    client = await server.selected()
    await client.follow("""
        C: a UID FETCH 1 BODY.PEEK[]
        S: {...}
        S: a OK Fetched
        C: b UID FETCH 1 BODY[]
        S: * 1 FETCH (UID 1 BODY[] {*}
        S: {...}
        S:  FLAGS (\\Seen \\Recent))
        S: b OK Fetched
        C: c UID SEARCH SEEN
        S: * SEARCH 1
        S: c OK Searched
    """)
    assert fetches == [[1]]


async def test_what_left_is_forgotten(server):
    await two_letters(server)
    reader, writer = await server.selected(), await server.selected()
    await answers(reader, READING)
    await writer.follow("""
        C: a STORE 2 +FLAGS.SILENT (\\Deleted)
        S: a OK Stored
        C: b EXPUNGE
        S: * 2 EXPUNGE
        S: b OK Expunged
    """)
    await reader.follow("""
        C: a FETCH 1:2 ENVELOPE
        S: * 1 FETCH (ENVELOPE {*})
        S: a NO [EXPUNGEISSUED] Some of these messages are gone
        C: b UID FETCH 2 BODY.PEEK[]
        S: * 2 EXPUNGE
        S: * 1 RECENT
        S: b OK Fetched
    """)


async def test_who_comes_back_after_a_restore_is_not_given_the_old(server, fetches):
    """The uids may be those of other messages: UIDVALIDITY says so."""
    await two_letters(server)
    await answers(await server.selected(), READING + "e LOGOUT")
    async with server.house.workspace(server.workspace.id) as tx:
        await tx.connection.execute("UPDATE folders SET uid_validity = uid_validity + 1")
    fetches.clear()
    await answers(await server.selected(), READING)
    assert fetches == [[1, 2], [1, 2], [2], [1, 2]]


async def test_where_the_log_was_trimmed_all_is_read_again(server, fetches):
    await two_letters(server)
    client = await server.selected()
    await answers(client, READING)
    async with server.house.workspace(server.workspace.id) as tx:
        await tx.connection.execute(
            "UPDATE folders SET highest_modseq = highest_modseq + 9,"
            " expunges_trimmed_to = highest_modseq + 9"
        )
        row = await tx.connection.fetchrow("SELECT id FROM folders WHERE message_count = 2")
        tx.signal(f"folder:{row['id']}")
    fetches.clear()
    await answers(client, READING)
    assert fetches == [[1, 2], [1, 2], [2], [1, 2]]


async def test_fields_are_remembered_when_their_names_are_short(server, fetches):
    await two_letters(server)
    client = await server.selected()
    fields = " ".join(f"X-{number:060}" for number in range(20))
    script = f"""
        C: a UID FETCH 1 BODY.PEEK[HEADER.FIELDS ({fields})]
        C: b UID SEARCH HEADER X-{"x" * 100} ""
    """
    first = await answers(client, script)
    assert await answers(client, script) == first
    assert fetches == [[1], [1, 2]] * 2


async def test_a_search_reads_once(server, fetches):
    await two_letters(server)
    script = """
        C: a SEARCH FROM li.wei SENTSINCE 1-Jan-2020 LARGER 10
        C: b SEARCH OR HEADER X-None "" NOT BEFORE 1-Jan-2020
        C: c SEARCH HEADER Subject "" SMALLER 10
    """
    first = await answers(await server.selected(), script)
    assert first[0] == "* SEARCH 1 2"
    fetches.clear()
    assert await answers(await server.selected(), script) == first
    assert fetches == []


async def test_sessions_that_ask_at_once_look_once(server, monkeypatch):
    await two_letters(server)
    clients = [await server.selected() for _ in range(4)]
    await asyncio.gather(*(answers(client, "a NOOP") for client in clients))
    looked = []
    expunged = Store.expunged

    async def counted(self, folder_id, modseq):
        looked.append(modseq)
        return await expunged(self, folder_id, modseq)

    monkeypatch.setattr(Store, "expunged", counted)
    await deliver(server.house, server.workspace, letter(message_id="3@x"))
    told = await asyncio.gather(*(answers(client, "a NOOP") for client in clients))
    assert [lines[0] for lines in told] == ["* 3 EXISTS"] * 4
    assert len(looked) == 1


async def test_half_a_line_does_not_keep_idle_awake(server):
    client = await server.selected()
    await client.send(b"a IDLE\r\nDO")
    await client.follow("S: + Waiting")
    await answers(await server.selected(), "b NOOP")  # the event loop turns
    await client.send(b"NE\r\n")
    await client.follow("S: a OK Idled")


# -- within bounds -------------------------------------------------------------------


def view():
    return SimpleNamespace(folder_id=uuid4(), modseq=1, uid_validity=1, uids=array("I"))


async def test_bounded_in_octets():
    kept = Kept(Signals(), most=10_000)
    with kept.using(view()) as old, kept.using(view()) as new:
        for number, folder in ((1, old), (2, new)):
            folder.asked = float(number)
            folder.column("texts")
            for uid in range(40):
                folder.keep("texts", uid, b"x" * 100, epoch=0)
                assert kept.octets <= 10_000
        assert kept.octets == old.octets + new.octets
        assert old.octets < new.octets  # asked for longer ago
        assert 39 in new.column("texts")
        new.keep("texts", 99, b"x" * 300_000, epoch=0)
        assert 99 not in new.column("texts")
        for number in range(100):  # clients choose the fields that they ask for
            new.column(number)
        assert "texts" not in new._columns
        old.clear()
        assert kept.octets == 0


async def test_what_was_read_before_something_left_is_not_kept(server):
    await two_letters(server)
    await server.selected()
    (folder,) = kept_by(server.house)._folders.values()
    column = folder.column("texts")
    folder.keep("texts", 1, "text", epoch=folder.epoch - 1)
    assert not column
    folder.keep("texts", 1, "text", epoch=folder.epoch)
    assert column == {1: "text"}


async def test_a_folder_that_nobody_has_open_is_forgotten(monkeypatch):
    monkeypatch.setattr("posthouse.servers.imap.kept._AFTERWARDS", 0.0)
    signals = Signals()
    kept = Kept(signals)
    with kept.using(view()) as folder:
        folder.column("texts")
        folder.keep("texts", 1, "text", epoch=0)
    assert kept.octets
    for _ in range(3):
        await asyncio.sleep(0)
    assert kept.octets == 0
    assert not signals._waiting
