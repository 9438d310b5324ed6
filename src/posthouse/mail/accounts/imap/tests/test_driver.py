"""What the driver makes of what servers say and leave out."""

import asyncio
from datetime import UTC, datetime

import pytest

from posthouse.mail.accounts.errors import Broken, Refused, Unreachable, Unsupported
from posthouse.mail.accounts.imap import ImapDriver, connect_imap, signing_in
from posthouse.mail.accounts.model import (
    Body,
    Exists,
    Expunged,
    Flagged,
    FolderState,
    FolderStatus,
    ItemFlags,
    RemoteFolder,
    Vanished,
)
from tests.support.scripted_imap import PlayedWire, Script, sign_in, way_here

INBOX = RemoteFolder(wire=b"INBOX", levels=("INBOX",))
PLAIN = "S: * PREAUTH [CAPABILITY IMAP4rev1] ready"
MODERN = (
    "S: * PREAUTH [CAPABILITY IMAP4rev1 ENABLE QRESYNC UIDPLUS MOVE LITERAL+ BINARY] ready\n"
    "C: % ENABLE QRESYNC\nS: * ENABLED QRESYNC\nS: % OK done\n"
)
OPEN = """
C: % SELECT "INBOX"
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] ok
S: * OK [UIDNEXT 10] ok
S: % OK [READ-WRITE] done
"""


@pytest.fixture
def play(monkeypatch):
    """A driver whose server plays a script."""

    async def played(script: str, **wire) -> ImapDriver:
        made = PlayedWire(Script(script), **wire)

        async def connect(*_args):
            return made

        monkeypatch.setattr(signing_in, "connect", connect)
        return await connect_imap(sign_in(), way_here())

    return played


# -- opening


async def test_numbers_that_are_none_are_not_believed(play):
    driver = await play(
        PLAIN
        + """
        C: % EXAMINE "INBOX"
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 99999999999] ok
        S: * OK [UIDNEXT x] ok
        S: * OK [HIGHESTMODSEQ -1] ok
        S: % OK done
        """
    )
    opened = await driver.open(INBOX, FolderState(uid_validity=7, highest_modseq=5))
    assert (opened.uid_validity, opened.uid_next, opened.highest_modseq) == (0, 0, 0)
    assert not opened.resynced


async def test_an_unknown_count_is_not_an_empty_folder(play):
    driver = await play(PLAIN + '\nC: % EXAMINE "INBOX"\nS: % OK done')
    with pytest.raises(Broken):
        await driver.open(INBOX, None)


@pytest.mark.parametrize(
    "line",
    [
        "S: * OK [NOMODSEQ] none",
        "S: * OK [UIDVALIDITY 8] ok\nS: * OK [HIGHESTMODSEQ 90] ok\nS: * VANISHED (EARLIER) 1:9",
    ],
)
async def test_a_folder_that_cannot_be_resynced(play, line):
    driver = await play(
        MODERN + f'C: % EXAMINE "INBOX" (QRESYNC (7 80))\nS: * 3 EXISTS\n{line}\nS: % OK done'
    )
    opened = await driver.open(INBOX, FolderState(uid_validity=7, highest_modseq=80))
    assert (opened.resynced, opened.vanished, opened.changed) == (False, (), ())


async def test_a_server_that_chokes_on_qresync(play):
    driver = await play(
        MODERN
        + """
        C: % EXAMINE "INBOX" (QRESYNC (7 80 1:30))
        S: % BAD what
        C: % EXAMINE "INBOX"
        S: * 3 EXISTS
        S: % OK done
        """
    )
    known = FolderState(uid_validity=7, highest_modseq=80, known=((1, 30),))
    assert not (await driver.open(INBOX, known)).resynced
    assert not driver.abilities.qresync


async def test_what_is_known_is_told_coarsely(play):
    driver = await play(
        MODERN + 'C: % EXAMINE "INBOX" (QRESYNC (7 80 1:2999))\nS: * 3 EXISTS\nS: % OK done'
    )
    known = tuple((n, n) for n in range(1, 3_000, 2))
    await driver.open(INBOX, FolderState(uid_validity=7, highest_modseq=80, known=known))


