"""Commands as clients write them, and what they must become."""

import contextlib
import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.imap import commands as c
from posthouse.protocols.imap import search as s
from posthouse.protocols.imap.errors import BadCommand, Refusal
from posthouse.protocols.imap.esearch import Result
from posthouse.protocols.imap.fetch import Attribute, BodySection, Section, Text
from posthouse.protocols.imap.flags import Flags, SystemFlag
from posthouse.protocols.imap.ordering import Algorithm, Criterion, SortKey
from posthouse.protocols.imap.parser import TaggedError, parse
from posthouse.protocols.imap.reader import CommandReader, RawCommand, ReaderLimits


def read(text, *literals):
    return parse(RawCommand(text=text, literals=literals))


def why(text, *literals):
    with pytest.raises(TaggedError) as caught:
        read(text, *literals)
    return caught.value


def items(text):
    return read(b"a FETCH 1 " + text).items


def key(text, *literals):
    return read(b"a SEARCH " + text, *literals).key


def test_sign_in():
    assert read(b"a login ann@x.example {3}\r\n", b'a"b') == c.Login(
        tag=b"a", verb="LOGIN", name="ann@x.example", password='a"b'
    )
    assert read(b'a LOGIN "a\\"b" "c\\\\d"').password == "c\\d"
    assert read(b"a AUTHENTICATE plain AGEAYg==").initial == b"AGEAYg=="
    assert read(b"a AUTHENTICATE SCRAM-SHA-256").initial is None


def test_id():
    assert read(b'a ID ("name" "mutt" "version" NIL)').fields == {"name": "mutt", "version": ""}
    assert read(b"a ID NIL").fields == {}
    assert read(b"a ID nil").fields == {}


def test_mailbox_names():
    assert read(b"a SELECT inbox").mailbox == "INBOX"
    assert read(b'a CREATE "iNbOx/Work/"').mailbox == "INBOX/Work"
    assert read(b"a EXAMINE &XfJT0ZAB- (CONDSTORE)") == c.Select(
        tag=b"a", verb="EXAMINE", mailbox="已发送", read_only=True, condstore=True
    )
    assert why(b"a SELECT R&D").cause.code == "CANNOT"
    assert why(b'a SELECT ""').cause.code == "CANNOT"
    assert why(b"a CREATE {3}\r\n", b"a\tb").cause.code == "CANNOT"


def test_list():
    plain = read(b'a LIST "" *')
    assert (plain.reference, plain.patterns) == ("", ("*",))
    extended = read(
        b'a LIST (SUBSCRIBED RECURSIVEMATCH) "" ("INBOX" Work/%)'
        b" RETURN (CHILDREN STATUS (MESSAGES UNSEEN))"
    )
    assert extended.patterns == ("INBOX", "Work/%")
    assert extended.only_subscribed
    assert extended.with_matching_children
    assert extended.return_status == (c.StatusItem.MESSAGES, c.StatusItem.UNSEEN)
    assert read(b'a LIST "" "%" RETURN (SPECIAL-USE)').return_status == ()
    assert read(b'a LIST (SPECIAL-USE) "" "*"').only_special_use
    assert read(b'a LSUB "" "*"').lsub
    assert isinstance(why(b'a LIST (MAGIC) "" "*"').cause, BadCommand)


def test_append():
    command = read(
        b'a APPEND Drafts (\\Draft $MDNSent) " 7-Feb-1994 21:52:25 -0800" {5}\r\n', b"hello"
    )
    assert command.message == b"hello"
    assert command.flags == Flags(system=SystemFlag.DRAFT, keywords=("$MDNSent",))
    assert command.internal_date == datetime(1994, 2, 8, 5, 52, 25, tzinfo=UTC)
    assert read(b"a APPEND x {0}\r\n", b"").internal_date is None
    assert isinstance(why(b'a APPEND x "hello"').cause, BadCommand)


def test_fetch_attributes():
    assert items(b"(UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ)") == (
        Attribute.UID,
        Attribute.FLAGS,
        Attribute.INTERNALDATE,
        Attribute.SIZE,
        Attribute.MODSEQ,
    )
    assert items(b"fast") == (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE)
    assert items(b"FULL")[-1] is Attribute.BODY
    assert items(b"BODY[]") == (BodySection(section=Section(), label=b"BODY[]", marks_seen=True),)
    assert items(b"BODY.PEEK[1.2.MIME]<0.100>") == (
        BodySection(
            section=Section(part=(1, 2), text=Text.MIME),
            label=b"BODY[1.2.MIME]<0>",
            partial=(0, 100),
        ),
    )
    (fields,) = items(b'(body.peek[header.fields (From "to" {2}\r\n)])'.replace(b" {2}\r\n", b""))
    assert fields.label == b"BODY[HEADER.FIELDS (FROM TO)]"
    assert fields.section.fields == (b"FROM", b"TO")
    assert items(b"RFC822")[0].marks_seen
    assert not items(b"RFC822.HEADER")[0].marks_seen
    assert items(b"(BODY BODYSTRUCTURE BODY[1.TEXT])")[:2] == (
        Attribute.BODY,
        Attribute.BODYSTRUCTURE,
    )


