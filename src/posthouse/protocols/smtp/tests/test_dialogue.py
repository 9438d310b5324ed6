from hypothesis import given
from hypothesis import strategies as st

from posthouse.protocols.smtp.tests.conversation import converse, mx, submission

HELLO = """
    S: 220 mx.example.org ESMTP
    C: EHLO client.example
    S: 250-mx.example.org
    S: 250-PIPELINING
    S: 250-SIZE 52428800
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250-STARTTLS
    S: 250 ENHANCEDSTATUSCODES
"""


def test_a_mail_comes_in():
    driver = converse(
        mx(),
        HELLO
        + """
    C: MAIL FROM:<carl@client.example> SIZE=100 BODY=8BITMIME
    S: 250 2.1.0
    C: RCPT TO:<anna@example.org>
    S: 250 2.1.5
    C: RCPT TO:<nobody@example.org>
    S: 550 5.1.1 No such mailbox
    C: RCPT TO:<bert@example.org>
    S: 250 2.1.5
    C: DATA
    S: 354
    C: Subject: hello
    C:
    C: ..a dot
    C: .
    S: 250 2.0.0 Filed
    C: QUIT
    S: 221 2.0.0
    closed
    """,
    )
    (message,) = driver.messages
    assert str(message.arguments.sender) == "carl@client.example"
    assert [str(address) for address in message.recipients] == [
        "anna@example.org",
        "bert@example.org",
    ]
    assert message.content == b"Subject: hello\r\n\r\n.a dot\r\n"
    assert message.arguments.eight_bit


def test_helo_knows_no_extensions():
    converse(
        mx(),
        """
    S: 220
    C: HELO client.example
    S: 250 mx.example.org
    C: MAIL FROM:<carl@client.example> SIZE=100
    S: 555 5.5.4
    C: MAIL FROM:<carl@client.example>
    S: 250
    """,
    )


def test_order_of_commands():
    converse(
        mx(),
        """
    S: 220
    C: MAIL FROM:<carl@client.example>
    S: 503 5.5.1 Say EHLO first
    C: HELO
    S: 501 5.5.4
    C: HELO client.example
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 503 5.5.1 Say MAIL first
    C: DATA
    S: 503 5.5.1
    C: MAIL FROM:<>
    S: 250
    C: MAIL FROM:<>
    S: 503 5.5.1 MAIL was said already
    C: DATA
    S: 554 5.5.1 No valid recipients
    C: RSET
    S: 250 2.0.0
    C: RCPT TO:<anna@example.org>
    S: 503
    """,
    )


def test_ehlo_in_the_middle_forgets_the_transaction():
    converse(
        mx(),
        """
    S: 220
    C: HELO client.example
    S: 250
    C: MAIL FROM:<carl@client.example>
    S: 250
    C: HELO client.example
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 503
    """,
    )


def test_small_commands():
    converse(
        mx(),
        """
    S: 220
    C: NOOP whatever
    S: 250 2.0.0
    C: vrfy anna
    S: 252 2.1.5
    C: VRFY
    S: 501 5.5.4
    C: EXPN staff
    S: 502 5.7.2
    C: HELP
    S: 214 2.0.0
    C: BLAH
    S: 500 5.5.1
    """,
    )


def test_bad_paths_and_parameters():
    converse(
        mx(errors=100, errors_before_tarpit=100),
        HELLO
        + """
    C: MAIL FROM:carl@client.example
    S: 501 5.1.7
    C: MAIL FROM:<carl@>
    S: 501 5.1.7
    C: MAIL TO:<carl@client.example>
    S: 501 5.5.4
    C: MAIL FROM:<carl@client.example> COLOUR=red
    S: 555 5.5.4
    C: MAIL FROM:<carl@client.example> SIZE=abc
    S: 501 5.5.4
    C: MAIL FROM:<carl@client.example> SIZE=1 SIZE=1
    S: 501 5.5.4
    C: MAIL FROM:<carl@client.example> BODY=BINARYMIME
    S: 501 5.5.4
    C: MAIL FROM:<carl@client.example> AUTH=<>
    S: 555 5.5.4
    C: MAIL FROM:<carl@client.example> SIZE=52428801
    S: 552 5.3.4
    C: MAIL FROM: <carl@client.example>  SIZE=1
    S: 250
    C: RCPT TO:<>
    S: 501 5.1.3
    C: RCPT TO:<anna@example.org> COLOUR=red
    S: 555 5.5.4
    C: RCPT TO:<Postmaster>
    S: 250
    C: RCPT TO:<@relay.example,@b.example:anna@example.org>
    S: 250
    C: DATA now
    S: 501 5.5.4
    """,
    )


