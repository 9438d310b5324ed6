import base64
import json

import pytest

from posthouse.protocols.sasl.client import ScramSha256Client
from posthouse.protocols.smtp.tests.conversation import TOKEN, Driver, converse, mx, submission


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


HELLO = """
    S: 220
    C: EHLO c.example
    S: 250-mx.example.org
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250-AUTH SCRAM-SHA-256 PLAIN LOGIN OAUTHBEARER XOAUTH2
    S: 250 ENHANCEDSTATUSCODES
"""
PLAIN = b64("\0anna@example.org\0correct horse")


def test_plain_with_initial_response():
    driver = converse(
        submission(),
        HELLO
        + f"""
    C: MAIL FROM:<anna@example.org>
    S: 530 5.7.0 Sign in first
    C: AUTH PLAIN {PLAIN}
    S: 235 2.7.0
    C: AUTH PLAIN {PLAIN}
    S: 503 5.5.1
    C: MAIL FROM:<anna@example.org> AUTH=anna+40example.org
    S: 250
    """,
    )
    assert driver.dialogue.member == "anna@example.org"


def test_plain_and_login_step_by_step():
    converse(
        submission(),
        HELLO
        + f"""
    C: AUTH PLAIN
    S: 334
    C: {PLAIN}
    S: 235 2.7.0
    """,
    )
    converse(
        submission(),
        HELLO
        + f"""
    C: auth login
    S: 334 {b64("Username:")}
    C: {b64("anna@example.org")}
    S: 334 {b64("Password:")}
    C: {b64("correct horse")}
    S: 235 2.7.0
    """,
    )
    converse(
        submission(),
        HELLO
        + f"""
    C: AUTH LOGIN {b64("anna@example.org")}
    S: 334 {b64("Password:")}
    C: {b64("correct horse")}
    S: 235 2.7.0
    """,
    )


def test_refusals_of_every_kind():
    driver = converse(
        submission(),
        HELLO
        + f"""
    C: AUTH GSSAPI
    S: 504 5.5.4
    C: AUTH PLAIN !!!
    S: 501 5.5.2
    C: AUTH PLAIN
    S: 334
    C: *
    S: 501 5.7.0
    C: AUTH PLAIN =
    S: 501 5.5.2
    C: AUTH PLAIN {b64(chr(0) + "anna@example.org" + chr(0) + "wrong")}
    S: 535 5.7.8
    """,
    )
    assert driver.pauses == [1.0]
    assert driver.dialogue.member is None


def test_wrong_passwords_end_the_session():
    driver = submission(auth_failures=3)
    driver.open()
    driver.say(b"EHLO c\r\n")
    guess = f"AUTH PLAIN {b64(chr(0) + 'anna@example.org' + chr(0) + 'x')}\r\n".encode()
    said = driver.say(guess * 10)
    assert said.count(b"535 5.7.8") == 2
    assert said.endswith(b"421 4.7.0 Too many failed sign-ins, closing\r\n")
    assert driver.closed


def scram(driver: Driver, identity: str, password: str) -> bytes:
    client = ScramSha256Client(identity, password)
    driver.open()
    driver.say(b"EHLO c\r\n")
    said = driver.say(f"AUTH SCRAM-SHA-256 {b64(client.initial())}\r\n".encode())
    while said.startswith(b"334 "):
        answer = client.respond(base64.b64decode(said[4:]))
        said = driver.say(b64(answer).encode() + b"\r\n")
    assert client.trusted or not said.startswith(b"235")
    return said


def test_scram():
    assert scram(submission(), "anna@example.org", "correct horse").startswith(b"235 2.7.0")
    assert scram(submission(), "anna@example.org", "wrong").startswith(b"535 5.7.8")
    assert scram(submission(), "nobody@example.org", "correct horse").startswith(b"535 5.7.8")


