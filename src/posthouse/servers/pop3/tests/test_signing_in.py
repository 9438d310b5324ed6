"""The AUTHORIZATION state: passwords, SASL, TLS first, lock-out, one session at a time."""

import asyncio
import base64
import ssl
from pathlib import Path

from posthouse.foundation import clock
from posthouse.mail.maildrops import LEASE
from posthouse.protocols.sasl.client import ScramSha256Client
from posthouse.security.members import set_password
from posthouse.servers.pop3.tests.conftest import PASSWORD, SIGN_IN
from posthouse.servers.smtp.tests.town import server_context
from tests.support.app_passwords import make_app_password, require_app_passwords
from tests.support.conversations import Client
from tests.support.house import deliver, letter

PLAIN = base64.b64encode(f"\0anna@acme.example\0{PASSWORD}".encode()).decode()


def capa(*more: str) -> str:
    """CAPA with what is always there, and `more`."""
    said = ("TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING")
    lines = [*said, "IMPLEMENTATION Posthouse", *more, "."]
    return "\n".join(["C: CAPA", "S: +OK Capabilities follow", *(f"S: {line}" for line in lines)])


async def test_user_and_pass(server):
    """RFC 1939 7; RFC 3206 4: [AUTH] says that it is the password, whoever is meant."""
    await server.connect("""
        C: PASS x
        S: -ERR Say USER first
        C: USER nobody@acme.example
        S: +OK Password, please
        C: PASS wrong
        S: -ERR [AUTH] The address or the password is wrong.
        C: PASS correct horse battery
        S: -ERR Say USER first
        C: USER anna@acme.example
        S: +OK Password, please
        C: CAPA
        S: {...}
        S: .
        C: PASS correct horse battery
        S: -ERR Say USER first
        C: USER Anna@ACME.example
        S: +OK Password, please
        C: PASS correct horse battery
        S: +OK 0 messages (0 octets)
        C: USER anna@acme.example
        S: -ERR Not now
        C: QUIT
        S: +OK See you
    """)


async def test_plain(server):
    """RFC 5034 4: with the initial response, without it, and broken in every way."""
    client = await server.connect("""
        C: AUTH PLAIN !!!
        S: -ERR The response cannot be read
        C: AUTH PLAIN
        S: +{*}
        C: *
        S: -ERR Cancelled
        C: AUTH PLAIN =
        S: -ERR The response cannot be read
        C: AUTH LOGIN
        S: -ERR There is no such mechanism
        C: AUTH
        S: -ERR AUTH needs a mechanism
    """)
    other = base64.b64encode(f"boss\0anna@acme.example\0{PASSWORD}".encode()).decode()
    await client.follow(f"C: AUTH PLAIN {other}\nS: -ERR [AUTH] Nobody acts as another here.")
    await client.follow(
        f"C: AUTH plain {PLAIN}\nS: +OK 0 messages (0 octets)\nC: QUIT\nS: +OK {{*}}"
    )
    long_name = "x" * 3_000  # longer than any command may be
    response = base64.b64encode(f"\0{long_name}@acme.example\0x".encode()).decode()
    await server.connect(f"""
        C: AUTH PLAIN
        S: +{{*}}
        C: {response}
        S: -ERR [AUTH] {{*}}
        C: AUTH PLAIN
        S: +{{*}}
        C: {PLAIN}
        S: +OK 0 messages (0 octets)
    """)


async def test_scram(server):
    """RFC 7677: the server proves itself before +OK."""
    client = await server.connect()
    await _scram(client, "wrong")
    await client.follow("S: -ERR [AUTH] The address or the password is wrong.")
    proof = await _scram(client, PASSWORD)
    signature = await client.line()
    proof.respond(base64.b64decode(signature.removeprefix("+ ")))
    assert proof.trusted
    await client.follow("C: \nS: +OK 0 messages (0 octets)")


async def _scram(client: Client, password: str) -> ScramSha256Client:
    mechanism = ScramSha256Client("anna@acme.example", password)
    await client.follow(f"C: AUTH SCRAM-SHA-256 {base64.b64encode(mechanism.initial()).decode()}")
    challenge = base64.b64decode((await client.line()).removeprefix("+ "))
    response = base64.b64encode(mechanism.respond(challenge)).decode()
    await client.follow(f"C: {response}")
    return mechanism


async def test_capabilities(server):
    """RFC 2449 5, in both states."""
    said = capa("USER", "SASL SCRAM-SHA-256 PLAIN")
    client = await server.connect(said)
    await client.follow(SIGN_IN)
    await client.follow(said)


async def test_stls(serve, tmp_path: Path):
    """RFC 2595 4. Where passwords need TLS, none of their commands is offered before it."""
    server = await serve(tls=server_context(tmp_path), plaintext_auth="off")
    client = await server.connect(capa("STLS"))
    for command in ("USER anna@acme.example", f"PASS {PASSWORD}", f"AUTH PLAIN {PLAIN}"):
        await client.follow(f"C: {command}\nS: -ERR Use TLS first")
    await client.send(b"STLS\r\nUSER injected@acme.example\r\nPASS inj")
    await client.follow("S: +OK Begin TLS now")
    await client.writer.start_tls(trusting(tmp_path), server_hostname="127.0.0.1")
    await client.follow("C: STLS\nS: -ERR STLS is not for now")
    await client.follow(capa("USER", "SASL SCRAM-SHA-256 PLAIN"))
    await client.follow(SIGN_IN + "C: STLS\nS: -ERR Not now")