def test_smtputf8_has_to_be_asked_for():
    driver = converse(
        mx(),
        HELLO
        + r"""
    C: MAIL FROM:<\xe6\x9d\x8e@\xe4\xbe\x8b\xe5\xad\x90.example>
    S: 550 5.6.7
    C: MAIL FROM:<carl@client.example>
    S: 250
    C: RCPT TO:<\xe6\x9d\x8e\xe9\x9b\xb7@example.org>
    S: 553 5.6.7
    C: RSET
    S: 250
    C: MAIL FROM:<\xe6\x9d\x8e@\xe4\xbe\x8b\xe5\xad\x90.example> SMTPUTF8
    S: 250
    C: RCPT TO:<\xe6\x9d\x8e\xe9\x9b\xb7@example.org>
    S: 250
    C: NOOP \xff
    S: 500 5.5.2
    C: DATA
    S: 354
    C: Subject: \xe4\xbd\xa0\xe5\xa5\xbd
    C:
    C: .
    S: 250
    """,
    )
    sender = driver.messages[0].arguments.sender
    assert sender is not None
    assert (sender.local, sender.ascii_domain) == ("李", "xn--fsqu00a.example")


def test_a_whole_session_in_one_packet():
    driver = mx()
    driver.open()
    said = driver.say(
        b"EHLO c.example\r\nMAIL FROM:<c@c.example>\r\nRCPT TO:<anna@example.org>\r\n"
        b"RCPT TO:<nobody@example.org>\r\nDATA\r\none\r\n.\r\n"
        b"MAIL FROM:<>\r\nRCPT TO:<bert@example.org>\r\nDATA\r\n.two\r\n.\r\nQUIT\r\nNOOP\r\n"
    )
    codes = [line[:3] for line in said.decode().splitlines() if line[3] == " "]
    assert " ".join(codes) == "250 250 250 550 354 250 250 250 354 250 221"
    assert [message.content for message in driver.messages] == [b"one\r\n", b"two\r\n"]
    assert driver.closed


def test_recipients_are_bounded_and_not_doubled():
    driver = converse(
        mx(recipients=2),
        """
    S: 220
    C: HELO c.example
    S: 250
    C: MAIL FROM:<>
    S: 250
    C: RCPT TO:<anna@example.org>
    S: 250
    C: RCPT TO:<anna@EXAMPLE.org>
    S: 250
    C: RCPT TO:<bert@example.org>
    S: 250
    C: RCPT TO:<postmaster>
    S: 452 4.5.3
    C: DATA
    S: 354
    C: .
    S: 250
    """,
    )
    assert [str(a) for a in driver.messages[0].recipients] == [
        "anna@example.org",
        "bert@example.org",
    ]


def test_too_large_is_read_to_the_end_and_refused():
    driver = mx(message_size=1000)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
    assert driver.say(b"x" * 998 + b"\r\n") == b""
    assert driver.say(b"y" * 500 + b"\r\n") == b""
    assert driver.say(b".\r\nNOOP\r\n") == (b"552 5.3.4 Message too large\r\n250 2.0.0 OK\r\n")
    assert driver.messages == []


