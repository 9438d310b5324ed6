"""What servers send, cut anywhere: status lines, listings, messages and their ends."""

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.pop3 import responses
from posthouse.protocols.pop3.client.listings import (
    Numbered,
    read_capabilities,
    read_drop,
    read_numbered,
)
from posthouse.protocols.pop3.client.reader import ResponseReader
from posthouse.protocols.pop3.client.replies import Challenge, Status, read_status
from posthouse.protocols.pop3.client.requests import request
from posthouse.protocols.pop3.client.unstuffing import Unstuffer
from posthouse.protocols.pop3.errors import BadCommand, BadResponse

_BEHIND = b"+OK the next\r\n"
_PIECES = st.sampled_from(
    [b".", b"..", b"\r\n", b"\n", b"\r", b"\r\n.", b"\n.", b"\n.\n", b".\r", b"a", b"bc", b"\0"]
)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b"+OK", Status(True)),
        (b"+ok  hi there ", Status(True, "hi there")),
        (b"-ERR", Status(False)),
        (
            b"-ERR [IN-USE] Do you have another session?",
            Status(False, "Do you have another session?", "IN-USE"),
        ),
        (b"-ERR [sys/temp]", Status(False, "", "SYS/TEMP")),
        (b"-Err [LOGIN-DELAY minimum 60] x", Status(False, "[LOGIN-DELAY minimum 60] x")),
        ("-ERR 密码错误".encode(), Status(False, "密码错误")),
        ("-ERR 密码错误".encode("gb18030"), Status(False, "密码错误")),
        (b"+OK a\x1b[31mb\0c", Status(True, "a [31mb c")),
        (b"+", Challenge(b"")),
        (b"+ ", Challenge(b"")),
        (b"+ VXNlcm5hbWU6", Challenge(b"Username:")),
        (b"+ go ahead", Challenge(b"")),
    ],
)
def test_status_lines(line: bytes, meaning: Status | Challenge):
    assert read_status(line) == meaning


@pytest.mark.parametrize(
    "line", [b"", b" ", b"OK", b"* OK imap", b"220 smtp", b"+OKAY", b"-ERROR x"]
)
def test_what_is_no_status(line: bytes):
    with pytest.raises(BadResponse):
        read_status(line)


@given(st.binary(max_size=600))
def test_any_line_is_a_status_or_refused(line: bytes):
    with contextlib.suppress(BadResponse):
        said = read_status(line)
        if isinstance(said, Status):
            assert said.text.isprintable()
            assert len(said.text) <= 400


def _cut(stream: bytes, data: st.DataObject) -> Iterator[bytes]:
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        yield stream[:size]
        stream = stream[size:]


@given(st.lists(_PIECES), st.data())
def test_a_message_is_the_same_however_it_is_cut(parts: list[bytes], data: st.DataObject):
    octets = b"Received: here\r\n" + b"".join(parts)
    stream = b"".join(responses.message("x", octets)).removeprefix(b"+OK x\r\n") + _BEHIND
    unstuffer, found = Unstuffer(), b""
    for chunk in _cut(stream, data):
        if unstuffer.rest is None:
            found += unstuffer.feed(chunk)
        else:
            unstuffer.rest += chunk
    ended = octets if octets.endswith(b"\r\n") else octets + b"\r\n"
    assert (found, unstuffer.rest) == (ended, _BEHIND)


