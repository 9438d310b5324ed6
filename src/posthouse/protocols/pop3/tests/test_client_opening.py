"""Openings as written conversations: `C:` is what we say, `S:` what the server answers."""

import base64
import hashlib
from textwrap import dedent

import pytest

from posthouse.protocols.pop3.client.listings import Capabilities
from posthouse.protocols.pop3.client.opening import (
    Heard,
    OpeningFailed,
    Say,
    Stage,
    StartTls,
    Wanted,
    open_session,
)
from posthouse.protocols.pop3.client.replies import read_status
from posthouse.protocols.pop3.errors import BadCommand, BadResponse

_PLAIN = base64.b64encode(b"\0anna\0pa ss").decode()


def _converse(wanted: Wanted, script: str) -> Capabilities:
    """The opening must say every C: of the script, and shake hands at every `TLS`."""
    lines = dedent(script).strip().splitlines()
    opening = open_session(wanted)
    heard = None
    try:
        while True:
            step = opening.send(heard)
            heard = _played(step, lines)
    except StopIteration as end:
        assert not lines, "something was left unsaid"
        told: Capabilities = end.value
        return told


def _played(step: Say | StartTls, lines: list[str]) -> Heard | None:
    if isinstance(step, StartTls):
        assert lines.pop(0) == "TLS"
        return None
    if step.line:
        assert f"C: {step.line.decode().rstrip()}".rstrip() == lines.pop(0)
    status = read_status(_answer(lines))
    listing: list[bytes] = []
    if step.listed and getattr(status, "ok", False):
        while (line := _answer(lines)) != b".":
            listing.append(line)
    return Heard(status, listing)


def _answer(lines: list[str]) -> bytes:
    side, _, text = lines.pop(0).partition(" ")
    assert side == "S:"
    return text.encode()


_TLS = Wanted(identity="anna", password="pa ss", secure=True)
_STARTTLS = Wanted(identity="anna", password="pa ss", starttls=True)
_CLEAR = Wanted(identity="anna", password="pa ss")


def test_a_server_of_1996_knows_user_and_pass():
    told = _converse(
        _TLS,
        """
        S: +OK POP3 server ready
        C: CAPA
        S: -ERR unknown command
        C: USER anna
        S: +OK
        C: PASS pa ss
        S: +OK 2 messages
        """,
    )
    assert told == Capabilities()


def test_a_mechanism_waits_for_the_question():
    told = _converse(
        _TLS,
        f"""
        S: +OK ready
        C: CAPA
        S: +OK
        S: SASL PLAIN LOGIN
        S: PIPELINING
        S: .
        C: AUTH PLAIN
        S: +
        C: {_PLAIN}
        S: +OK
        """,
    )
    assert told.pipelining


def test_starttls_and_nothing_of_before_counts():
    told = _converse(
        _STARTTLS,
        """
        S: +OK ready
        C: CAPA
        S: +OK
        S: STLS
        S: PIPELINING
        S: .
        C: STLS
        S: +OK begin
        TLS
        C: CAPA
        S: +OK
        S: USER
        S: .
        C: USER anna
        S: +OK
        C: PASS pa ss
        S: +OK
        """,
    )
    assert not told.pipelining


@pytest.mark.parametrize(
    "script",
    [
        """
        S: +OK ready
        C: CAPA
        S: +OK
        S: USER
        S: .
        """,
        """
        S: +OK ready
        C: CAPA
        S: -ERR what
        C: STLS
        S: -ERR what
        """,
    ],
)
def test_starttls_is_never_dropped(script: str):
    with pytest.raises(OpeningFailed) as caught:
        _converse(_STARTTLS, script)
    assert caught.value.stage is Stage.TLS


def test_apop_spares_the_password_where_there_is_no_tls():
    """RFC 1939 7, with the digest of its example."""
    stamp = "<1896.697170952@dbc.mtview.ca.us>"
    digest = hashlib.md5(f"{stamp}tanstaaf".encode()).hexdigest()
    assert digest == "c4c9334bac560ecc979e58001b3e22fb"
    wanted = Wanted(identity="mrose", password="tanstaaf")
    hello = f"S: +OK POP3 server ready {stamp}\nC: CAPA\nS: -ERR\n"
    _converse(wanted, f"{hello}C: APOP mrose {digest}\nS: +OK")
    plain = "C: USER mrose\nS: +OK\nC: PASS tanstaaf\nS: +OK"
    _converse(wanted, f"{hello}C: APOP mrose {digest}\nS: -ERR\n{plain}")
    inside = Wanted(identity="mrose", password="tanstaaf", secure=True)
    _converse(inside, hello + plain)
    never = Wanted(identity="mrose", password="tanstaaf", never=frozenset({"APOP"}))
    _converse(never, hello + plain)


@pytest.mark.parametrize("stamp", ["<a\x7f@b>", "<ab>", "<é@b>", "<a b@c>", "a@b"])
def test_a_timestamp_that_is_no_message_id_is_not_digested(stamp: str):
    """Who chooses it freely finds out the password (CVE-2007-1558)."""
    script = f"S: +OK {stamp}\nC: CAPA\nS: -ERR\nC: USER anna\nS: +OK\nC: PASS pa ss\nS: +OK"
    _converse(_CLEAR, script)


