"""CHUNKING, clause by clause (RFC 3030), and that no chunk can pass for a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.chunks import BadChunk, ChunkReader, parse_bdat
from posthouse.protocols.smtp.content import to_crlf
from posthouse.protocols.smtp.tests.conversation import Driver, converse, mx, submission
from posthouse.protocols.smtp.tests.test_data import SMUGGLING, WIRE, cut

BEGUN = """
    S: 220
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250-STARTTLS
    S: 250 ENHANCEDSTATUSCODES
    C: MAIL FROM:<carl@client.example>
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 250
"""


def test_one_chunk():
    """RFC 3030 4.1: a message that is sent at once; no dot is taken away."""
    driver = converse(
        mx(),
        BEGUN
        + r"""
    C: BDAT 21 LAST\r\nSubject: x\r\n\r\n..\r\n.
    S: 250 2.0.0 Filed
    C: NOOP
    S: 250
    """,
    )
    assert driver.messages[0].content == b"Subject: x\r\n\r\n..\r\n.\r\n"


def test_several_chunks_each_with_its_reply():
    """RFC 3030 4.2: every chunk is answered, the end with LAST 0 too."""
    driver = converse(
        mx(),
        BEGUN
        + r"""
    C: BDAT 12\r\nSubject: x
    S: 250 2.0.0 12 octets received
    C: NOOP
    S: 250
    C: bdat 4\r\n\r\n
    S: 250 2.0.0 4 octets received
    C: BDAT 0
    S: 250 2.0.0 0 octets received
    C: BDAT 0 last
    S: 250 2.0.0 Filed
    C: BDAT 3 LAST\r\nx
    S: 503 5.5.1 Say MAIL first
    C: MAIL FROM:<>
    S: 250
    """,
    )
    assert driver.messages[0].content == b"Subject: x\r\n\r\n\r\n"


def test_pipelined_behind_recipients_that_are_refused():
    """RFC 3030 4.2: what stands in the pipeline after a refusal is read and forgotten."""
    driver = mx()
    driver.open()
    said = driver.say(
        b"EHLO c\r\nMAIL FROM:<c@c.example>\r\nRCPT TO:<no@example.org>\r\n"
        b"BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nRSET\r\n"
        b"MAIL FROM:<c@c.example>\r\nRCPT TO:<anna@example.org>\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n"
    )
    assert [line[:9] for line in said.decode().splitlines() if line[3] == " "] == [
        *("250 ENHAN", "250 2.1.0", "550 5.1.1", "554 5.5.1", "554 5.5.1"),
        *("250 2.1.0", "250 2.1.5", "250 2.0.0", "221 2.0.0"),
    ]
    assert [message.content for message in driver.messages] == [b"x\r\n"]


def test_order_of_commands():
    """RFC 3030 2: not without a transaction, not mixed with DATA, nothing between but RSET."""
    converse(
        mx(),
        r"""
    S: 220
    C: BDAT 3\r\nx
    S: 503 5.5.1 Say EHLO first
    C: HELO client.example
    S: 250
    C: MAIL FROM:<>
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 250
    C: BDAT 3 LAST\r\nx
    S: 503 5.5.1 Say EHLO first
    """,
    )
    driver = converse(
        mx(),
        BEGUN
        + r"""
    C: BDAT 3\r\nx
    S: 250
    C: DATA
    S: 503 5.5.1 Chunks were sent already
    C: RCPT TO:<bert@example.org>
    S: 503 5.5.1 Chunks were sent already
    C: MAIL FROM:<>
    S: 503 5.5.1
    C: RSET
    S: 250
    C: BDAT 0 LAST
    S: 503 5.5.1 Say MAIL first
    """,
    )
    assert driver.messages == []


@pytest.mark.parametrize("argument", ["", "LAST", "-1", "1 FIRST", "0x10", "1 LAST 2", "9" * 21])
def test_a_size_that_cannot_be_read_ends_the_session(argument):
    """What follows may be a message: none of it is read as commands."""
    driver = mx()
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\n")
    assert driver.say(f"BDAT {argument}\r\nRSET\r\n".encode()).startswith(b"521 5.5.4")
    assert driver.closed


def test_too_large_is_said_once_the_octets_came():
    driver = mx(message_size=1000)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\n")
    assert driver.say(b"BDAT 900\r\n" + b"x" * 900) == b"250 2.0.0 900 octets received\r\n"
    assert driver.say(b"BDAT 900\r\n" + b"x" * 899) == b""
    assert driver.say(b"x").startswith(b"552 5.3.4")
    assert driver.say(b"BDAT 6 LAST\r\nRSET\r\n").startswith(b"552 5.3.4")
    assert driver.say(b"BDAT 4001 LAST\r\n").startswith(b"521 5.3.4")
    assert (driver.messages, driver.closed) == ([], True)


def test_exactly_the_limit_is_taken():
    driver = mx(message_size=1000)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\n")
    assert driver.say(b"BDAT 1000 LAST\r\n" + b"x" * 998 + b"\r\n").startswith(b"250 2.0.0 Filed")


def test_a_line_that_is_not_ended_is_ended():
    driver = mx()
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\n")
    driver.say(b"BDAT 1 LAST\r\nx")
    assert driver.messages[0].content == b"x\r\n"


def test_tiny_chunks_bring_nothing_on():
    driver = mx(idle_commands=5)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\n")
    assert driver.say(b"BDAT 1\r\nx" * 6).endswith(
        b"421 4.7.0 " + b"Too many commands without a message, closing\r\n"
    )
    assert driver.closed


def begun(driver: Driver) -> Driver:
    driver.open()
    driver.say(b"EHLO c\r\n")
    if driver.dialogue.profile.submission:
        driver.say(b"AUTH PLAIN AGFubmFAZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZQ==\r\n")
    driver.say(b"MAIL FROM:<c@c.example>\r\nRCPT TO:<anna@example.org>\r\n")
    return driver


@pytest.mark.parametrize("sequence", SMUGGLING.values(), ids=SMUGGLING.keys())
@pytest.mark.parametrize("at", [1, 2, 3])
def test_bare_ends_are_met_as_in_data(sequence, at):
    """Cut in two chunks at every place: the MX refuses, submission normalises."""
    content = b"hello" + sequence + b"MAIL FROM:<evil@c.example>\r\n"
    first, last = content[: 5 + at], content[5 + at :]
    wire = b"BDAT %d\r\n%bBDAT %d LAST\r\n%bNOOP\r\n" % (len(first), first, len(last), last)
    driver = begun(mx())
    said = driver.say(wire).split(b"\r\n")
    assert said[1].startswith(b"554 5.6.0")
    assert (said[2], driver.messages) == (b"250 2.0.0 OK", [])
    driver = begun(submission())
    said = driver.say(wire).split(b"\r\n")
    if b"\0" in sequence:
        assert said[1].startswith(b"554 5.6.0 NUL")
        return
    (message,) = driver.messages
    assert message.content == to_crlf(content)


@given(WIRE, st.lists(st.integers(0, 10_000)), st.lists(st.integers(0, 10_000)), st.booleans())
def test_neither_chunks_nor_packets_change_the_content(wire, chunks, packets, normalise):
    whole = ChunkReader(1000, normalise=normalise)
    whole.begin(len(wire), forget=False)
    assert whole.feed(wire + b"behind") == b"behind"
    whole.end()
    pieces = ChunkReader(1000, normalise=normalise)
    for chunk in cut(wire, chunks):
        pieces.begin(len(chunk), forget=False)
        for packet in cut(chunk, packets):
            pieces.feed(packet)
        assert pieces.left == 0
    pieces.end()
    for name in ("bare_cr", "bare_lf", "nul", "size", "too_large"):
        assert getattr(whole, name) == getattr(pieces, name), name
    assert whole.content() == pieces.content()
    ended = wire if not wire or wire.endswith(b"\r\n") else wire + b"\r\n"
    if not normalise:
        assert whole.content() == ended
        assert whole.bare_lf is (b"\n" in wire.replace(b"\r\n", b""))


@given(st.text(max_size=30))
def test_any_argument_is_read_or_refused(text):
    try:
        size, _ = parse_bdat(text)
    except BadChunk:
        return
    assert 0 <= size < 10**20


@given(
    st.lists(
        st.sampled_from(
            [
                b"EHLO c\r\n",
                b"MAIL FROM:<c@c.example>\r\n",
                b"RCPT TO:<anna@example.org>\r\n",
                b"RCPT TO:<no@example.org>\r\n",
                b"BDAT 6\r\nQUIT\r\n",
                b"BDAT 6 LAST\r\nRSET\r\n",
                b"BDAT 0\r\n",
                b"BDAT 0 LAST\r\n",
                b"BDAT 1\r\n\r",
                b"BDAT 1 LAST\r\n\n",
                b"DATA\r\n",
                b".\r\n",
                b"RSET\r\n",
            ]
        ),
        max_size=20,
    ),
    st.integers(1, 50),
)
def test_replies_do_not_depend_on_the_packets(pieces, size):
    wire = b"".join(pieces)
    whole, parts = mx(), mx()
    expected = whole.say(wire)
    assert b"".join(parts.say(wire[i : i + size]) for i in range(0, len(wire), size)) == expected
    assert parts.messages == whole.messages
    assert b"221" not in expected
