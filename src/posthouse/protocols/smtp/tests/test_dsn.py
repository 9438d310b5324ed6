"""DSN, clause by clause (RFC 3461, RFC 6533)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.address import parse_address
from posthouse.protocols.smtp.capabilities import Capabilities
from posthouse.protocols.smtp.command import BadArgument, parse_mail, parse_rcpt
from posthouse.protocols.smtp.dsn import (
    BadXtext,
    DsnRequest,
    Notify,
    RecipientRequest,
    ascii_original,
    decode_original,
    decode_xtext,
    notify_words,
    parse_envid,
    parse_notify,
    parse_original,
)
from posthouse.protocols.smtp.envelope import OutgoingEnvelope, plan
from posthouse.protocols.smtp.tests.conversation import converse, mx

ANNA, BERT = parse_address("anna@example.org"), parse_address("bert@example.org")


def test_what_was_asked_for_comes_with_the_message():
    """RFC 3461 4.1 to 4.4; a recipient who says nothing has no request."""
    driver = converse(
        mx(),
        """
    S: 220
    C: EHLO client.example
    S: 250-
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250-STARTTLS
    S: 250 ENHANCEDSTATUSCODES
    C: MAIL FROM:<carl@client.example> RET=hdrs ENVID=QQ+2B314159
    S: 250
    C: RCPT TO:<anna@example.org> NOTIFY=success,DELAY ORCPT=rfc822;Anna+2Bx@Example.org
    S: 250
    C: RCPT TO:<bert@example.org>
    S: 250
    C: RCPT TO:<anna@example.org> NOTIFY=NEVER
    S: 250
    C: DATA
    S: 354
    C: .
    S: 250
    C: MAIL FROM:<carl@client.example>
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 250
    C: DATA
    S: 354
    C: .
    S: 250
    """,
    )
    asked, silent = driver.messages
    assert asked.dsn == DsnRequest(
        ret="HDRS",
        envid="QQ+2B314159",
        recipients={
            ANNA: RecipientRequest(
                notify=Notify.SUCCESS | Notify.DELAY, original="rfc822;Anna+2Bx@Example.org"
            )
        },
    )
    assert silent.dsn is None


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("RET=ALL", "501"),
        ("RET", "501"),
        ("RET=FULL RET=HDRS", "501"),
        ("ENVID=", "501"),
        ("ENVID=a+b", "501"),
        ("ENVID=+00", "501"),
        ("ENVID=" + "x" * 101, "501"),
        ("NOTIFY=NEVER", "555"),
    ],
)
def test_mail_with_what_cannot_be_read(argument, code):
    """RFC 3461 5.1: a syntax error is 501, a parameter of RCPT is unknown to MAIL."""
    driver = mx()
    driver.open()
    driver.say(b"EHLO c\r\n")
    assert driver.say(f"MAIL FROM:<> {argument}\r\n".encode()).startswith(code.encode())


@pytest.mark.parametrize(
    "argument",
    [
        "NOTIFY",
        "NOTIFY=",
        "NOTIFY=NEVER,FAILURE",
        "NOTIFY=SUCCESS,",
        "NOTIFY=ALWAYS",
        "NOTIFY=SUCCESS NOTIFY=NEVER",
        "ORCPT=anna@example.org",
        "ORCPT=rfc822;",
        "ORCPT=;anna",
        "ORCPT=rfc822;a+2b",
        "ORCPT=rfc822;a+0D+0A",
        "ORCPT=rfc822;" + "x" * 500,
        r"ORCPT=utf-8;\x{110000}",
        r"ORCPT=utf-8;\x{D800}",
        "ORCPT=utf-8;a+2B",
    ],
)
def test_rcpt_with_what_cannot_be_read(argument):
    driver = mx()
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\n")
    said = driver.say(f"RCPT TO:<anna@example.org> {argument}\r\n".encode())
    assert said.startswith(b"501 5.5.4")


def test_helo_knows_nothing_of_it():
    converse(
        mx(),
        """
    S: 220
    C: HELO client.example
    S: 250
    C: MAIL FROM:<> RET=FULL
    S: 555
    C: MAIL FROM:<>
    S: 250
    C: RCPT TO:<anna@example.org> NOTIFY=NEVER
    S: 555
    """,
    )


def test_xtext_and_its_sister_for_unicode():
    assert decode_xtext("a+2Bb+3D") == "a+b="
    with pytest.raises(BadXtext):
        decode_xtext("a+2b")
    # RFC 6533 3: either form of the same address.
    for text in (r"utf-8;\x{674E}\x{96F7}@example.org", "utf-8;李雷@example.org"):
        assert decode_original(parse_original(text)) == "utf-8;李雷@example.org"
        assert ascii_original(text) == r"utf-8;\x{674E}\x{96F7}@example.org"
    assert decode_original(r"utf-8;a\x{2B}\x{3D}\x{5C}b@x") == "utf-8;a+=\\b@x"


@given(st.text(max_size=60))
def test_any_value_is_read_or_refused(text):
    for parse in (parse_envid, parse_notify, parse_original):
        try:
            parse(text)
        except BadXtext:
            continue
    for argument in (f"FROM:<> RET={text}", f"FROM:<> ENVID={text}"):
        try:
            parse_mail(argument, extended=True)
        except ValueError:
            continue


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()))
def test_what_is_encoded_is_decoded(text):
    encoded = "".join(
        char if "!" <= char <= "~" and char not in "+=\\" else f"\\x{{{ord(char):X}}}"
        for char in text
        if not 0xD800 <= ord(char) <= 0xDFFF
    )
    try:
        rcpt = parse_rcpt(f"TO:<anna@example.org> ORCPT=utf-8;{encoded}")
    except BadArgument:
        assert not encoded or len(encoded) > 494
        return
    assert rcpt.request is not None
    assert decode_original(rcpt.request.original) == f"utf-8;{text}"


@given(st.sampled_from([Notify(value) for value in range(8)]))
def test_notify_is_written_as_it_is_read(notify):
    assert parse_notify(notify_words(notify)) == notify


def test_the_next_server_is_told_when_it_offers_dsn():
    """RFC 3461 5.2.1: as it came; 5.2.2: nothing to who does not know it."""
    envelope = OutgoingEnvelope(
        mail_from=None,
        recipients=(ANNA, BERT),
        content=b"x\r\n",
        dsn=DsnRequest(
            ret="FULL",
            envid="QQ+2B1",
            recipients={ANNA: RecipientRequest(notify=Notify.NEVER, original="utf-8;李@x")},
        ),
    )
    told = plan(envelope, Capabilities(dsn=True))
    assert told.mail == b"MAIL FROM:<> RET=FULL ENVID=QQ+2B1\r\n"
    assert told.rcpts == (
        b"RCPT TO:<anna@example.org> NOTIFY=NEVER ORCPT=utf-8;\\x{674E}@x\r\n",
        b"RCPT TO:<bert@example.org>\r\n",
    )
    untold = plan(envelope, Capabilities())
    assert untold.mail == b"MAIL FROM:<>\r\n"
    assert untold.rcpts[0] == b"RCPT TO:<anna@example.org>\r\n"
    assert (told.reports, untold.reports) == (True, False)