def test_no_auth_in_the_clear():
    script = f"""
    S: 220
    C: EHLO c.example
    S: 250-mx.example.org
    S: 250-PIPELINING
    S: 250-SIZE
    S: 250-8BITMIME
    S: 250-SMTPUTF8
    S: 250-CHUNKING
    S: 250-DSN
    S: 250-STARTTLS
    S: 250 ENHANCEDSTATUSCODES
    C: AUTH PLAIN {PLAIN}
    S: 538 5.7.11
    """
    converse(submission(secure=False), script)
    driver = submission(secure=False, plaintext=True)
    driver.open()
    assert b"AUTH SCRAM" in driver.say(b"EHLO c.example\r\n")
    assert driver.say(f"AUTH PLAIN {PLAIN}\r\n".encode()).startswith(b"235")
    assert driver.say(b"STARTTLS\r\n").startswith(b"220")
    assert driver.dialogue.member is None


def test_no_auth_at_the_mx():
    converse(
        mx(),
        f"""
    S: 220
    C: HELO c.example
    S: 250
    C: AUTH PLAIN {PLAIN}
    S: 502 5.5.1
    """,
    )


def test_long_auth_lines():
    driver = submission()
    driver.open()
    driver.say(b"EHLO c\r\n")
    assert driver.say(b"AUTH PLAIN " + b"A" * 12000 + b"\r\n").startswith(b"501 ")
    assert driver.say(b"AUTH PLAIN\r\n").startswith(b"334")
    assert driver.say(b"A" * 13000).startswith(b"500 5.5.6")
    assert driver.say(b"\r\nNOOP\r\n").startswith(b"250 ")


def bearer(token: str, identity: str = "anna@example.org") -> str:
    return b64(f"n,a={identity},\x01host=mx.example.org\x01port=587\x01auth=Bearer {token}\x01\x01")


def xoauth2(token: str) -> str:
    return b64(f"user=anna@example.org\x01auth=Bearer {token}\x01\x01")


def test_a_token_instead_of_a_password():
    """RFC 7628 3.1 and 4.1, with and without initial response; XOAUTH2 as Google wrote it."""
    for words in (f"OAUTHBEARER {bearer(TOKEN)}", f"XOAUTH2 {xoauth2(TOKEN)}"):
        driver = converse(
            submission(),
            HELLO
            + f"""
    C: AUTH {words}
    S: 235 2.7.0
    """,
        )
        assert driver.dialogue.member == "anna@example.org"
    converse(
        submission(),
        HELLO
        + f"""
    C: AUTH OAUTHBEARER
    S: 334
    C: {bearer(TOKEN)}
    S: 235 2.7.0
    """,
    )


def test_what_is_wrong_with_a_token_is_said_before_the_refusal():
    """RFC 7628 3.2.2 and 3.2.3: JSON, then any answer, then the failure."""
    driver, said = submission(auth_failures=2), b""
    for words, answer, status in (
        (f"OAUTHBEARER {bearer('wrong')}", "AQ==", "invalid_token"),
        (f"XOAUTH2 {xoauth2('wrong')}", "", "401"),
    ):
        driver.open()
        driver.say(b"EHLO c\r\n")
        challenge = driver.say(f"AUTH {words}\r\n".encode())
        assert challenge.startswith(b"334 ")
        error = json.loads(base64.b64decode(challenge[4:]))
        assert (error["status"], error["scope"]) == (status, "mail:send")
        said = driver.say(f"{answer}\r\n".encode())
    assert said.startswith(b"421 4.7.0 Too many failed sign-ins")
    assert driver.closed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x01",
        "n,a=anna@example.org,\x01auth=Bearer x\x01",
        "n,a=anna@example.org,\x01auth=Basic x\x01\x01",
        "n,a=anna@example.org,\x01auth=Bearer a b\x01\x01",
        "n,a=anna@example.org,\x01host=x\x01\x01",
        "n,a=anna@example.org,\x01auth=Bearer x\x01auth=Bearer x\x01\x01",
        "n,a=an=na,\x01auth=Bearer x\x01\x01",
        "p=tls-exporter,,\x01auth=Bearer x\x01\x01",
    ],
)
def test_a_token_that_cannot_be_read(text):
    driver = submission()
    driver.open()
    driver.say(b"EHLO c\r\n")
    assert driver.say(f"AUTH OAUTHBEARER {b64(text) or '='}\r\n".encode()).startswith(b"501 5.5.2")