async def test_tls_from_the_start(serve, tmp_path: Path):
    server = await serve(tls=server_context(tmp_path), plaintext_auth="off", implicit_tls=True)
    client = Client(
        *await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting(tmp_path))
    )
    await client.follow("S: +OK Posthouse is ready")
    await client.follow(capa("USER", "SASL SCRAM-SHA-256 PLAIN"))
    await client.follow(SIGN_IN + "C: QUIT\nS: +OK See you")
    client.writer.close()


def trusting(folder: Path) -> ssl.SSLContext:
    """Trusts the certificate that `server_context` made in this folder."""
    return ssl.create_default_context(cafile=folder / "certificate.pem")


async def test_guessing_ends_the_conversation(serve):
    server = await serve(limits={"failed_sign_ins": 2, "bad_commands": 1})
    client = await server.connect("""
        C: USER anna@acme.example
        S: +OK {*}
        C: PASS one
        S: -ERR [AUTH] {*}
        C: USER anna@acme.example
        S: +OK {*}
        C: PASS two
        S: -ERR [AUTH] {*}
    """)
    assert await client.ended()
    client = await server.connect("C: X\nS: -ERR {*}\nC: X\nS: -ERR {*}")
    assert await client.ended()


async def test_a_locked_out_member_tries_later(server):
    """RFC 3206 3: not the password's fault, and so not [AUTH]."""
    for _ in range(2):
        client = await server.connect()
        for _ in range(4):
            await client.follow("C: USER anna@acme.example\nS: +OK {*}\nC: PASS wrong\nS: -ERR {*}")
    await server.connect(f"""
        C: USER anna@acme.example
        S: +OK {{*}}
        C: PASS {PASSWORD}
        S: -ERR [SYS/TEMP] Too many wrong passwords. {{*}}
    """)


async def test_one_session_at_a_time(server):
    """RFC 1939 4, RFC 2449 8.1.2. Only who signs in learns that there is another."""
    first = await server.signed_in()
    second = await server.connect(f"""
        C: USER anna@acme.example
        S: +OK {{*}}
        C: PASS wrong
        S: -ERR [AUTH] {{*}}
        C: USER anna@acme.example
        S: +OK {{*}}
        C: PASS {PASSWORD}
        S: -ERR [IN-USE] Another program is reading this mailbox.
    """)
    await first.follow("C: QUIT\nS: +OK See you")
    await second.follow(SIGN_IN)


async def test_who_says_nothing_is_no_obstacle(server):
    """A program that lost its connection without a word may come back after a minute."""
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    lost = await server.signed_in("C: DELE 1\nS: +OK Marked")
    later = clock.now() + LEASE
    clock.hold(lambda: later)
    try:
        back = await server.signed_in("C: STAT\nS: +OK 1 {*}")
        await lost.follow("C: QUIT\nS: -ERR [IN-USE] Another program has taken over this mailbox.")
        assert await lost.ended()
        await back.follow("C: STAT\nS: +OK 1 {*}\nC: QUIT\nS: +OK See you")
    finally:
        clock.hold(None)


async def test_a_new_password_ends_the_session(server):
    await deliver(server.house, server.workspace, letter(message_id="1@x"))
    client = await server.signed_in("C: DELE 1\nS: +OK Marked")
    at = server.workspace
    await set_password(server.house, at.id, at.member_id, "another horse entirely", kept=None)
    await client.follow("C: QUIT\nS: -ERR [AUTH] Sign in again.")
    assert await client.ended()
    await server.connect("""
        C: USER anna@acme.example
        S: +OK {*}
        C: PASS another horse entirely
        S: +OK 1 messages ({*} octets)
    """)


async def test_an_app_password_signs_in_until_it_is_revoked(server):
    at = server.workspace
    word, revoke = await make_app_password(server.house, at.id, at.member_id, "pop3")
    client = await server.connect(f"""
        C: USER anna@acme.example
        S: +OK {{*}}
        C: PASS {word}
        S: +OK 0 messages (0 octets)
    """)
    await revoke()
    await client.follow("C: STAT\nS: -ERR [AUTH] Sign in again.")
    assert await client.ended()
    await require_app_passwords(server.house, at.id)
    await server.connect("""
        C: USER anna@acme.example
        S: +OK {*}
        C: PASS correct horse battery
        S: -ERR [AUTH] Mail programs need an app password here. {*}
    """)


async def test_limits(serve):
    server = await serve(limits={"connections_per_source": 1, "before_sign_in": 0.1})
    client = await server.connect()
    refused = Client(*await asyncio.open_connection("127.0.0.1", server.port))
    await refused.follow("S: -ERR [SYS/TEMP] Too many connections from you")
    assert await refused.ended()
    assert await client.ended()  # said nothing for as long as it may


async def test_an_endless_line(server):
    client = await server.connect()
    await client.send(b"USER " + b"x" * 100_000)
    await client.follow("S: -ERR Line too long")