def test_a_token():
    message = base64.b64encode(b"user=anna\x01auth=Bearer tok\x01\x01").decode()
    wanted = Wanted(identity="anna", token="tok", secure=True)
    hello = "S: +OK\nC: CAPA\nS: -ERR\nC: AUTH XOAUTH2\n"
    _converse(wanted, f"{hello}S: +\nC: {message}\nS: +OK")
    error = base64.b64encode(b'{"status":"400"}').decode()
    with pytest.raises(OpeningFailed) as caught:
        _converse(wanted, f"{hello}S: +\nC: {message}\nS: + {error}\nC:\nS: -ERR [AUTH] expired")
    assert caught.value.status.code == "AUTH"
    with pytest.raises(OpeningFailed) as caught:
        _converse(wanted, f"{hello}S: -ERR unknown mechanism")
    assert caught.value.said_by_us


_OFFER = "S: +OK\nC: CAPA\nS: +OK\nS: SASL {}\nS: .\n"


def test_login_where_nothing_better_is_there():
    script = f"""{_OFFER.format("NTLM LOGIN")}C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: {base64.b64encode(b"anna").decode()}
S: + UGFzc3dvcmQ6
C: {base64.b64encode(b"pa ss").decode()}
S: +OK"""
    _converse(_TLS, script)


def test_a_mechanism_that_is_not_to_be_used():
    wanted = Wanted(identity="anna", password="p", secure=True, never=frozenset({"PLAIN"}))
    with pytest.raises(OpeningFailed) as caught:
        _converse(wanted, _OFFER.format("PLAIN GSSAPI"))
    assert caught.value.said_by_us
    wanted = Wanted(identity="anna", password="p", secure=True, never=frozenset({"CAPA"}))
    _converse(wanted, "S: +OK\nC: USER anna\nS: +OK\nC: PASS p\nS: +OK")


def test_a_mechanism_that_is_offered_and_refused():
    script = "C: AUTH PLAIN\nS: -ERR no\nC: USER anna\nS: +OK\nC: PASS pa ss\nS: +OK"
    _converse(_TLS, _OFFER.format("PLAIN") + script)


@pytest.mark.parametrize("answer", [b"+ cj14", b"+ cj14LHM9YQ==", b"+OK welcome"])
def test_a_server_that_cannot_prove_itself(answer: bytes):
    """RFC 5802: a server that knows no password learns nothing by saying yes."""
    opening = open_session(_TLS)
    opening.send(None)
    opening.send(Heard(read_status(b"+OK")))
    opening.send(Heard(read_status(b"+OK"), [b"SASL SCRAM-SHA-256"]))
    opening.send(Heard(read_status(b"+")))
    with pytest.raises(OpeningFailed, match="could not prove"):
        opening.send(Heard(read_status(answer)))


@pytest.mark.parametrize(
    ("script", "stage", "code"),
    [
        ("S: -ERR [SYS/TEMP] too many connections", Stage.GREETING, "SYS/TEMP"),
        ("S: +OK\nC: CAPA\nS: -ERR\nC: USER anna\nS: -ERR no such", Stage.SIGN_IN, ""),
        (
            "S: +OK\nC: CAPA\nS: -ERR\nC: USER anna\nS: +OK\nC: PASS pa ss\nS: -ERR [IN-USE] wait",
            Stage.SIGN_IN,
            "IN-USE",
        ),
        (
            f"{_OFFER.format('PLAIN')}C: AUTH PLAIN\nS: +\nC: {_PLAIN}\nS: -ERR [AUTH] wrong",
            Stage.SIGN_IN,
            "AUTH",
        ),
    ],
)
def test_refusals(script: str, stage: Stage, code: str):
    with pytest.raises(OpeningFailed) as caught:
        _converse(_TLS, script)
    assert (caught.value.stage, caught.value.status.code) == (stage, code)
    assert not caught.value.said_by_us


@pytest.mark.parametrize(
    "script",
    [
        "S: + cGFzc3dvcmQ/",
        "S: +OK\nC: CAPA\nS: +",
        f"{_OFFER.format('PLAIN')}C: AUTH PLAIN\nS: +OK come in",
        f"{_OFFER.format('PLAIN')}C: AUTH PLAIN\n" + f"S: +\nC: {_PLAIN}\n" * 8 + "S: +",
    ],
)
def test_nonsense(script: str):
    with pytest.raises(BadResponse):
        _converse(_TLS, script)


def test_a_password_is_one_line_and_never_shown():
    wanted = Wanted(identity="anna", password="x\r\nDELE 1", secure=True)
    with pytest.raises(BadCommand) as caught:
        _converse(wanted, "S: +OK\nC: CAPA\nS: -ERR\nC: USER anna\nS: +OK")
    assert "DELE" not in str(caught.value)
    assert "DELE" not in repr(wanted)
    assert "pa ss" not in repr(Say(b"PASS pa ss\r\n", secret=True))