async def test_what_was_said_of_the_last_folder(play):
    """RFC 7162 3.2.11."""
    driver = await play(
        MODERN
        + """
        C: % EXAMINE "INBOX" (QRESYNC (7 80))
        S: * VANISHED 5
        S: * OK [CLOSED] it was the other one
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 7] ok
        S: * OK [HIGHESTMODSEQ 81] ok
        S: * VANISHED (EARLIER) 6
        S: % OK done
        """
    )
    opened = await driver.open(INBOX, FolderState(uid_validity=7, highest_modseq=80))
    assert (opened.resynced, opened.vanished) == (True, ((6, 6),))


# -- folders


async def test_courier_has_everything_below_inbox(play):
    driver = await play(
        PLAIN
        + """
        C: % LIST "" "*"
        S: * LIST (\\HasChildren) "." "INBOX"
        S: * LIST (\\HasNoChildren) "." "INBOX.Gesendete Objekte"
        S: * LIST (\\HasNoChildren) "." INBOX.Sent
        S: * LIST (\\HasNoChildren) "." "INBOX.&ZeVnLIqe-.Deep"
        S: % OK done
        C: % CREATE "INBOX.&W6JiNw-.a-b"
        S: % OK done
        C: % SUBSCRIBE {*}
        S: % NO never
        C: % RENAME "INBOX.&W6JiNw-.a-b" "INBOX.x"
        S: % OK done
        C: % UNSUBSCRIBE {*}
        S: % OK done
        C: % SUBSCRIBE "INBOX.x"
        S: % OK done
        """
    )
    folders = await driver.folders()
    assert [(each.levels, each.special_use) for each in folders] == [
        (("INBOX",), "inbox"),
        (("Gesendete Objekte",), None),
        (("Sent",), "sent"),
        (("日本語", "Deep"), None),
    ]
    made = await driver.create_folder(["客户", "a.b"])
    assert (await driver.rename_folder(made, ["x"])).wire == b"INBOX.x"


@pytest.mark.parametrize(
    "answer", ["S: % OK done", 'S: * LIST () "/" "INBOX"\nS: * LIST (((\nS: % OK done']
)
async def test_a_listing_that_would_empty_ours(play, answer):
    driver = await play(PLAIN + f'\nC: % LIST "" "*"\n{answer}')
    with pytest.raises(Broken):
        await driver.folders()


async def test_others_folders_stay_with_them(play):
    driver = await play(
        """
        S: * PREAUTH [CAPABILITY IMAP4rev1 NAMESPACE SPECIAL-USE LIST-EXTENDED] ready
        C: % NAMESPACE
        S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))
        S: % OK done
        C: % LIST "" "*" RETURN (SPECIAL-USE)
        S: * LIST () "/" "Other Users/bob"
        S: * LIST (\\Sent) "/" "Sent"
        S: * LIST () "/" "Sent Messages"
        S: * LIST () "/" "inbox"
        S: * LIST (\\Flagged) "/" "Starred"
        S: % OK done
        """
    )
    folders = await driver.folders()
    assert [(each.wire, each.special_use, each.is_view) for each in folders] == [
        (b"Sent", "sent", False),
        (b"Sent Messages", None, False),
        (b"INBOX", "inbox", False),
        (b"Starred", None, True),
    ]
    with pytest.raises(Refused):
        await driver.create_folder([])


async def test_counts_of_folders(play):
    """In one round trip; a folder that cannot be counted is left out."""
    driver = await play(
        PLAIN
        + """
        C: % STATUS "a" (MESSAGES UIDNEXT UIDVALIDITY)
        S: * STATUS a (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 1)
        S: % OK done
        C: % STATUS "b\\"" (MESSAGES UIDNEXT UIDVALIDITY)
        S: % NO phantom
        C: % STATUS "c" (MESSAGES UIDNEXT UIDVALIDITY)
        S: * STATUS "c" (MESSAGES 4)
        S: % OK done
        """
    )
    folders = [RemoteFolder(wire=wire, levels=("x",)) for wire in (b"a", b'b"', b"c")]
    assert await driver.status(folders) == [
        FolderStatus(wire=b"a", uid_validity=1, uid_next=9, exists=3),
        FolderStatus(wire=b"c", uid_validity=0, uid_next=0, exists=4),
    ]


# -- reading


