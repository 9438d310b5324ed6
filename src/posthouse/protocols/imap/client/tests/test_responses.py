"""What servers say: as the RFCs have it, and as providers really do."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap.client.fetched import flags_of
from posthouse.protocols.imap.client.frames import (
    SIGNED_IN,
    BadStream,
    FrameReader,
    Limits,
)
from posthouse.protocols.imap.client.reading import read_response
from posthouse.protocols.imap.client.responses import (
    Capability,
    Condition,
    Continue,
    Enabled,
    Exists,
    Expunge,
    Fetched,
    FlagsDefined,
    Found,
    FoundSet,
    Identity,
    Listed,
    Namespaces,
    Other,
    StatusOf,
    Unread,
    Vanished,
)
from posthouse.protocols.imap.flags import Flags

SMALL = Limits(line=2_000, literal=500, literals=5)
SESSION = (
    b"* OK [CAPABILITY IMAP4rev1 ID] QQMail IMAP4Server ready {5}\r\n"
    b"+ \r\n+ UmVhZHk=\r\n"
    b"A1 OK [READ-WRITE] done\r\n"
    b"* 12 EXISTS\r\n\r\n* 3 EXPUNGE\n"
    b"* VANISHED (EARLIER) 41,43:116\r\n"
    b"* 2 FETCH (BODY[] {11}\r\nline\r\n)\r\n\x00\xff FLAGS (\\Seen) UID 7)\r\n"
    b'* 3 FETCH (UID 9 BINARY[] ~{3}\r\n\x00\n\r BODY[HEADER.FIELDS (DATE)] "x\\"y" FLAGS ())\r\n'
    b'* LIST (\\Sent) "/" {4}\r\nSent\r\n'
    b"* SEARCH 2 3 6 (MODSEQ 917162500)\r\n"
    b"* BYE so long\r\n"
)


def read(octets: bytes, limits: Limits = SIGNED_IN):
    return read_in_pieces([octets], limits)


def read_in_pieces(pieces, limits: Limits = SIGNED_IN):
    reader, found = FrameReader(limits), []
    for piece in pieces:
        reader.feed(piece)
        while (frame := reader.pull()) is not None:
            found.append(read_response(frame))
    return found


def one(text: bytes):
    (response,) = read(text + b"\r\n")
    return response


def test_a_session():
    responses = read(SESSION)
    assert responses[:4] == [
        Condition(
            tag=b"*",
            state="OK",
            code="CAPABILITY",
            argument=b"IMAP4rev1 ID",
            text="QQMail IMAP4Server ready {5}",
        ),
        Continue(b""),
        Continue(b"UmVhZHk="),
        Condition(tag=b"A1", state="OK", code="READ-WRITE", text="done"),
    ]
    assert responses[4:7] == [Exists(12), Expunge(3), Vanished(((41, 41), (43, 116)), True)]
    assert responses[7] == Fetched(
        2, uid=7, flags=Flags(system=1), sections={b"": b"line\r\n)\r\n\x00\xff"}
    )
    assert responses[8] == Fetched(
        3,
        uid=9,
        flags=Flags(),
        sections={b"": b"\x00\n\r", b"HEADER.FIELDS (DATE)": b'x"y'},
    )
    assert responses[9:] == [
        Listed(name=b"Sent", separator="/", attributes=frozenset({"\\sent"})),
        Found([2, 3, 6]),
        Condition(tag=b"*", state="BYE", text="so long"),
    ]


def test_cut_at_every_place():
    whole = read(SESSION)
    for place in range(len(SESSION) + 1):
        assert read_in_pieces([SESSION[:place], SESSION[place:]]) == whole
    assert read_in_pieces([SESSION[at : at + 1] for at in range(len(SESSION))]) == whole


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        # The usual, and how the usual is broken.
        (b"* CAPABILITY IMAP4rev1 idle", Capability(frozenset({"IMAP4REV1", "IDLE"}))),
        (b"* ENABLED", Enabled(frozenset())),
        (b"* ENABLED QRESYNC", Enabled(frozenset({"QRESYNC"}))),
        (b"* ID NIL", Identity({})),
        (b'* ID ("Name" "Coremail" "vendor" NIL)', Identity({"name": "Coremail"})),
        (b"* FLAGS (\\Seen $Forwarded)", FlagsDefined(Flags(system=1, keywords=("$Forwarded",)))),
        (b'* ESEARCH (TAG "A1") UID COUNT 3 ALL 1:2,9', FoundSet(count=3, all=((1, 2), (9, 9)))),
        (b"* ESEARCH (TAG A1) UID MIN 4 MODSEQ (1) MAX 8", FoundSet(lowest=4, highest=8)),
        (b"* ESEARCH", FoundSet()),
        (b"* SEARCH", Found([])),
        (b"* SEARCH 1 x", Unread("SEARCH")),
        (b"* SEARCH 1 99999999999", Unread("SEARCH")),
        (b"* SEARCH " + b"9" * 5_000, Unread("SEARCH")),
        (b"* VANISHED 7:3", Vanished(((3, 7),), False)),
        (b"* VANISHED", Unread("VANISHED")),
        (b"* VANISHED 0", Unread("VANISHED")),
        (b"* XYZ what (ever", Other("XYZ")),
        (b"*", Other("")),
        (b"Unsafe banner", Other("")),
        (b"* 5 RECENT", Other("RECENT")),
        # LIST
        (b"* LIST () NIL INBOX", Listed(name=b"INBOX", separator="", attributes=frozenset())),
        (b'* LIST () "/" nil', Listed(name=b"nil", separator="/", attributes=frozenset())),
        (
            b'* LIST NIL "\\\\" "a\\\\b"',
            Listed(name=b"a\\b", separator="\\", attributes=frozenset()),
        ),
        (b'* LIST () "\\" ab', Listed(name=b"ab", separator="\\", attributes=frozenset())),
        (
            b'* LIST () "/" My old mail',
            Listed(name=b"My old mail", separator="/", attributes=frozenset()),
        ),
        (
            b'* XLIST (\\HasNoChildren \\Sent) "/" "&XfJT0ZAB-"',
            Listed(
                name=b"&XfJT0ZAB-",
                separator="/",
                attributes=frozenset({"\\hasnochildren", "\\sent"}),
            ),
        ),
        (
            b'* LIST () "/" "Neues \xe4" ("CHILDINFO" ("SUBSCRIBED"))',
            Listed(name=b"Neues \xe4", separator="/", attributes=frozenset()),
        ),
        (b'* LIST () "/" "open', Unread("LIST")),
        (b"* LIST (((", Unread("LIST")),
        (b'* LIST () "/"', Unread("LIST")),
        # STATUS
        (b'* STATUS "a b" (MESSAGES 2 UIDNEXT 8)', StatusOf(b"a b", {"MESSAGES": 2, "UIDNEXT": 8})),
        (b"* STATUS a b (MESSAGES 2)", StatusOf(b"a b", {"MESSAGES": 2})),
        (
            b"* STATUS INBOX (HIGHESTMODSEQ -1 UIDVALIDITY 3)",
            StatusOf(b"INBOX", {"HIGHESTMODSEQ": 0, "UIDVALIDITY": 3}),
        ),
        (b"* STATUS INBOX ()", StatusOf(b"INBOX", {})),
        # RFC 2342
        (
            b'* NAMESPACE (("INBOX." ".")) NIL (("#shared." "." "X" ("y")))',
            Namespaces(((b"INBOX.", "."),), (), ((b"#shared.", "."),)),
        ),
        # FETCH
        (b"* 4 FETCH (UID 9)", Fetched(4, uid=9)),
        (
            b"* 4 FETCH (FLAGS (\\recent \\SEEN Junk \\Important) UID 9)",
            Fetched(4, uid=9, flags=Flags(system=1, keywords=("Junk",))),
        ),
        (
            b"* 4 FETCH (UID 9 MODSEQ (-1) FLAGS ())",
            Fetched(4, uid=9, flags=Flags(), others={b"MODSEQ": [b"-1"]}),
        ),
        (b"* 4 FETCH (UID 9 MODSEQ (77))", Fetched(4, uid=9, modseq=77)),
        (b"* 4 FETCH ( UID  9  RFC822.SIZE 5 )", Fetched(4, uid=9, size=5)),
        (
            b'* 4 FETCH (INTERNALDATE " 1-Feb-2020 01:00:00 +0100" UID 9)',
            Fetched(4, uid=9, arrived=datetime(2020, 2, 1, tzinfo=UTC)),
        ),
        (b'* 4 FETCH (INTERNALDATE "yesterday" UID 9)', Fetched(4, uid=9)),
        (b"* 4 FETCH (UID 9999999999)", Fetched(4)),
        (b"* 4 FETCH (UID 9 BODY[] NIL)", Fetched(4, uid=9, sections={b"": None})),
        (b'* 4 FETCH (UID 9 BODY[]<0> "ab")', Fetched(4, uid=9, sections={b"": b"ab"})),
        # QQ: nine fields without Bcc; an empty multipart that is no list.
        (
            b'* 4 FETCH (ENVELOPE (NIL "Hi" NIL NIL NIL NIL NIL NIL "<1@x>") UID 9)',
            Fetched(4, uid=9, others={b"ENVELOPE": [None, b"Hi", *[None] * 6, b"<1@x>"]}),
        ),
        (
            b'* 4 FETCH (UID 9 BODYSTRUCTURE ( "mixed" (("a" "b") NIL) FLAGS (x)',
            Fetched(4, uid=9, damaged=True),
        ),
        (
            b"* 4 FETCH (UID 9 BODYSTRUCTURE ()) FLAGS ())",
            Fetched(4, uid=9, others={b"BODYSTRUCTURE": []}),
        ),
        (b"* 4 FETCH UID 9", Fetched(4, damaged=True)),
        # Gmail
        (
            b'* 4 FETCH (X-GM-MSGID 12 X-GM-LABELS ("\\\\Inbox" &XfI- NIL) UID 9)',
            Fetched(
                4,
                uid=9,
                others={b"X-GM-MSGID": b"12", b"X-GM-LABELS": [b"\\Inbox", b"&XfI-", None]},
            ),
        ),
    ],
)
def test_what_is_said_and_meant(said, meant):
    assert one(said) == meant


def test_flags_that_cannot_be_ours():
    flags = flags_of([b"x" * 101, b"\xe4", b"Junk", b"JUNK", *[b"k%d" % n for n in range(100)]])
    assert flags.keywords[0] == "Junk"
    assert len(flags.keywords) == 64


@pytest.mark.parametrize(
    "stream",
    [
        b"* LIST " + b"(" * 3_000,
        b"* 1 FETCH (BODY[] {501}\r\n",
        b"* 1 FETCH (X {0}\r\n" + b" {0}\r\n" * 10,
        b"* 1 FETCH (" + b"X {1}\r\na" * 2 + b"y" * 2_001,
    ],
)
def test_what_is_too_much(stream):
    with pytest.raises(BadStream):
        read(stream, SMALL)


def test_lists_are_bounded():
    deep = one(b"* 1 FETCH (UID 2 X " + b"(" * 200_000 + b")")
    wide = one(b"* 1 FETCH (UID 2 X (" + b"()" * 300_000 + b"))")
    assert (deep.uid, deep.damaged, wide.uid, wide.damaged) == (2, True, 2, True)


def test_nothing_is_held_while_nothing_waits():
    reader = FrameReader()
    reader.feed(b"* 1 EXI")
    reader.feed(b"STS\r\n* 2")
    assert reader.pull() == (b"* 1 EXISTS",)
    assert reader.pull() is None
    assert len(reader) == 3
    reader.discard()
    reader.feed(b" EXISTS\r\n")
    assert reader.pull() == (b" EXISTS",)
    assert len(reader) == 0


PIECES = st.sampled_from(
    b'* |A1 |1 FETCH (|LIST |UID 5| |(|)|"|\\|{3}\r\n|~{2}\r\n|BODY[|] |FLAGS (|VANISHED |1:5,|'
    b"ESEARCH |STATUS |NIL|\r\n|\n|\xff\x00|OK [|+ |SEARCH|MODSEQ (|ID |NAMESPACE ".split(b"|")
)


@given(st.lists(PIECES, max_size=40).map(b"".join) | st.binary(max_size=200), st.data())
def test_anything_is_read_the_same_in_any_pieces(stream, data):
    def tried(pieces):
        try:
            return read_in_pieces(pieces, SMALL)
        except BadStream:
            return "bad"

    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert tried(pieces) == tried([stream])
