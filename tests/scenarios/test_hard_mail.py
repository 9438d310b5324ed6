"""Mail that is hard to read comes in at the port of the running program, is kept and served."""

import imaplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.house import letter
from tests.support.lines import MiB, send_data
from tests.support.running import ANNA, BEN, RunningPosthouse, all_messages, trace_of

imaplib._MAXLINE = 64 * MiB  # type: ignore[attr-defined]  # an ENVELOPE is one line
pytestmark = pytest.mark.usefixtures("others_are_served")


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
        code, said = send_data(client, sent)
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


def test_dots_at_the_start_of_lines_come_through(shared_house: RunningPosthouse):
    body = ".\r\n..\r\n.x\r\n...\r\n\r\n.\r\n"
    sent = letter(message_id="dots@y.example", subject="dots", body=body)
    with shared_house.smtp() as client:
        client.ehlo()
        client.mail("x@y.example")
        client.rcpt(ANNA)
        assert send_data(client, sent)[0] == 250
    reader = shared_house.imap()
    [filed] = [raw for _, raw in all_messages(reader) if b"dots@y.example" in raw]
    trace_of(filed, sent)
    reader.logout()


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
            return number, send_data(client, looping + raw if number % 8 == 0 else raw)[0]

    with ThreadPoolExecutor(8) as pool:
        codes = dict(pool.map(send, range(64)))
    assert {n for n, code in codes.items() if code == 250} == {n for n in codes if n % 8}
    reader = shared_house.imap(BEN)
    found = [raw for _, raw in all_messages(reader) if b"Subject: neighbour" in raw]
    reader.logout()
    assert len(found) == 56