async def test_search_that_fails_is_replaced(play):
    driver = await play(
        PLAIN
        + OPEN
        + """
        C: % UID SEARCH UID 2:8
        S: % BAD invalid argument
        C: % UID FETCH 2:8 (UID)
        S: * 2 FETCH (UID 4)
        S: * 3 FETCH (UID 12)
        S: % OK done
        C: % UID FETCH 1:* (UID)
        S: * 2 FETCH (UID 4)
        S: % OK done
        """
    )
    await driver.open(INBOX, None, write=True)
    assert await driver.uids(2, 8) == [4]
    assert await driver.uids(1, 0) == [4]


@pytest.mark.parametrize("said", ["* SEARCH 1 x", "* ESEARCH UID ALL 1:4294967295"])
async def test_lists_of_messages_that_cannot_be(play, said):
    driver = await play(PLAIN + OPEN + f"C: % UID SEARCH UID 1:*\nS: {said}\nS: % OK done")
    await driver.open(INBOX, None, write=True)
    with pytest.raises(Broken):
        await driver.uids(1, 0)


async def test_what_comes_unasked_while_we_read(play):
    driver = await play(
        MODERN
        + OPEN
        + """
        C: % UID FETCH 4:5 (UID FLAGS MODSEQ) (CHANGEDSINCE 1)
        S: * 9 EXISTS
        S: * 1 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (3))
        S: * 2 FETCH (UID 77 FLAGS (\\Seen))
        S: * VANISHED 1:2
        S: * 1 FETCH (UID 4 FLAGS (\\Flagged) MODSEQ (4))
        S: * 2 EXPUNGE
        S: % OK done
        """
    )
    await driver.open(INBOX, None, write=True)
    assert await driver.flags(((4, 5),), changed_since=0) == [ItemFlags(4, 4, (), 4)]
    assert await driver.wait(0) == [
        Vanished(((1, 2),)),
        Expunged(2),
        Exists(6),
        Flagged(ItemFlags(77, 1)),
    ]
    assert await driver.wait(0) == []


async def test_expunges_that_cannot_be_read_end_it(play):
    driver = await play(MODERN + OPEN + "C: % NOOP\nS: * VANISHED x\nS: % OK done")
    await driver.open(INBOX, None, write=True)
    driver._idles, driver._polled_at = False, -1e9
    with pytest.raises(Broken):
        await driver.wait(1)


async def test_one_message_that_is_refused(play):
    """The others come; it is left out."""
    driver = await play(
        PLAIN
        + OPEN
        + """
        C: % UID FETCH 1:3 (UID BODY.PEEK[])
        S: * 1 FETCH (UID 1 BODY[] "a")
        S: % NO cannot be fetched
        C: % UID FETCH 2 (UID BODY.PEEK[])
        S: % NO cannot be fetched
        C: % UID FETCH 3 (UID BODY.PEEK[])
        S: * 3 FETCH (BODY[] {1}
        S: c UID 3)
        S: % OK done
        C: % UID FETCH 1:6 (UID BODY.PEEK[HEADER])
        S: * 1 FETCH (UID 1 BODY[HEADER] NIL)
        S: * 2 FETCH (UID 2 BODY[HEADER] "")
        S: % OK done
        """
    )
    await driver.open(INBOX, None, write=True)
    assert [each async for each in driver.bodies([3, 1, 2])] == [Body(1, b"a"), Body(3, b"c")]
    assert await driver.headers([1, 2, 3, 4, 5, 6]) == [Body(2, b"")]


async def test_who_stops_reading_loses_the_connection(play):
    driver = await play(
        PLAIN + OPEN + "C: % UID FETCH 1:2 (UID BODY.PEEK[])\n"
        'S: * 1 FETCH (UID 1 BODY[] "a")\nS: * 2 FETCH (UID 2 BODY[] "b")\nS: % OK done'
    )
    await driver.open(INBOX, None, write=True)
    bodies = driver.bodies([1, 2])
    assert await anext(bodies) == Body(1, b"a")
    with pytest.raises(Unreachable):
        await driver.flags(((1, 2),))


# -- writing


async def test_flags_that_others_set_stay(play):
    driver = await play(
        PLAIN
        + OPEN
        + """
        C: % UID STORE 1:2 +FLAGS (\\Flagged $Label)
        S: * 1 FETCH (UID 1 FLAGS (\\Flagged))
        S: % OK done
        C: % UID STORE 1:2 -FLAGS (\\Seen)
        S: * 1 FETCH (UID 1 FLAGS (\\Flagged \\Answered))
        S: % OK done
        """
    )
    await driver.open(INBOX, None, write=True)
    told = await driver.store_flags(((1, 2),), add=4, remove=1, add_keywords=["$Label", "no good"])
    assert told == [ItemFlags(1, 6)]


