"""Strangers who mean harm, at the doors of the running program."""

import contextlib
import imaplib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.house import letter
from tests.support.lines import MiB, everything, over_tls, until
from tests.support.running import ANNA, BEN, PASSWORD, RunningPosthouse, all_messages

ENVELOPE = b"MAIL FROM:<x@y.example>\r\nRCPT TO:<%b>\r\nDATA\r\n" % ANNA.encode()
QUIT = b"QUIT\r\n"
pytestmark = pytest.mark.usefixtures("others_are_served")


# ---------------------------------------------------------------- SMTP

ENDS = [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\x00.\r\n"]


@pytest.mark.parametrize("end", ENDS)
def test_a_message_cannot_smuggle_another(shared_house: RunningPosthouse, end: bytes):
    smuggled = letter(message_id="smuggled@y.example", subject="I was smuggled in")
    with shared_house.connect("smtp") as line:
        line.sendall(b"EHLO strange.example\r\n" + ENVELOPE)
        until(line, b"354")
        line.sendall(
            b"Subject: outside\r\n\r\nbody" + end + ENVELOPE + smuggled + b"\r\n.\r\nQUIT\r\n"
        )
        heard = everything(line)
    assert heard.count(b"\r\n250 2.0.0") + heard.startswith(b"250 2.0.0") == 0, heard
    assert heard[:1] == b"5", heard
    assert b"354" not in heard, heard
    reader = shared_house.imap()
    assert all(b"smuggled in" not in raw for _, raw in all_messages(reader))
    reader.logout()


def test_commands_injected_before_tls_are_forgotten(shared_house: RunningPosthouse):
    with shared_house.connect("smtp") as line:
        until(line, b"220 ")
        line.sendall(b"EHLO strange.example\r\n")
        until(line, b"250 ")
        line.sendall(b"STARTTLS\r\nEHLO injected.example\r\n" + ENVELOPE)
        heard = until(line, b"220 ")
        assert heard.count(b"\r\n") == 1, "something of what was injected was answered"
        with over_tls(line) as secure:
            secure.sendall(b"NOOP\r\n")
            assert until(secure, b"\r\n").startswith(b"250")
            secure.sendall(b"RCPT TO:<%b>\r\n" % ANNA.encode())
            assert until(secure, b"\r\n").startswith(b"503")


def test_imap_commands_injected_before_tls_are_forgotten(shared_house: RunningPosthouse):
    with shared_house.connect("imap") as line:
        until(line, b"* OK")
        line.sendall(b"a STARTTLS\r\nb LOGIN %b x\r\n" % ANNA.encode())
        heard = until(line, b"a OK")
        assert b"\r\nb " not in heard
        with over_tls(line) as secure:
            secure.sendall(b"c NOOP\r\n")
            assert until(secure, b"\r\n").startswith(b"c OK")


def test_an_unknown_recipient_is_refused_at_rcpt(shared_house: RunningPosthouse):
    with shared_house.smtp() as client:
        client.ehlo()
        client.mail("x@y.example")
        assert client.rcpt("nobody@acme.example")[0] == 550
        assert client.rcpt("anna@elsewhere.example")[0] == 550
        assert client.rcpt(ANNA)[0] == 250


def test_more_than_the_size_limit_is_refused_and_not_kept(shared_house: RunningPosthouse):
    with shared_house.smtp() as client:
        client.ehlo()
        assert client.mail("x@y.example", ["SIZE=999999999"])[0] == 552
    with shared_house.connect("smtp") as line:
        line.sendall(b"EHLO strange.example\r\n" + ENVELOPE)
        until(line, b"354")
        line.sendall(b"Subject: large\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(60):
                line.sendall((b"z" * 1022 + b"\r\n") * 1024)
            line.sendall(b".\r\n")
        assert everything(line, QUIT)[:3] in (b"552", b"")


def test_garbage_in_commands(shared_house: RunningPosthouse):
    for garbage in (
        b"\x00" * 1000 + b"\r\n",
        b"\xff\xfe" * 50_000 + b"\r\n",
        b"EHLO " + b"a" * MiB + b"\r\n",
        b"A" * MiB,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 100,
        b"RSET\r\n" * 20_000,
        b"MAIL FROM:<" + b"<" * 1500 + b">\r\n",
        b"\r\n" * 100_000,
    ):
        for listener in ("smtp", "imap", "pop3"):
            with shared_house.connect(listener) as line, contextlib.suppress(OSError):
                line.sendall(garbage)
                line.shutdown(socket.SHUT_WR)
                everything(line)


def test_slow_clients_hold_nobody_up(shared_house: RunningPosthouse):
    with contextlib.ExitStack() as stack:
        lines = []
        for listener in ("smtp", "imap") * 40:
            line = stack.enter_context(shared_house.connect(listener))
            lines.append((listener, line))
        for _ in range(10):
            for listener, line in lines:
                line.sendall(b"E" if listener == "smtp" else b"a")
            time.sleep(0.2)


def test_clients_that_do_not_read_hold_nobody_up(shared_house: RunningPosthouse):
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            line = stack.enter_context(shared_house.connect("imap"))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(1)
            line.sendall(
                b'a LOGIN %b "%b"\r\nb SELECT INBOX\r\n' % (BEN.encode(), PASSWORD.encode())
            )
            with contextlib.suppress(OSError):
                for n in range(20_000):
                    line.sendall(b'c%d LIST "" *\r\n' % n)
        time.sleep(1)


# ---------------------------------------------------------------- IMAP


def test_a_million_brackets_before_and_after_the_sign_in(shared_house: RunningPosthouse):
    with shared_house.connect("imap") as line:
        until(line, b"* OK")
        with contextlib.suppress(OSError):
            line.sendall(b"a " + b"(" * 1_000_000 + b"\r\n")
            assert b"OK" not in everything(line, b"b LOGOUT\r\n").replace(b"b OK", b"")
    for command in (b"FETCH 1 ", b"SEARCH ", b"STORE 1 FLAGS ", b"LIST ", b""):
        with shared_house.connect("imap") as line:
            line.sendall(
                b'a LOGIN %b "%b"\r\nb SELECT INBOX\r\n' % (BEN.encode(), PASSWORD.encode())
            )
            until(line, b"b OK")
            with contextlib.suppress(OSError):
                line.sendall(b"c " + command + b"(" * 1_000_000 + b"\r\n")
                assert b"c OK" not in everything(line, b"d LOGOUT\r\n")


def test_literals_larger_than_allowed(shared_house: RunningPosthouse):
    with shared_house.connect("imap") as line:
        until(line, b"* OK")
        line.sendall(b"a LOGIN {99999999999}\r\n")
        assert b"+" not in until(line, b"\r\n")[:1]
    with shared_house.connect("imap") as line:
        line.sendall(b'a LOGIN %b "%b"\r\n' % (BEN.encode(), PASSWORD.encode()))
        until(line, b"a OK")
        line.sendall(b"b APPEND INBOX {999999999}\r\n")
        heard = until(line, b"\r\n")
        assert heard.startswith((b"b NO", b"b BAD")), heard
        assert b"TOOBIG" in heard
    with shared_house.connect("imap") as line, contextlib.suppress(OSError):
        line.sendall(b"a LOGIN {4000000000+}\r\n")
        for _ in range(20):
            line.sendall(b"z" * MiB)


def test_wrong_passwords_by_the_thousand_keep_nobody_out(shared_house: RunningPosthouse):
    def guess(number: int) -> int:
        refused = 0
        with shared_house.connect("imap") as line:
            until(line, b"* OK")
            with contextlib.suppress(OSError):
                for n in range(5):
                    guessed = b"x LOGIN guest%d@acme.example wrong%d\r\n" % (number % 8, n)
                    line.sendall(guessed)
                    refused += until(line, b"x ").count(b"x NO")
        return refused

    with ThreadPoolExecutor(40) as pool:
        refused = sum(pool.map(guess, range(200)))
    assert refused >= 200, refused
    with shared_house.smtp() as client:
        assert client.noop()[0] == 250
    for address in (ANNA, BEN):
        shared_house.imap(address).logout()


def test_a_member_whose_password_is_guessed_at_is_locked_and_others_are_not(
    shared_house: RunningPosthouse,
):
    shared_house.must("member", "add", "gina@acme.example", "--password-stdin", typed=PASSWORD)
    for _ in range(12):
        with pytest.raises((imaplib.IMAP4.error, OSError)):
            shared_house.imap("gina@acme.example", "a wrong guess")
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        shared_house.imap("gina@acme.example", PASSWORD)
    shared_house.imap(ANNA).logout()
