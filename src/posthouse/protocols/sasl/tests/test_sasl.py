from dataclasses import replace

import pytest

from posthouse.protocols.sasl.client import (
    LoginClient,
    PlainClient,
    ScramSha256Client,
    choose_mechanism,
)
from posthouse.protocols.sasl.saslprep import Unprepared, saslprep
from posthouse.protocols.sasl.scram import (
    BadScram,
    ScramClient,
    ScramKeys,
    ScramServer,
    derive_keys,
)
from posthouse.protocols.sasl.server import (
    AskKeys,
    AskPassword,
    BadResponse,
    Challenge,
    Proof,
    ScramSha256,
    start_mechanism,
)

# The exchange of RFC 7677 3.
CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="


def rfc_keys() -> ScramKeys:
    import base64

    return derive_keys("pencil", salt=base64.b64decode(SALT), iterations=4096)


def test_the_exchange_of_rfc_7677():
    client = ScramSha256Client("user", "pencil", nonce=CLIENT_NONCE)
    server = ScramSha256(nonce=SERVER_NONCE)
    assert client.initial() == f"n,,n=user,r={CLIENT_NONCE}".encode()
    assert server.start(client.initial()) == AskKeys(identity="user")
    first = server.keys(rfc_keys())
    assert isinstance(first, Challenge)
    assert first.data == f"r={CLIENT_NONCE}{SERVER_NONCE},s={SALT},i=4096".encode()
    final = client.respond(first.data)
    assert final.endswith(b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = server.step(final)
    assert isinstance(signature, Challenge)
    assert signature.data == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    assert client.respond(signature.data) == b""
    assert client.trusted
    assert server.step(b"") == Proof(identity="user", authorization="", proved=True)


def exchange(password: str, keys: ScramKeys | None) -> bool:
    client, server = ScramClient("李, a=b", password), ScramServer()
    server.read_first(client.first_message())
    assert server.identity == "李, a=b"
    signature = server.read_final(client.final_message(server.first_message(keys)))
    if signature is None:
        return False
    client.check_server(signature)
    return True


def test_scram_right_wrong_and_unknown():
    keys = derive_keys("密码 pass", iterations=4096)
    assert exchange("密码 pass", keys)
    assert exchange("密码\u00a0pass", keys)  # saslprep: a non-breaking space is a space
    assert not exchange("wrong", keys)
    assert not exchange("密码 pass", None)
    assert "stored_key" not in repr(keys)


def test_unknown_names_look_alike_twice():
    answers = []
    for _ in range(2):
        server = ScramServer(nonce="s")
        server.read_first("n,,n=nobody,r=c")
        answers.append(server.first_message(None))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "first",
    [
        "p=tls-unique,,n=user,r=x",
        "n,,m=ext,n=user,r=x",
        "n,,n=user",
        "n,,r=x,n=user",
        "n,,n=us=er,r=x",
        "n,,n=,r=x",
        "n,,n=user,r=",
        "",
    ],
)
def test_malformed_first_messages(first):
    with pytest.raises(BadResponse):
        ScramSha256().start(first.encode())


def test_malformed_final_messages():
    for final in ("", "c=biws,r=other,p=AAAA", "c=AAAA,r=cs,p=AAAA", "c=biws,r=cs,p=!!"):
        server = ScramServer(nonce="s")
        server.read_first("n,,n=user,r=c")
        server.first_message(rfc_keys())
        with pytest.raises(BadScram):
            server.read_final(final)


def test_a_false_server_is_noticed():
    client = ScramClient("user", "pencil", nonce="c")
    client.first_message()
    for first in ("r=other,s=AAAA,i=4096", "r=c,s=AAAA,i=4096", "r=cx,s=AAAA,i=999999999", "x"):
        with pytest.raises(BadScram):
            client.final_message(first)
    client.final_message("r=cs,s=AAAA,i=4096")
    with pytest.raises(BadScram):
        client.check_server("v=AAAA")


def test_plain_and_login():
    asked = AskPassword(identity="anna", authorization="", password="pass")
    plain = start_mechanism("plain")
    assert plain is not None
    assert plain.start(None) == Challenge(data=b"")
    assert plain.step(PlainClient("anna", "pass").initial()) == asked
    login, client = start_mechanism("LOGIN"), LoginClient("anna", "pass")
    assert login is not None
    assert login.start(None) == Challenge(data=b"Username:")
    assert login.step(client.respond(b"Username:")) == Challenge(data=b"Password:")
    assert login.step(client.respond(b"Password:")) == asked
    assert "pass'" not in repr(asked)
    for wrong in (b"", b"anna", b"\0\0", b"\0anna\0", b"a\0b\0c\0d", b"\0\xff\0x"):
        with pytest.raises(BadResponse):
            plain.step(wrong)


def test_choice():
    def chosen(*offered: str) -> str | None:
        mechanism = choose_mechanism(frozenset(offered), "anna", "pass")
        return mechanism.name if mechanism else None

    assert chosen("LOGIN", "PLAIN", "SCRAM-SHA-256") == "SCRAM-SHA-256"
    assert chosen("LOGIN", "PLAIN") == "PLAIN"
    assert chosen("LOGIN", "XOAUTH2") == "LOGIN"
    assert chosen("GSSAPI") is None
    assert start_mechanism("GSSAPI") is None


def test_saslprep_examples_of_rfc_4013():
    assert saslprep("I\u00adX") == "IX"
    assert saslprep("user") == "user"
    assert saslprep("USER") == "USER"
    assert saslprep("\u00aa") == "a"
    assert saslprep("\u2168") == "IX"
    for wrong in ("\u0007", "\u06271", "\u0627a\u0627"):
        with pytest.raises(Unprepared):
            saslprep(wrong)
    assert saslprep("😀") == "😀"
    with pytest.raises(Unprepared):
        saslprep("\u0221", stored=True)


def test_one_of_several_passwords_is_proved():
    """RFC 5802 5.1: one salt and count are told before it is known which password it has."""
    salt = b"0123456789abcdef"
    phone = replace(derive_keys("phone word", salt=salt), which="phone")
    laptop = replace(derive_keys("laptop word", salt=salt), which="laptop")
    keys = replace(derive_keys("main", salt=salt), others=(phone, laptop))
    for password, which in (("main", ""), ("phone word", "phone"), ("laptop word", "laptop")):
        client, server = ScramSha256Client("anna", password), ScramSha256()
        server.start(client.initial())
        first = server.keys(keys)
        assert isinstance(first, Challenge)
        signature = server.step(client.respond(first.data))
        assert isinstance(signature, Challenge)
        client.respond(signature.data)
        assert client.trusted  # the signature is of the very password that was used
        assert server.step(b"") == Proof(
            identity="anna", authorization="", proved=True, which=which
        )
    assert not exchange("another", keys)
