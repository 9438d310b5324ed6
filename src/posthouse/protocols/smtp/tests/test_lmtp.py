"""LMTP, clause by clause (RFC 2033)."""

from posthouse.protocols.smtp.tests.conversation import converse, lmtp, mx

BEGUN = """
    S: 220 mx.example.org LMTP
    C: LHLO front.example
    S: 250-mx.example.org
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250 ENHANCEDSTATUSCODES
    C: MAIL FROM:<carl@client.example>
    S: 250
"""


def test_lhlo_and_nothing_else():
    """RFC 2033 4.1: HELO and EHLO are gone, and LHLO is nothing in SMTP; 5: with PIPELINING and
    enhanced codes. Nobody signs in.
    """
    converse(
        lmtp(),
        """
    S: 220
    C: EHLO front.example
    S: 500 5.5.1 This is LMTP, say LHLO
    C: HELO front.example
    S: 500 5.5.1
    C: MAIL FROM:<>
    S: 503 5.5.1
    C: LHLO
    S: 501 5.5.4
    C: LHLO front.example
    S: 250-
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250 ENHANCEDSTATUSCODES
    C: AUTH PLAIN
    S: 502
    C: STARTTLS
    S: 502
    """,
    )
    converse(
        mx(),
        """
    S: 220
    C: LHLO front.example
    S: 500 5.5.1 Unknown command
    """,
    )


def test_a_reply_for_each_recipient_in_their_order():
    """RFC 2033 4.2, its own example: refused ones have had their reply; one named twice has two."""
    driver = converse(
        lmtp(),
        BEGUN
        + """
    C: RCPT TO:<bert@example.org>
    S: 250
    C: RCPT TO:<nobody@example.org>
    S: 550
    C: RCPT TO:<anna@example.org>
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 250
    C: DATA
    S: 354
    C: x
    C: .
    S: 452 4.2.2 Mailbox full
    S: 250 2.0.0 Filed
    S: 250 2.0.0 Filed
    C: QUIT
    S: 221
    closed
    """,
    )
    assert [a.local for a in driver.messages[0].recipients] == ["bert", "anna", "anna"]


def test_without_recipients_data_is_503():
    """RFC 2033 4.2."""
    converse(
        lmtp(),
        BEGUN
        + r"""
    C: RCPT TO:<nobody@example.org>
    S: 550
    C: DATA
    S: 503 5.5.1 No valid recipients
    C: BDAT 2 LAST\r\n
    S: 503 5.5.1 No valid recipients
    """,
    )


def test_what_nobody_may_see_is_refused_for_each():
    driver = lmtp(message_size=100, errors=1000)
    driver.open()
    begin = (
        b"LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nRCPT TO:<bert@example.org>\r\n"
    )
    for content, reply in ((b"bare\n", b"554 5.6.0"), (b"x" * 200 + b"\r\n", b"552 5.3.4")):
        driver.say(begin + b"DATA\r\n")
        said = driver.say(content + b"\r\n.\r\nNOOP\r\n").split(b"\r\n")
        assert [line[:9] for line in said] == [reply, reply, b"250 2.0.0", b""]
    assert driver.messages == []


def test_chunks_are_answered_one_by_one_and_the_last_for_each():
    """RFC 2033 4.3 (VERB is gone), RFC 3030 2."""
    driver = lmtp()
    driver.open()
    begin = (
        b"LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nRCPT TO:<bert@example.org>\r\n"
    )
    said = driver.say(begin + b"BDAT 1\r\nxBDAT 2 LAST\r\n\r\nNOOP\r\n").split(b"\r\n")
    assert [line[:9] for line in said[-5:]] == [
        b"250 2.0.0",
        b"250 2.0.0",
        b"452 4.2.2",
        b"250 2.0.0",
        b"",
    ]
