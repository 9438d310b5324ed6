"""What the server writes."""

from datetime import UTC, datetime

import pytest

from posthouse.protocols.imap import responses as r
from posthouse.protocols.imap.commands import Capability, Fetch, Login
from posthouse.protocols.imap.dates import internal_date, parse_date, parse_date_time
from posthouse.protocols.imap.errors import BadCommand
from posthouse.protocols.imap.fetch import Attribute
from posthouse.protocols.imap.flags import render
from posthouse.protocols.imap.rules import State, capabilities, may, may_expunge_during
from posthouse.protocols.imap.sequence import SequenceSet
from posthouse.protocols.imap.structure import without_extensions


def test_strings():
    assert r.string(b'a"b\\c') == b'"a\\"b\\\\c"'
    assert r.string("é".encode()) == b"{2}\r\n\xc3\xa9"
    assert r.string(b"a\r\nb") == b"{4}\r\na\r\nb"
    assert r.nstring(None) == b"NIL"
    assert r.astring(b"nil") == b'"nil"'
    assert r.astring(b"a]b") == b'"a]b"'
    assert r.mailbox("已发送") == b'"&XfJT0ZAB-"'


def test_conditions_stay_on_one_line():
    line = r.condition("NO", "bad\r\n* OK 已", tag=b"a1", code="NONEXISTENT")
    assert line == b"a1 NO [NONEXISTENT] bad?* OK ?\r\n"


def test_flags():
    assert render(0) == b""
    assert render(1 | 16) == b"\\Seen \\Draft"
    assert render(4, ("$Junk",)) == b"\\Flagged $Junk"
    assert render(0, ("$Junk", "Work")) == b"$Junk Work"
    assert render(1 | 32, (), recent=True) == b"\\Seen \\Recent"
    assert render(32) == b""


def test_dates():
    moment = datetime(1996, 7, 7, 2, 44, 25, tzinfo=UTC)
    assert internal_date(moment) == b'" 7-Jul-1996 02:44:25 +0000"'
    assert parse_date_time(internal_date(moment)[1:-1]) == moment
    for said in (b" 7-Jul-1996 23:44:25 -0730", b"31-Dec-1999 00:00:00 +1400"):
        assert internal_date(parse_date_time(said)) == b'"%b"' % said
    for wrong in (b"31-Feb-2020", b"1-Foo-2020", b"2020-01-01", b""):
        with pytest.raises(BadCommand):
            parse_date(wrong)


def test_body_is_bodystructure_without_extensions():
    text = b'"TEXT" "PLAIN" ("CHARSET" "utf-8" "a" "b" "c" "d" "e" "f") NIL NIL "7BIT" 12 2'
    extended = text + b' NIL ("INLINE" NIL) NIL NIL'
    assert without_extensions(b"(" + extended + b")") == b"(" + text + b")"
    image = b'("IMAGE" "PNG" ("NAME" {2}\r\n(") NIL NIL "BASE64" 99'
    mixed = b"((" + extended + b")" + image + b' NIL NIL) "MIXED" ("BOUNDARY" "x") NIL NIL)'
    assert without_extensions(mixed) == b"((" + text + b")" + image + b') "MIXED")'
    envelope = b'("d" "s" (("n" NIL "m" "h")("n" NIL "m" "h")) NIL NIL NIL NIL NIL NIL "<i>")'
    outer = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 500 ' + envelope + b" "
    assert (
        without_extensions(outer + mixed + b" 12 NIL NIL NIL NIL)")
        == outer + b"((" + text + b")" + image + b') "MIXED") 12)'
    )
    deep = b"(" * 5_000 + image + b")" + b' "MIXED" NIL)' * 5_000
    with pytest.raises(ValueError, match="not"):
        without_extensions(b'("TEXT"')
    with pytest.raises(ValueError, match="balanced"):
        without_extensions(b"())(")
    assert without_extensions(deep).endswith(b' "MIXED")')


def test_states():
    fetch = Fetch(
        tag=b"a",
        verb="FETCH",
        by_uid=False,
        messages=SequenceSet.parse(b"1"),
        items=(Attribute.UID,),
    )
    assert may(fetch, State.SELECTED)
    assert not may(fetch, State.AUTHENTICATED)
    assert not may_expunge_during(fetch)
    assert may(Capability(tag=b"a", verb="CAPABILITY"), State.NOT_AUTHENTICATED)
    login = Login(tag=b"a", verb="LOGIN", name="x", password="y")
    assert not may(login, State.SELECTED)


def test_capabilities():
    before = capabilities(State.NOT_AUTHENTICATED, append_limit=5, starttls=True)
    assert before.endswith("STARTTLS LOGINDISABLED")
    after = capabilities(State.SELECTED, append_limit=5)
    assert "APPENDLIMIT=5" in after
    assert "LOGINDISABLED" not in after
