"""Strangers who mean harm, at the doors of the running program.

Whatever they send, a well-behaved client is served in time meanwhile, the process stays the same
one, and its memory stays bounded.
"""

import contextlib
import imaplib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.house import letter
from tests.support.running import (
    ANNA,
    BEN,
    PASSWORD,
    RunningPosthouse,
    all_messages,
    peak_memory,
    trace_of,
)

MiB = 1 << 20
imaplib._MAXLINE = 64 * MiB  # type: ignore[attr-defined]  # an ENVELOPE is one line
# A visit is a greeting, a sign-in and a look at the inbox. Generous: other tests share the cores.
_LONGEST_VISIT = 5.0
_MOST_GROWTH = 400 * MiB
ENVELOPE = b"MAIL FROM:<x@y.example>\r\nRCPT TO:<%b>\r\nDATA\r\n" % ANNA.encode()


@pytest.fixture(autouse=True)
def others_are_served(shared_house: RunningPosthouse) -> Iterator[None]:
    """Ben looks at his inbox and Li writes to him, again and again, while a test runs."""
    shared_house.imap(BEN).logout()  # who comes for the first time does wait behind guesses
    mail = shared_house.pid_of("mail")
    before = peak_memory(mail)
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        visits = pool.submit(_visit_until, shared_house, over)
        yield
        over.set()
        longest = max(visits.result(60))
    assert shared_house.pid_of("mail") == mail, "the process died"
    assert longest < _LONGEST_VISIT, f"another client waited for {longest:.1f} s"
    grown = peak_memory(mail) - before
    assert grown < _MOST_GROWTH, f"memory grew by {grown >> 20} MiB"


def _visit_until(house: RunningPosthouse, over: threading.Event) -> list[float]:
    durations: list[float] = []
    while not durations or not over.is_set():
        began = time.monotonic()
        with house.smtp() as smtp:
            assert smtp.noop()[0] == 250
        imap = house.imap(BEN)
        assert imap.select("INBOX")[0] == "OK"
        imap.logout()
        durations.append(time.monotonic() - began)
        over.wait(0.2)
    return durations


# ---------------------------------------------------------------- mail that is hard to read


def headers_of_encoded_words() -> bytes:
    return b"Subject: " + b"=?" * (MiB // 2) + b"\r\n\r\nbody\r\n"


def a_header_that_never_ends() -> bytes:
    return b"From: a@b.example\r\nX-Long: " + b"y" * (2 * MiB) + b"\r\n\r\nbody\r\n"


def a_hundred_thousand_parts() -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + part * 100_000 + b"--b--\r\n"


def a_thousand_levels() -> bytes:
    levels = range(1000)
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in levels
    )
    return opening + b"Content-Type: text/plain\r\n\r\ndeep\r\n"


def a_thousand_messages_in_messages() -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * 1000 + b"Subject: deep\r\n\r\nbody\r\n"


def a_million_brackets() -> bytes:
    return b"From: " + b"(" * MiB + b"\r\nTo: " + b'"' * MiB + b"\r\n\r\nbody\r\n"


def a_hundred_thousand_addresses() -> bytes:
    return b"To: " + b",\r\n ".join(b"a%d@b.example" % n for n in range(100_000)) + b"\r\n\r\nx\r\n"


def a_hundred_thousand_fields() -> bytes:
    return b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\nbody\r\n"


def many_references() -> bytes:
    names = b" ".join(b"<%d@b.example>" % n for n in range(50_000))
    return b"References: " + names + b"\r\nSubject: Re: x\r\n\r\nbody\r\n"


def no_header_at_all() -> bytes:
    return b"\r\n\r\n\r\n"


def every_byte() -> bytes:
    octets = bytes(n for n in range(1, 256) if n not in b"\r\n")
    return b"Subject: " + octets + b"\r\n\r\n" + (octets + b"\r\n") * 20


HARD = [
    headers_of_encoded_words,
    a_header_that_never_ends,
    a_hundred_thousand_parts,
    a_thousand_levels,
    a_thousand_messages_in_messages,
    a_million_brackets,
    a_hundred_thousand_addresses,
    a_hundred_thousand_fields,
    many_references,
    no_header_at_all,
    every_byte,
]