async def test_reading_alone(play):
    driver = await play(PLAIN + OPEN.replace("READ-WRITE", "READ-ONLY"))
    assert not (await driver.open(INBOX, None, write=True)).writable
    for call in (driver.store_flags(((1, 1),)), driver.delete(((1, 1),))):
        with pytest.raises(Refused):
            await call


async def test_without_move_and_uidplus(play):
    """Nothing goes that somebody else marked as deleted."""
    driver = await play(
        PLAIN
        + OPEN
        + """
        C: % UID COPY 1,3 "Archiv"
        S: % OK done
        C: % UID STORE 1,3 +FLAGS.SILENT (\\Deleted)
        S: % OK done
        C: % UID SEARCH DELETED
        S: * SEARCH 1 2 3
        S: % OK done
        C: % UID STORE 2 -FLAGS.SILENT (\\Deleted)
        S: % OK done
        C: % EXPUNGE
        S: * 1 EXPUNGE
        S: * 2 EXPUNGE
        S: % OK done
        C: % UID STORE 2 +FLAGS.SILENT (\\Deleted)
        S: % OK done
        """
    )
    await driver.open(INBOX, None, write=True)
    target = RemoteFolder(wire=b"Archiv", levels=("Archiv",))
    assert await driver.move(((1, 1), (3, 3)), target) == {}


@pytest.mark.parametrize(
    ("code", "moved"),
    [
        ("COPYUID 7 1,3 8:9", {1: 8, 3: 9}),
        ("COPYUID 7 3,1 8:9", {3: 8, 1: 9}),
        ("COPYUID 7 1:4294967295 1:4294967295", {}),
        ("COPYUID 7 1:2 8", {}),
        ("COPYUID 7 x y", {}),
        ("COPYUID", {}),
        ("HIGHESTMODSEQ 4", {}),
    ],
)
async def test_where_it_went(play, code, moved):
    driver = await play(
        MODERN + OPEN + f'C: % UID MOVE 1,3 "x"\nS: * OK [{code}] done\nS: % OK done'
    )
    await driver.open(INBOX, None, write=True)
    assert await driver.move(((1, 1), (3, 3)), RemoteFolder(wire=b"x", levels=("x",))) == moved


async def test_append_asks_for_leave(play):
    driver = await play(
        PLAIN
        + """
        C: % APPEND "Sent" (\\Seen $Forwarded) " 1-Feb-2024 09:00:00 +0000" {5}
        S: * 4 EXISTS
        S: + go on
        C: hello
        S: % OK [APPENDUID 38505 3955] done
        C: % APPEND "Sent" () {3}
        S: % NO [OVERQUOTA] full
        C: % NOOP
        S: % OK done
        """
    )
    sent = RemoteFolder(wire=b"Sent", levels=("Sent",))
    when = datetime(2024, 2, 1, 9, tzinfo=UTC)
    uid = await driver.append(sent, b"hello", flags=1, keywords=["$Forwarded"], arrived=when)
    assert uid == 3955
    with pytest.raises(Refused) as refused:
        await driver.append(sent, b"abc")
    assert refused.value.code == "OVERQUOTA"
    with pytest.raises(Unsupported):
        await driver.append(sent, b"\x00")
    driver._polled_at = -1e9
    assert await driver.wait(0) == [Exists(4)]


async def test_append_of_anything(play):
    driver = await play(
        MODERN + 'C: % APPEND "Sent" () ~{2+}\nC: \x00b\nS: % OK [APPENDUID 1 x] done'
    )
    assert await driver.append(RemoteFolder(wire=b"Sent", levels=("Sent",)), b"\x00b") == 0


# -- waiting


async def test_a_wait_may_be_cancelled(play):
    script = (
        "S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready"
        + OPEN
        + "C: % IDLE\nS: + idling\nC: DONE\nS: * 4 EXISTS\nS: % OK done\nC: % NOOP\nS: % OK done"
    )
    driver = await play(script)
    await driver.open(INBOX, None, write=True)
    wire = driver._connection._wire
    silent, never = asyncio.Event(), asyncio.Event()
    said = wire.read

    async def read(patience):
        if wire.waits():
            return await said()
        silent.set()
        await never.wait()
        return b""

    wire.read = read
    waiting = asyncio.create_task(driver.wait(60))
    await silent.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    driver._idles, driver._polled_at = False, -1e9
    assert await driver.wait(1) == [Exists(4)]


