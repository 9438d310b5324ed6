"""Lines, commands, responses: what clients send, what nobody should send, and all in between."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.pop3 import commands as c
from posthouse.protocols.pop3 import responses, rules
from posthouse.protocols.pop3.errors import BadCommand, LineTooLong
from posthouse.protocols.pop3.lines import LineReader


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"CAPA", c.Capa()),
        (b"capa ", c.Capa()),
        (b"USER anna@acme.example", c.User("anna@acme.example")),
        (b"PASS  two spaces ", c.Pass(" two spaces ")),
        ("PASS 密码".encode(), c.Pass("密码")),
        (b"AUTH PLAIN", c.Auth("PLAIN")),
        (b"AUTH PLAIN =", c.Auth("PLAIN", b"=")),
        (b"LIST", c.List()),
        (b"LIST 1", c.List(1)),
        (b"UIDL 007", c.Uidl(7)),
        (b"RETR 12", c.Retr(12)),
        (b"TOP 1 0", c.Top(1, 0)),
        (b"DELE 3", c.Dele(3)),
        (b"quit", c.Quit()),
    ],
)
def test_commands(line: bytes, command: c.Command):
    assert c.parse(line) == command


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b" ", b"XTND", b"APOP anna 0123", b"STAT 1", b"QUIT now", b"USER", b"USER  "),
        *(b"RETR", b"RETR x", b"RETR 0", b"RETR -1", b"RETR 1 2", b"RETR 12345678901"),
        *(b"TOP 1", b"TOP 1 -1", b"TOP 1 2 3", b"AUTH", b"AUTH A B C", b"LIST 0"),
        *(b"PASS \xff", b"USER \xff", b"RETR \xd9\xa1"),
    ],
)
def test_what_is_no_command(line: bytes):
    with pytest.raises(BadCommand):
        c.parse(line)


@given(st.binary(max_size=300))
def test_any_line_is_a_command_or_refused(line: bytes):
    with contextlib.suppress(BadCommand):
        assert isinstance(c.parse(line), c.Command)


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_are_the_same_in_whatever_chunks(lines: list[bytes], data: st.DataObject):
    stream = b"".join(line + b"\r\n" for line in lines)
    reader, found = LineReader(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        reader.feed(stream[:size])
        stream = stream[size:]
        while (line := reader.next_line(100)) is not None:
            found.append(line)
    assert found == lines
    assert len(reader) == 0


def test_lines_have_a_limit():
    reader = LineReader()
    reader.feed(b"x" * 10 + b"\r\n")
    assert reader.next_line(10) == b"x" * 10
    reader.feed(b"x" * 12)
    with pytest.raises(LineTooLong):
        reader.next_line(10)
    reader.discard()
    reader.feed(b"x" * 12 + b"\n")
    with pytest.raises(LineTooLong):
        reader.next_line(10)


def _unstuffed(octets: bytes) -> bytes:
    """As RFC 1939 3 tells clients to read it."""
    body, end = octets[: -len(responses.END)], octets[-len(responses.END) :]
    assert end == responses.END
    lines = body.split(b"\r\n")
    assert b"." not in lines, "the response would end here"
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


_PIECES = st.sampled_from([b".", b"..", b"\r\n", b"\r\n.", b"\r", b"\n.", b"a", b".\r\n", b""])


@given(st.lists(_PIECES), st.integers(1, 7))
def test_dots_are_doubled_wherever_the_pieces_end(parts: list[bytes], size: int):
    octets = b"".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "_PIECE", size + 1)
        sent = b"".join(responses.message("x", octets)).removeprefix(b"+OK x\r\n")
    ended = octets if not octets or octets.endswith(b"\r\n") else octets + b"\r\n"
    assert _unstuffed(sent) == ended


@given(st.lists(st.sampled_from([b"\r\n", b"a", b"bc\r\n"])), st.integers(0, 9), st.integers(1, 5))
def test_lines_are_counted(parts: list[bytes], count: int, look: int):
    octets = b"header\r\n\r\n" + b"".join(parts)
    lines = octets[10:].splitlines(keepends=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "_LOOK", look)
        end = responses.end_of_lines(octets, 10, count)
    assert octets[10:end] == b"".join(lines[:count])


def test_a_response_is_one_ascii_line():
    said = responses.err("“x”\r\n密" + "y" * 1000, code="SYS/TEMP")
    assert said.startswith(b'-ERR [SYS/TEMP] "x" ?yyy')
    assert said.count(b"\r") == said.count(b"\n") == 1
    assert len(said) <= 512


def test_every_command_has_a_state():
    kinds = {kind.__name__ for kind in c.Command.__subclasses__()}
    assert {kind.__name__ for kind in rules.ALLOWED} == kinds