def test_fetch_modifier():
    assert read(b"a UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)").changed_since == 0
    assert read(b"a FETCH 1 ALL").changed_since is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"()",
        b"(FLAGS",
        b"BODY[MIME]",
        b"BODY[0]",
        b"BODY[HEADER.FIELDS ()]",
        b"BODY[]<0.0>",
        b"BODY[]<0.>",
        b"(ALL)",
        b"NONSENSE",
        b"BODY[" + b"1." * 200 + b"1]",
        b'BODY[HEADER.FIELDS ("a\x01b")]',
    ],
)
def test_fetch_refused(text):
    assert isinstance(why(b"a FETCH 1 " + text).cause, BadCommand)


def test_store():
    command = read(b"a UID STORE 1:5 (UNCHANGEDSINCE 12) -flags.silent (\\seen Work work)")
    assert command == c.Store(
        tag=b"a",
        verb="UID STORE",
        by_uid=True,
        messages=command.messages,
        mode=c.StoreMode.REMOVE,
        flags=Flags(system=SystemFlag.SEEN, keywords=("Work",)),
        silent=True,
        unchanged_since=12,
    )
    assert read(b"a STORE 1 FLAGS ()").flags == Flags()
    assert read(b"a STORE 1 +FLAGS \\Deleted \\Flagged").flags.system == 12
    assert isinstance(why(b"a STORE 1 +FLAGS (\\Recent)").cause, BadCommand)


def test_copy_and_move():
    assert not read(b"a COPY 1:3 Trash").move
    assert read(b"a UID MOVE 1 Trash").by_uid
    assert read(b"a UID EXPUNGE 4").uids is not None
    assert read(b"a EXPUNGE").uids is None


def test_search_keys():
    assert key(b"ALL") == s.Every()
    assert key(b"UNSEEN SINCE 1-Feb-1994") == s.And(
        (s.Not(s.HasFlag(SystemFlag.SEEN)), s.Received(s.Days.SINCE, date(1994, 2, 1)))
    )
    assert key(b'OR FROM "ann" (NOT TO bob LARGER 100)') == s.Or(
        s.InHeader("from", "ann"),
        s.And((s.Not(s.InHeader("to", "bob")), s.Larger(100))),
    )
    assert key(b"CHARSET GBK SUBJECT {4}\r\n", "发票".encode("gbk")) == s.InHeader(
        "subject", "发票"
    )
    assert key(b"TEXT {6}\r\n", "发票".encode()) == s.InText("发票")
    assert key(b'HEADER Message-ID ""') == s.InHeader("message-id", "")
    assert key(b'MODSEQ "/flags/\\\\draft" all 620162338') == s.ChangedSince(620162338)
    assert s.mentions_modseq(key(b"OR MODSEQ 4 NOT (ALL MODSEQ 7)"))
    assert key(b"2:4 UID 5:* KEYWORD $Junk").keys[2] == s.HasKeyword("$Junk")


def test_sort_and_thread():
    command = read(b"a UID SORT RETURN (COUNT) (REVERSE DATE SUBJECT) gbk UNSEEN")
    assert command.criteria == (Criterion(SortKey.DATE, reverse=True), Criterion(SortKey.SUBJECT))
    assert command.returns == {Result.COUNT}
    assert command.by_uid
    command = read(b"a thread references us-ascii ALL")
    assert (command.algorithm, command.by_uid) == (Algorithm.REFERENCES, False)
    for text in (b"SORT", b"SORT (DATE)", b"SORT (DATE) UTF-8", b"THREAD UTF-8 ALL"):
        assert isinstance(why(b"a " + text).cause, BadCommand)


def test_search_charset():
    refusal = why(b"a SEARCH CHARSET KLINGON ALL").cause
    assert isinstance(refusal, Refusal)
    assert refusal.code is not None
    assert refusal.code.startswith("BADCHARSET")
    assert isinstance(why(b"a SEARCH TEXT {1}\r\n", b"\xff").cause, BadCommand)


@pytest.mark.parametrize(
    "hostile",
    [
        b"(" * 60_000,
        b"NOT " * 15_000 + b"ALL",
        b"OR " * 15_000,
        b"(" * 30_000 + b"ALL" + b")" * 30_000,
        b"ALL " * 15_000,
        b'SUBJECT "' + b"\\\\" * 30_000,
        b"1," * 30_000,
    ],
)
def test_hostile_searches_are_refused_quickly(hostile):
    started = time.process_time()
    assert isinstance(why(b"a SEARCH " + hostile).cause, BadCommand)
    assert time.process_time() - started < 0.2


def test_errors_carry_the_tag():
    assert why(b"x1 NONSENSE").tag == b"x1"
    assert why(b"").tag is None
    assert why(b"+ NOOP").tag is None
    assert why(b"x NOOP extra").tag == b"x"
    assert read(b"x NOOP ").verb == "NOOP"


PIECES = (
    b'a |UID |FETCH |SEARCH |LIST |APPEND |STORE |(|)| |1:*|"|x|{2+}\r\nhi|BODY[|]|\\|\x00|\xff|NIL'
    b"|*|OR |NOT |RETURN|FLAGS|SORT |THREAD |REFERENCES |UTF-8 |(DATE) |REVERSE |RETURN (|MIN|$"
    b"|YOUNGER |EMAILID |PREVIEW (LAZY)|(SUBSCRIBED) |STATUS (SIZE)"
).split(b"|")


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_no_input_raises_anything_else(pieces):
    reader = CommandReader(ReaderLimits(append=10))
    reader.feed(b"".join(pieces) + b"\r\n")
    while (event := reader.next_event()) is not None:
        if isinstance(event, RawCommand):
            with contextlib.suppress(TaggedError):
                assert isinstance(parse(event), c.Command)