async def test_a_poll_may_be_cancelled(play):
    """It goes on, and the next command waits for it."""
    driver = await play(
        PLAIN + OPEN + "C: % NOOP\nS: * 4 EXISTS\nS: % OK done\nC: % UID SEARCH {*}\n"
        "S: * SEARCH 1 2\nS: % OK done"
    )
    await driver.open(INBOX, None, write=True)
    driver._polled_at = -1e9
    wire, asked = driver._connection._wire, asyncio.Event()
    said = wire.read

    async def read(patience):
        asked.set()
        await asyncio.sleep(0)
        return await said()

    wire.read = read
    waiting = asyncio.create_task(driver.wait(60))
    await asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await driver.uids(1, 0) == [1, 2]
    assert await driver.wait(0) == [Exists(4)]
    await driver.close()


async def test_a_listing_with_a_hole(play):
    """A message of which nothing can be read is not one that is gone."""
    driver = await play(
        PLAIN
        + OPEN
        + """
        C: % UID FETCH 1:9 (UID FLAGS)
        S: * 1 FETCH (UID 4 FLAGS ())
        S: * 2 FETCH (FLAGS ("open UID 7)
        S: % OK done
        """
    )
    await driver.open(INBOX, None, write=True)
    with pytest.raises(Broken):
        await driver.flags(((1, 9),))


async def test_idle_that_is_refused_becomes_a_poll(play):
    driver = await play(
        "S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready"
        + OPEN
        + "C: % IDLE\nS: % NO\nC: % NOOP\nS: * 4 EXISTS\nS: % OK done"
    )
    await driver.open(INBOX, None, write=True)
    driver._polled_at = -1e9
    assert await driver.wait(1) == [Exists(4)]
    assert not driver.abilities.idle


# -- cuts

SESSION = """
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: % AUTHENTICATE PLAIN AGFubmEAaG9yc2Vz
S: % OK [CAPABILITY IMAP4rev1 ENABLE QRESYNC UIDPLUS ID NAMESPACE] in
C: % ID ({*})
S: * ID NIL
S: % OK done
C: % NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: % OK done
C: % ENABLE QRESYNC
S: % OK done
C: % LIST "" "*"
S: * LIST () "/" INBOX
S: * LIST () "/" {4}
S: Sent
S: % OK done
C: % SELECT "INBOX" (QRESYNC (7 80))
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] ok
S: * OK [HIGHESTMODSEQ 90] ok
S: * VANISHED (EARLIER) 2:3
S: % OK [READ-WRITE] done
C: % UID FETCH 4:5 (UID BODY.PEEK[])
S: * 1 FETCH (UID 4 BODY[] {5}
S: a{3}
S: )
S: * 2 FETCH (UID 5 BODY[] {2}
S: cd FLAGS (\\Seen))
S: % OK done
C: % APPEND "Sent" () {2}
S: + go
C: hi
S: % OK [APPENDUID 1 5] done
"""


async def the_session(play, told, **wire) -> None:
    driver = await play(SESSION, **wire)
    told.append([each.name for each in await driver.folders()])
    known = FolderState(uid_validity=7, highest_modseq=80)
    opened = await driver.open(INBOX, known, write=True)
    told.append((opened.resynced, opened.vanished, opened.exists, opened.highest_modseq))
    async for body in driver.bodies([4, 5]):
        told.append(body)
    told.append(await driver.append(RemoteFolder(wire=b"Sent", levels=("Sent",)), b"hi"))


async def test_a_session_cut_at_every_place(play):
    """What was told before is right; nothing hangs, and nothing is made up."""
    whole: list[object] = []
    await the_session(play, whole)
    assert whole[1:] == [(True, ((2, 3),), 3, 90), Body(4, b"a{3}\r"), Body(5, b"cd"), 5]
    for chunk in (1, 7):
        again: list[object] = []
        await the_session(play, again, chunk=chunk)
        assert again == whole
    cut, lost = 0, True
    while lost:
        told: list[object] = []
        try:
            await the_session(play, told, cut=cut)
        except Unreachable:
            pass
        else:
            lost = False
        assert told == whole[: len(told)]
        cut += 1
    assert cut > 500