@given(st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a", b"\r"])), st.booleans(), st.data())
def test_a_server_with_bare_line_ends(lines: list[bytes], with_cr: bool, data: st.DataObject):
    content = b"".join(line + b"\n" for line in [b"Received: here", *lines])
    stuffed = b"".join(
        (b"." if line.startswith(b".") else b"") + line + b"\n"
        for line in [b"Received: here", *lines]
    )
    unstuffer, found = Unstuffer(), b""
    for chunk in _cut(stuffed + (b".\r\n" if with_cr else b".\n"), data):
        found += unstuffer.feed(chunk)
    assert (found, unstuffer.rest) == (content, b"")


def test_a_stranger_cannot_end_a_message():
    """Bare LFs in a message with CRLFs belong to it, dot or not."""
    inside = b"Received: here\r\n\r\nhello\n.\n+OK 2\r\nforged\n.\r\n-ERR\r\n"
    reader = ResponseReader()
    reader.feed(inside + b".\r\n")
    assert reader.piece() == (inside, True)
    assert reader.idle


def test_an_empty_message():
    for stream in (b".\r\n", b".\n"):
        unstuffer = Unstuffer()
        assert unstuffer.feed(stream) == b""
        assert unstuffer.rest == b""


def test_nothing_is_kept_of_a_message():
    unstuffer = Unstuffer()
    unstuffer.feed(b"Received: here\r\n")
    line = b"x" * 1000 + b"\r\n"
    for _ in range(1000):
        assert len(unstuffer.feed(line)) >= len(line) - 4
    unstuffer = Unstuffer()  # a first line that does not end
    for _ in range(100):
        unstuffer.feed(b"x" * 1000)
    assert unstuffer.feed(b"x") == b"x"


_SESSION = (
    b"+OK hello\r\n+OK\r\nTOP\r\nUIDL\r\n..dot\r\n.\r\n"
    b"+OK 2\r\n1 abc\r\n2 def\r\n.\r\n+OK\r\nA: b\r\n\r\n..x\r\n.\r\n-ERR gone\r\n"
)


def _read_session(reader: ResponseReader, chunks: Iterator[bytes]) -> list[object]:
    """What a client hears that asks for the parts of _SESSION."""

    def more() -> None:
        reader.feed(next(chunks))

    def status() -> object:
        while (said := reader.status()) is None:
            more()
        return said

    def lines() -> list[bytes]:
        found: list[bytes] = []
        while True:
            if (line := reader.listed()) is None:
                more()
            elif line == b".":
                return found
            else:
                found.append(line)

    def message() -> bytes:
        found = b""
        while True:
            piece, over = reader.piece()
            found += piece
            if over:
                return found
            more()

    return [status(), status(), lines(), status(), lines(), status(), message(), status()]


def test_a_session_is_cut_after_every_octet():
    whole = _read_session(ResponseReader(), iter([_SESSION]))
    assert whole[2:] == [
        *([b"TOP", b"UIDL", b".dot"], Status(True, "2"), [b"1 abc", b"2 def"], Status(True)),
        *(b"A: b\r\n\r\n.x\r\n", Status(False, "gone")),
    ]
    for cut in range(1, len(_SESSION)):
        both = iter([_SESSION[:cut], _SESSION[cut:]])
        assert _read_session(ResponseReader(), both) == whole
        with pytest.raises(RuntimeError):  # the stream ends, and nobody takes it for the end
            _read_session(ResponseReader(), _until(_SESSION[:cut]))


def _until(part: bytes) -> Iterator[bytes]:
    yield part
    raise RuntimeError("cut")


@given(st.binary(max_size=400), st.data())
def test_any_octets_at_all(stream: bytes, data: st.DataObject):
    reader = ResponseReader()
    with contextlib.suppress(BadResponse, StopIteration):
        _read_session(reader, _cut(stream, data))


def test_a_line_without_an_end():
    reader = ResponseReader()
    reader.feed(b"+OK " + b"x" * 9000)
    with pytest.raises(BadResponse):
        reader.status()


def test_capabilities():
    lines = [b"TOP", b"sasl PLAIN  xoauth2", b"STLS", b"", b"Pipelining", b"EXPIRE 60", b"\xff"]
    told = read_capabilities(lines)
    assert told.stls
    assert told.pipelining
    assert told.mechanisms == {"PLAIN", "XOAUTH2"}
    assert not told.plain_sign_in
    assert read_capabilities([b"TOP"]).plain_sign_in
    assert read_capabilities([b"SASL PLAIN", b"USER"]).plain_sign_in


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b"1 abc", Numbered(1, b"abc")),
        (b" 12   a b c  ", Numbered(12, b"a b c")),
        (b"3", Numbered(3, b"")),
        (b"4 \xff\xfe", Numbered(4, b"\xff\xfe")),
        *((line, None) for line in (b"", b"x", b"0 a", b"-1 a", b"1x a", b"12345678901 a")),
        (b"1 " + b"x" * 600, None),
    ],
)
def test_numbered_lines(line: bytes, meaning: Numbered | None):
    assert read_numbered(line) == meaning


def test_the_drop():
    assert read_drop("2 320") == (2, 320)
    assert read_drop("2 320 octets") == (2, 320)
    assert read_drop("two messages") is None
    assert read_drop("") is None
    assert read_drop("²  2") is None


def test_requests():
    assert request("TOP", 1, 0) == b"TOP 1 0\r\n"
    assert request("PASS", " 密 ") == " 密 ".join(["PASS ", "\r\n"]).encode()
    for word in ("a\r\nDELE 1", "a\nb", "a\0"):
        with pytest.raises(BadCommand):
            request("USER", word)
