"""STARTTLS, TLS from the start, SCRAM; and nothing said in plain text counts afterwards."""

import asyncio
import base64
import ssl
from pathlib import Path

import pytest

from posthouse.protocols.sasl.client import ScramSha256Client
from posthouse.servers.imap.listener import Listener, ListenerOptions
from posthouse.servers.imap.tests.conftest import PASSWORD, Client
from posthouse.servers.imap.tests.test_compress import Deflated
from posthouse.servers.smtp.tests.town import server_context


def client_context(folder: Path) -> ssl.SSLContext:
    """Trusts the certificate that `server_context` made in this folder."""
    return ssl.create_default_context(cafile=folder / "certificate.pem")


@pytest.fixture
async def secure(serve, tmp_path):
    return await serve(tls=server_context(tmp_path), plaintext_auth="off")


async def test_starttls(secure, tmp_path):
    client = await secure.connect("""
        C: a CAPABILITY
        S: * CAPABILITY {*} IDLE STARTTLS LOGINDISABLED
        S: a OK Capabilities listed
        C: b STARTTLS
        S: b OK Begin TLS now
    """)
    await client.writer.start_tls(client_context(tmp_path), server_hostname="127.0.0.1")
    await client.follow(f"""
        C: c CAPABILITY
        S: * CAPABILITY {{*}} IDLE AUTH=SCRAM-SHA-256 {{*}} AUTH=XOAUTH2
        S: c OK Capabilities listed
        C: d STARTTLS
        S: d BAD STARTTLS is not for now
        C: e LOGIN anna@acme.example "{PASSWORD}"
        S: e OK {{*}}
        C: f SELECT INBOX
        S: {{...}}
        S: f OK {{*}}
    """)


async def test_commands_injected_before_tls_are_forgotten(secure, tmp_path):
    client = await secure.connect()
    await client.send(b"a STARTTLS\r\nb CREATE Injected\r\nc LOGIN x {5}\r\nab")
    await client.follow("S: a OK Begin TLS now")
    await client.writer.start_tls(client_context(tmp_path), server_hostname="127.0.0.1")
    await client.follow("""
        C: d NOOP
        S: d OK Nothing done
    """)


async def test_tls_from_the_start(secure, tmp_path):
    options = ListenerOptions(name="imaps", host="127.0.0.1", port=0, implicit_tls=True)
    listener = Listener(options, secure.context)
    await listener.start()
    client = Client(
        *await asyncio.open_connection(
            "127.0.0.1", listener.port, ssl=client_context(tmp_path), server_hostname="127.0.0.1"
        )
    )
    await client.follow(f"""
        S: * OK [CAPABILITY {{*}} AUTH=SCRAM-SHA-256 {{*}} AUTH=XOAUTH2] {{*}}
        C: a LOGIN anna@acme.example "{PASSWORD}"
        S: a OK {{*}}
        C: b LOGOUT
        S: * BYE See you
        S: b OK Signed out
    """)
    client.writer.close()
    await listener.stop()


async def test_garbage_instead_of_a_handshake(secure):
    client = await secure.connect("""
        C: a STARTTLS
        S: a OK Begin TLS now
        C: b NOOP
    """)
    said = await client.reader.read()
    assert b"b OK" not in said
    await secure.connect()


async def test_scram(server):
    client = await server.connect()
    mechanism = ScramSha256Client("anna@acme.example", PASSWORD)
    first = base64.b64encode(mechanism.initial()).decode()
    await client.follow(f"C: a AUTHENTICATE SCRAM-SHA-256 {first}")
    for _ in range(2):
        challenge = base64.b64decode((await client.line()).removeprefix("+ "))
        answer = base64.b64encode(mechanism.respond(challenge)).decode()
        await client.follow(f"C: {answer}")
    await client.follow("S: a OK [CAPABILITY {*}] Signed in")
    assert mechanism.trusted


async def test_scram_with_a_wrong_password(server):
    client = await server.connect()
    mechanism = ScramSha256Client("anna@acme.example", "wrong")
    first = base64.b64encode(mechanism.initial()).decode()
    await client.follow(f"C: a AUTHENTICATE SCRAM-SHA-256 {first}")
    challenge = base64.b64decode((await client.line()).removeprefix("+ "))
    answer = base64.b64encode(mechanism.respond(challenge)).decode()
    await client.follow(f"""
        C: {answer}
        S: a NO [AUTHENTICATIONFAILED] The address or the password is wrong.
    """)


async def test_deflated_under_tls(secure, tmp_path):
    """RFC 4978 1: first TLS, then DEFLATE inside it."""
    client = await secure.connect("C: a STARTTLS\nS: a OK Begin TLS now")
    await client.writer.start_tls(client_context(tmp_path), server_hostname="127.0.0.1")
    await client.follow(f"""
        C: b LOGIN anna@acme.example "{PASSWORD}"
        S: b OK {{*}}
        C: c COMPRESS DEFLATE
        S: c OK DEFLATE from here on
    """)
    stream = Deflated(client)
    await stream.say(b"d NOOP\r\n")
    assert await stream.until(b"\r\n") == b"d OK Nothing done\r\n"
