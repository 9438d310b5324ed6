from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.content import to_crlf
from posthouse.protocols.smtp.data import DataReader, UnsafeContent, stuff
from posthouse.protocols.smtp.tests.conversation import mx, submission

# Bytes that matter to the scanner, often.
WIRE = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"\r\n.\r\n", b"a", b"\0"])).map(
    b"".join
)
LINES = st.lists(
    st.lists(st.sampled_from([b".", b"..", b"a", "中".encode(), b" "])).map(b"".join)
).map(lambda lines: b"".join(line + b"\r\n" for line in lines))


def slow_reading(wire: bytes) -> tuple[bytes, bytes] | None:
    """RFC 5321 4.5.2 line by line: content and rest, or None when the end is missing."""
    content, rest = b"", wire
    while b"\r\n" in rest:
        line, _, rest = rest.partition(b"\r\n")
        if line == b".":
            return content, rest
        content += line.removeprefix(b".") + b"\r\n"
    return None


def read(chunks: list[bytes], *, normalise: bool = False) -> tuple[bytes, bytes] | None:
    reader = DataReader(10_000_000, normalise=normalise)
    for index, chunk in enumerate(chunks):
        behind = reader.feed(chunk)
        if behind is not None:
            return reader.content(), behind + b"".join(chunks[index + 1 :])
    return None


def cut(wire: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(wire), *(place % (len(wire) + 1) for place in at)})
    return [wire[a:b] for a, b in pairwise(places)]


@given(WIRE, st.lists(st.integers(0, 10_000)))
def test_the_scanner_reads_like_the_rfc_whatever_the_chunks(wire, places):
    assert read(cut(wire, places)) == slow_reading(wire)


@given(WIRE)
def test_byte_by_byte_with_every_flag(wire):
    whole, single = DataReader(100, normalise=True), DataReader(100, normalise=True)
    whole.feed(wire)
    for index in range(len(wire)):
        if single.feed(wire[index : index + 1]) is not None:
            break
    for name in ("bare_cr", "bare_lf", "nul", "size", "too_large"):
        assert getattr(whole, name) == getattr(single, name), name
    assert whole.content() == single.content()


@given(LINES, st.lists(st.integers(0, 10_000)))
def test_what_is_stuffed_comes_back(content, places):
    wire = stuff(content)
    assert read([*cut(wire, places), b"NOOP\r\n"]) == (content, b"NOOP\r\n")


@given(WIRE.filter(lambda wire: b"\0" not in wire))
def test_stuffed_content_ends_once_and_has_no_bare_ends(content):
    wire = stuff(content)
    assert (b"\r\n" + wire).find(b"\r\n.\r\n") == len(wire) - 3
    assert to_crlf(wire) == wire


def test_nul_is_never_sent():
    with pytest.raises(UnsafeContent):
        stuff(b"a\0b\r\n")


def test_body_that_begins_with_a_dot():
    assert read([b".\r\n", b"rest"]) == (b"", b"rest")
    assert read([b"..\r\n.\r\n"]) == (b".\r\n", b"")
    assert read([b".", b".hidden", b"\r", b"\n", b".", b"\r", b"\n"]) == (b".hidden\r\n", b"")


SMUGGLING = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.CR": b"\r\n.\r",
    "LF.CR": b"\n.\r",
    "CR.LF": b"\r.\n",
    "CRLF.NUL CRLF": b"\r\n.\0\r\n",
    "CRLF.NUL": b"\r\n.\0",
    "CRLF NUL.CRLF": b"\r\n\0.\r\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "CRLFCR.CRLF": b"\r\n\r.\r\n",
    "CR LF LF . CRLF": b"\r\n\n.\r\n",
}
ENVELOPE = b"EHLO c\r\nMAIL FROM:<c@c.example>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n"
INJECTED = b"MAIL FROM:<evil@c.example>\r\nRCPT TO:<bert@example.org>\r\nDATA\r\nevil\r\n"


@pytest.mark.parametrize("sequence", SMUGGLING.values(), ids=SMUGGLING.keys())
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_nothing_is_smuggled_into_the_mx(sequence, size):
    driver = mx()
    driver.open()
    driver.say(ENVELOPE)
    wire = b"hello" + sequence + INJECTED + b".\r\nNOOP\r\n"
    said = b"".join(driver.say(wire[i : i + size]) for i in range(0, len(wire), size))
    refusal, _, rest = said.partition(b"\r\n")
    assert refusal.startswith(b"554 5.6.0")
    assert any(name in refusal for name in (b"Bare LF", b"Bare CR", b"NUL"))
    assert rest == b"250 2.0.0 OK\r\n"
    assert driver.messages == []


@pytest.mark.parametrize("sequence", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_submission_normalises_and_stays_one_message(sequence):
    driver = submission(plaintext=True, secure=False)
    driver.open()
    driver.say(b"EHLO c\r\nAUTH PLAIN AGFubmFAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==\r\n")
    driver.say(ENVELOPE)
    said = driver.say(b"hello" + sequence + INJECTED + b".\r\nNOOP\r\n")
    if b"\0" in sequence:
        assert said == b"554 5.6.0 NUL in message (RFC 5322 4)\r\n250 2.0.0 OK\r\n"
        return
    assert said == b"250 2.0.0 Filed\r\n250 2.0.0 OK\r\n"
    (message,) = driver.messages
    assert message.content.endswith(INJECTED)
    assert to_crlf(message.content) == message.content
    assert read([stuff(message.content)]) == (message.content, b"")