def test_exactly_the_limit_is_taken():
    driver = mx(message_size=1000)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
    assert driver.say(b"." + b"." * 998 + b"\r\n.\r\n").startswith(b"250 ")
    driver.say(b"MAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
    assert driver.say(b"x" * 999 + b"\r\n.\r\n").startswith(b"552 ")


def test_a_flood_past_the_limit_is_cut():
    driver = mx(message_size=1000)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
    assert driver.say(b"x" * 4001).startswith(b"521 5.3.4")
    assert driver.closed


def test_a_loop_is_refused():
    driver = mx(hops=3)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
    head = b"RECEIVED: from a by b; now\r\n" * 4
    assert driver.say(head + b"\r\nx\r\n.\r\n").startswith(b"554 5.4.6")
    driver.say(b"MAIL FROM:<>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
    assert driver.say(b"\r\n" + head + b".\r\n").startswith(b"250 ")


def test_errors_are_slowed_down_then_cut():
    driver = mx(errors_before_tarpit=2, errors=5, tarpit_seconds=3)
    driver.open()
    for _ in range(4):
        assert driver.say(b"BLAH\r\n") == b"500 5.5.1 Unknown command\r\n"
    assert driver.pauses == [3, 6]
    assert driver.say(b"BLAH\r\n").endswith(b"421 4.7.0 Too many errors, closing\r\n")
    assert driver.closed


def test_guessing_recipients_counts_as_errors():
    driver = mx(errors=3, tarpit_seconds=0)
    driver.open()
    driver.say(b"EHLO c\r\nMAIL FROM:<>\r\n")
    assert driver.say(b"RCPT TO:<x@example.org>\r\n" * 5).count(b"550") == 3
    assert driver.closed


def test_noop_forever_is_cut():
    driver = mx(idle_commands=3)
    driver.open()
    assert driver.say(b"NOOP\r\n" * 4).endswith(b"closing\r\n")
    assert driver.closed


def test_long_lines():
    driver = mx(command_line=100)
    driver.open()
    assert driver.say(b"NOOP " + b"x" * 200) == b"500 5.5.6 Line too long\r\n"
    assert driver.say(b"MAIL FROM:<>" + b"x" * 200 + b"\r") == b""
    assert driver.say(b"\nNOOP\r\n") == b"250 2.0.0 OK\r\n"
    assert driver.say(b"x" * 200 + b"\r\nNOOP\r\n") == (
        b"500 5.5.6 Line too long\r\n250 2.0.0 OK\r\n"
    )


def test_lines_end_with_crlf_only():
    for command in (b"NOOP\n", b"NOOP\nMAIL FROM:<>\r\n", b"NO\rOP\r\n", b"NOOP\r\r\n"):
        driver = mx()
        driver.open()
        assert driver.say(command).startswith(b"521 5.5.2")
        assert driver.closed


def test_strangers_are_sent_away():
    for stranger in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"):
        driver = mx()
        driver.open()
        assert driver.say(stranger) == b"421 4.7.0 This is SMTP\r\n"
        assert driver.closed


def test_nul_in_a_command():
    driver = mx()
    driver.open()
    assert driver.say(b"NO\0OP\r\n").startswith(b"500 5.5.2")


def test_starttls_forgets_everything_and_drops_what_was_injected():
    driver = mx()
    driver.injected = b"MAIL FROM:<evil@c.example>\r\n"
    driver.open()
    said = driver.say(b"EHLO c.example\r\nSTARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@c.example>\r\n")
    assert said.endswith(b"220 2.0.0 Ready for TLS\r\n")
    assert driver.handshakes == 1
    converse(
        driver,
        """
    C: MAIL FROM:<carl@client.example>
    S: 503 5.5.1 Say EHLO first
    C: STARTTLS
    S: 503 5.5.1 TLS is running already
    C: EHLO c.example
    S: 250-mx.example.org
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250 ENHANCEDSTATUSCODES
    """,
        greeted=True,
    )


def test_starttls_takes_no_argument_and_no_open_transaction():
    converse(
        mx(),
        """
    S: 220
    C: HELO c.example
    S: 250
    C: STARTTLS now
    S: 501 5.5.4
    C: MAIL FROM:<>
    S: 250
    C: STARTTLS
    S: 503 5.5.1
    """,
    )


LINES = st.lists(
    st.sampled_from(
        [
            b"EHLO c.example",
            b"MAIL FROM:<c@c.example>",
            b"RCPT TO:<anna@example.org>",
            b"RCPT TO:<no@example.org>",
            b"DATA",
            b".",
            b"..x",
            b"",
            b"RSET",
            b"NOOP",
            b"AUTH PLAIN",
            b"*",
            b"x" * 3000,
            b"\xff",
            b"QUIT",
        ]
    ),
    max_size=25,
)


@given(LINES, st.integers(1, 4000))
def test_replies_do_not_depend_on_the_packets(lines, size):
    wire = b"".join(line + b"\r\n" for line in lines)
    for make in (mx, submission):
        whole, pieces = make(), make()
        expected = whole.say(wire)
        said = b"".join(pieces.say(wire[i : i + size]) for i in range(0, len(wire), size))
        assert said == expected
        assert (pieces.messages, pieces.pauses) == (whole.messages, whole.pauses)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_no_bytes_break_a_session(noise, size):
    for start in (b"", b"EHLO c\r\nAUTH SCRAM-SHA-256 ", b"EHLO c\r\nMAIL FROM:<"):
        driver = submission()
        wire = start + noise
        for place in range(0, len(wire), size):
            driver.say(wire[place : place + size])
        assert driver.dialogue.member is None
        assert driver.messages == []