@pytest.mark.parametrize("make", HARD, ids=lambda make: make.__name__)
def test_mail_that_is_hard_to_read_is_kept_and_served(
    shared_house: RunningPosthouse, make: Callable[[], bytes]
):
    sent = make()
    with shared_house.smtp() as client:
        client.ehlo("strange.example")
        client.mail("x@y.example", ["BODY=8BITMIME"])
        client.rcpt(ANNA)
        code, said = _data(client, sent)
        assert code == 250, said
    reader = shared_house.imap()
    reader.select("INBOX")
    [last] = reader.uid("SEARCH", "UID", "*")[1][0].split()
    structure = "(UID ENVELOPE BODYSTRUCTURE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
    assert reader.uid("FETCH", last, structure)[0] == "OK"
    [(_, filed)] = [i for i in reader.uid("FETCH", last, "BODY.PEEK[]")[1] if isinstance(i, tuple)]
    trace_of(filed, sent)
    reader.uid("SEARCH", "SUBJECT", "nothing", "TEXT", "nowhere")
    reader.uid("STORE", last, "+FLAGS", r"(\Deleted)")
    reader.expunge()
    reader.logout()


def _data(client: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
    """DATA with the very bytes: smtplib would mend bare CR and LF."""
    assert client.docmd("DATA")[0] == 354
    assert client.sock is not None
    client.sock.sendall((b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
    return client.getreply()


# ---------------------------------------------------------------- SMTP

ENDS = [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\x00.\r\n"]


@pytest.mark.parametrize("end", ENDS)
def test_a_message_cannot_smuggle_another(shared_house: RunningPosthouse, end: bytes):
    smuggled = letter(message_id="smuggled@y.example", subject="I was smuggled in")
    with shared_house.connect("smtp") as line:
        line.sendall(b"EHLO strange.example\r\n" + ENVELOPE)
        _until(line, b"354")
        line.sendall(
            b"Subject: outside\r\n\r\nbody" + end + ENVELOPE + smuggled + b"\r\n.\r\nQUIT\r\n"
        )
        heard = _all(line)
    assert heard.count(b"\r\n250 2.0.0") + heard.startswith(b"250 2.0.0") == 0, heard
    assert heard[:1] == b"5", heard
    assert b"354" not in heard, heard
    reader = shared_house.imap()
    assert all(b"smuggled in" not in raw for _, raw in all_messages(reader))
    reader.logout()


def test_commands_injected_before_tls_are_forgotten(shared_house: RunningPosthouse):
    with shared_house.connect("smtp") as line:
        _until(line, b"220 ")
        line.sendall(b"EHLO strange.example\r\n")
        _until(line, b"250 ")
        line.sendall(b"STARTTLS\r\nEHLO injected.example\r\n" + ENVELOPE)
        heard = _until(line, b"220 ")
        assert heard.count(b"\r\n") == 1, "something of what was injected was answered"
        with _tls(line) as secure:
            secure.sendall(b"NOOP\r\n")
            assert _until(secure, b"\r\n").startswith(b"250")
            secure.sendall(b"RCPT TO:<%b>\r\n" % ANNA.encode())
            assert _until(secure, b"\r\n").startswith(b"503")


def test_imap_commands_injected_before_tls_are_forgotten(shared_house: RunningPosthouse):
    with shared_house.connect("imap") as line:
        _until(line, b"* OK")
        line.sendall(b"a STARTTLS\r\nb LOGIN %b x\r\n" % ANNA.encode())
        heard = _until(line, b"a OK")
        assert b"\r\nb " not in heard
        with _tls(line) as secure:
            secure.sendall(b"c NOOP\r\n")
            assert _until(secure, b"\r\n").startswith(b"c OK")


def test_dots_at_the_start_of_lines_come_through(shared_house: RunningPosthouse):
    body = ".\r\n..\r\n.x\r\n...\r\n\r\n.\r\n"
    sent = letter(message_id="dots@y.example", subject="dots", body=body)
    with shared_house.smtp() as client:
        client.ehlo()
        client.mail("x@y.example")
        client.rcpt(ANNA)
        assert _data(client, sent)[0] == 250
    reader = shared_house.imap()
    [filed] = [raw for _, raw in all_messages(reader) if b"dots@y.example" in raw]
    trace_of(filed, sent)
    reader.logout()


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
        _until(line, b"354")
        line.sendall(b"Subject: large\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(60):
                line.sendall((b"z" * 1022 + b"\r\n") * 1024)
            line.sendall(b".\r\n")
        assert _all(line, QUIT)[:3] in (b"552", b"")


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
        for listener in ("smtp", "imap"):
            with shared_house.connect(listener) as line, contextlib.suppress(OSError):
                line.sendall(garbage)
                line.shutdown(socket.SHUT_WR)
                _all(line)


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
        _until(line, b"* OK")
        with contextlib.suppress(OSError):
            line.sendall(b"a " + b"(" * 1_000_000 + b"\r\n")
            assert b"OK" not in _all(line, b"b LOGOUT\r\n").replace(b"b OK", b"")
    for command in (b"FETCH 1 ", b"SEARCH ", b"STORE 1 FLAGS ", b"LIST ", b""):
        with shared_house.connect("imap") as line:
            line.sendall(
                b'a LOGIN %b "%b"\r\nb SELECT INBOX\r\n' % (BEN.encode(), PASSWORD.encode())
            )
            _until(line, b"b OK")
            with contextlib.suppress(OSError):
                line.sendall(b"c " + command + b"(" * 1_000_000 + b"\r\n")
                assert b"c OK" not in _all(line, b"d LOGOUT\r\n")


def test_literals_larger_than_allowed(shared_house: RunningPosthouse):
    with shared_house.connect("imap") as line:
        _until(line, b"* OK")
        line.sendall(b"a LOGIN {99999999999}\r\n")
        assert b"+" not in _until(line, b"\r\n")[:1]
    with shared_house.connect("imap") as line:
        line.sendall(b'a LOGIN %b "%b"\r\n' % (BEN.encode(), PASSWORD.encode()))
        _until(line, b"a OK")
        line.sendall(b"b APPEND INBOX {999999999}\r\n")
        heard = _until(line, b"\r\n")
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
            _until(line, b"* OK")
            with contextlib.suppress(OSError):
                for n in range(5):
                    guessed = b"x LOGIN guest%d@acme.example wrong%d\r\n" % (number % 8, n)
                    line.sendall(guessed)
                    refused += _until(line, b"x ").count(b"x NO")
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


# ---------------------------------------------------------------- neighbours


def test_a_message_that_cannot_be_stored_does_not_take_its_neighbours_along(
    shared_house: RunningPosthouse,
):
    """Letters come while one comes that goes round in circles, over eight connections at once."""
    looping = b"Received: by loop.example; Sun, 22 Nov 2026 08:00:00 +0000\r\n" * 120

    def send(number: int) -> tuple[int, int]:
        raw = letter(message_id=f"neighbour{number}@y.example", subject="neighbour")
        with shared_house.smtp() as client:
            client.ehlo()
            client.mail("x@y.example")
            client.rcpt(BEN)
            return number, _data(client, looping + raw if number % 8 == 0 else raw)[0]

    with ThreadPoolExecutor(8) as pool:
        codes = dict(pool.map(send, range(64)))
    assert {n for n, code in codes.items() if code == 250} == {n for n in codes if n % 8}
    reader = shared_house.imap(BEN)
    found = [raw for _, raw in all_messages(reader) if b"Subject: neighbour" in raw]
    reader.logout()
    assert len(found) == 56


# ---------------------------------------------------------------- helpers

QUIT = b"QUIT\r\n"


def _until(line: socket.socket, mark: bytes) -> bytes:
    """What is heard until `mark`. Raises ConnectionError when the other side leaves before."""
    heard = b""
    while mark not in heard:
        piece = line.recv(65536)
        if not piece:
            raise ConnectionError(heard)
        heard += piece
    return heard


def _all(line: socket.socket, last_words: bytes = b"") -> bytes:
    """Everything until the other side leaves."""
    heard = b""
    with contextlib.suppress(OSError):
        line.sendall(last_words)
        while piece := line.recv(65536):
            heard += piece
    return heard


def _tls(line: socket.socket) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(line)
