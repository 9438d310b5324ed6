"""RFC 5804, clause by clause, as written conversations."""

import asyncio
import base64
import ssl
from pathlib import Path

import pytest

from posthouse.foundation.settings import Settings
from posthouse.foundation.tls import server_context
from posthouse.protocols.sasl.client import ScramSha256Client
from posthouse.servers.managesieve.tests.conftest import PASSWORD, PLAIN, Serve, Server
from tests.support.app_passwords import make_app_password, require_app_passwords
from tests.support.conversations import Client


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    return server_context(Settings(data=tmp_path, hostname="localhost"))


async def test_capabilities(server: Server):  # 1.7, 2.4
    client = await server.connect(
        """
        C: CAPABILITY
        S: "IMPLEMENTATION" "Posthouse"
        S: "SIEVE" "body comparator-i;ascii-casemap {*} fileinto {*} variables virustest"
        S: "SASL" "SCRAM-SHA-256 PLAIN"
        S: "EXTLISTS" "urn"
        S: "NOTIFY" "mailto"
        S: "MAXREDIRECTS" "4"
        S: "VERSION" "1.0"
        S: OK "Posthouse is ready."
        """
    )
    await client.follow(
        f"""
        C: AUTHENTICATE "PLAIN" "{PLAIN}"
        S: OK "Welcome."
        C: CAPABILITY
        S: {{...}}
        S: "OWNER" "anna@acme.example"
        S: OK "Posthouse is ready."
        """
    )


async def test_before_the_sign_in(server: Server):  # 3
    await server.connect(
        """
        C: LISTSCRIPTS
        S: NO "Sign in first."
        C: PUTSCRIPT "a" {5+}
        C: keep;
        S: NO "Sign in first."
        C: UNAUTHENTICATE
        S: NO "There is no such command."
        C: STARTTLS
        S: NO "STARTTLS is not for now."
        C: NOOP
        S: OK "Nothing done."
        C: noop "STARTTLS-SYNC-42"
        S: OK (TAG "STARTTLS-SYNC-42") "Nothing done."
        C: NOOP {5+}
        C: a"b\\c
        S: OK (TAG "a\\"b\\\\c") "Nothing done."
        C: LOGOUT
        S: OK "See you."
        """
    )


async def test_signing_in(server: Server):  # 2.1
    wrong = base64.b64encode(b"\0anna@acme.example\0wrong").decode()
    other = base64.b64encode(f"bo@acme.example\0anna@acme.example\0{PASSWORD}".encode()).decode()
    await server.connect(
        f"""
        C: AUTHENTICATE "PLAIN" "{wrong}"
        S: NO {{*}}
        C: AUTHENTICATE "PLAIN" "{other}"
        S: NO "Nobody acts as another here."
        C: AUTHENTICATE "CRAM-MD5"
        S: NO "There is no such mechanism."
        C: AUTHENTICATE "PLAIN" "@"
        S: NO "The response cannot be read."
        C: AUTHENTICATE "PLAIN"
        S: ""
        C: "*"
        S: NO "Cancelled."
        C: AUTHENTICATE "PLAIN"
        S: ""
        C: {{{len(PLAIN)}+}}
        C: {PLAIN}
        S: OK "Welcome."
        C: AUTHENTICATE "PLAIN" "{PLAIN}"
        S: NO "You have signed in."
        """
    )


async def test_scram_ends_with_the_ok(server: Server):  # 2.1: (SASL …)
    client = await server.connect()
    scram = ScramSha256Client("anna@acme.example", PASSWORD)
    first = base64.b64encode(scram.initial()).decode()
    await client.send(f'AUTHENTICATE "SCRAM-SHA-256" "{first}"\r\n'.encode())
    challenge = base64.b64decode((await client.line()).strip('"'))
    final = base64.b64encode(scram.respond(challenge)).decode()
    await client.send(f'"{final}"\r\n'.encode())
    said = await client.line()
    assert said.startswith('OK (SASL "')
    scram.respond(base64.b64decode(said.split('"')[1]))
    assert scram.trusted
    await client.follow("C: LISTSCRIPTS\nS: OK")


async def test_tls(serve: Serve, tls: ssl.SSLContext):  # 2.2
    server = await serve(tls=tls, plaintext_auth="off")
    client = await server.connect(
        f"""
        C: CAPABILITY
        S: {{...}}
        S: "SASL" ""
        S: "STARTTLS"
        S: {{...}}
        S: OK "Posthouse is ready."
        C: AUTHENTICATE "PLAIN" "{PLAIN}"
        S: NO (ENCRYPT-NEEDED) "Use TLS first."
        """
    )
    await client.send(b"STARTTLS\r\n")
    await client.follow('S: OK "Begin TLS now."')
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    await client.writer.start_tls(trusting)
    await client.follow(
        f"""
        S: "IMPLEMENTATION" "Posthouse"
        S: {{...}}
        S: "SASL" "SCRAM-SHA-256 PLAIN"
        S: "EXTLISTS" "urn"
        S: "NOTIFY" "mailto"
        S: "MAXREDIRECTS" "4"
        S: {{...}}
        S: OK "Posthouse is ready."
        C: AUTHENTICATE "PLAIN" "{PLAIN}"
        S: OK "Welcome."
        """
    )


async def test_what_is_sent_ahead_of_tls_is_forgotten(serve: Serve, tls: ssl.SSLContext):
    server = await serve(tls=tls)
    client = await server.connect()
    await client.send(b'STARTTLS\r\nNOOP "injected"\r\n')
    await client.follow('S: OK "Begin TLS now."')
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    await client.writer.start_tls(trusting)
    await client.follow(
        """
        S: "IMPLEMENTATION" "Posthouse"
        S: {...}
        S: OK "Posthouse is ready."
        C: NOOP "mine"
        S: OK (TAG "mine") "Nothing done."
        """
    )


async def test_the_life_of_a_script(server: Server):  # 2.5 to 2.12
    await server.signed_in(
        """
        C: LISTSCRIPTS
        S: OK
        C: HAVESPACE "first" 100
        S: OK "There is room."
        C: PUTSCRIPT "first" "keep;"
        S: OK "The script is saved."
        C: PUTSCRIPT "第二" {12+}
        C: # two
        C: stop;
        S: OK "The script is saved."
        C: LISTSCRIPTS
        S: "first"
        S: "第二"
        S: OK
        C: SETACTIVE "第二"
        S: OK "Done."
        C: LISTSCRIPTS
        S: "first"
        S: "第二" ACTIVE
        S: OK
        C: GETSCRIPT "第二"
        S: {12}
        S: # two
        S: stop;
        S: OK
        C: DELETESCRIPT "第二"
        S: NO (ACTIVE) "The active script cannot be deleted."
        C: RENAMESCRIPT "第二" "first"
        S: NO (ALREADYEXISTS) {*}
        C: RENAMESCRIPT "none" "other"
        S: NO (NONEXISTENT) {*}
        C: RENAMESCRIPT "第二" "second"
        S: OK "The script is renamed."
        C: LISTSCRIPTS
        S: "first"
        S: "second" ACTIVE
        S: OK
        C: SETACTIVE ""
        S: OK "Done."
        C: SETACTIVE "none"
        S: NO (NONEXISTENT) {*}
        C: GETSCRIPT "none"
        S: NO (NONEXISTENT) {*}
        C: DELETESCRIPT "second"
        S: OK "The script is deleted."
        C: DELETESCRIPT "second"
        S: NO (NONEXISTENT) {*}
        """
    )


async def test_mistakes_are_told(server: Server):  # 2.6, 2.12
    await server.signed_in(
        """
        C: CHECKSCRIPT "keep;"
        S: OK "The script is right."
        C: CHECKSCRIPT "nonsense;"
        S: NO "line 1, column 1: There is no command or test “nonsense”."
        C: PUTSCRIPT "bad" {19+}
        C: nonsense;
        C: strange;
        S: NO {123}
        S: line 1, column 1: There is no command or test “nonsense”.
        S: line 2, column 1: There is no command or test “strange”.
        """
    )


async def test_quotas(server: Server):  # 1.3, 2.5
    client = await server.signed_in(
        """
        C: HAVESPACE "big" 9999999
        S: NO (QUOTA/MAXSIZE) {*}
        """
    )
    for number in range(16):
        await client.follow(f'C: PUTSCRIPT "n{number}" "keep;"\nS: OK {{*}}')
    await client.follow(
        """
        C: HAVESPACE "one more" 10
        S: NO (QUOTA/MAXSCRIPTS) {*}
        C: HAVESPACE "n3" 10
        S: OK {*}
        C: PUTSCRIPT "one more" "keep;"
        S: NO (QUOTA/MAXSCRIPTS) {*}
        """
    )
    large = b"#" * 70_000
    await client.send(b'PUTSCRIPT "n1" {%d+}\r\n%b\r\n' % (len(large), large))
    await client.follow("S: NO (QUOTA/MAXSIZE) {*}")


async def test_names(server: Server):  # 1.6
    client = await server.signed_in()
    for name in (b'""', b"{1+}\r\n\n", b'"' + b"x" * 200 + b'"', b'"a\x7fb"'):
        await client.send(b"PUTSCRIPT " + name + b' "keep;"\r\n')
        await client.follow("S: NO {*}")


async def test_patience_ends(serve: Serve):
    server = await serve(limits={"failed_sign_ins": 2, "bad_commands": 2})
    wrong = base64.b64encode(b"\0anna@acme.example\0wrong").decode()
    client = await server.connect(
        f"""
        C: AUTHENTICATE "PLAIN" "{wrong}"
        S: NO {{*}}
        C: AUTHENTICATE "PLAIN" "{wrong}"
        S: NO {{*}}
        """
    )
    assert await client.ended()
    client = await server.connect("C: A\nS: NO {*}\nC: B\nS: NO {*}\nC: C\nS: NO {*}\n")
    assert await client.ended()
    client = await server.connect()
    await client.send(b"NOOP {99999999+}\r\n")
    await client.follow('S: BYE "This is longer than anything may be."')
    assert await client.ended()


async def test_too_many_connections(serve: Serve):
    server = await serve(limits={"connections_per_source": 1})
    await server.connect()
    client = Client(*await asyncio.open_connection("127.0.0.1", server.port))
    server.clients.append(client)
    await client.follow("S: BYE (TRYLATER) {*}")


async def test_an_app_password_signs_in_until_it_is_revoked(server, house, workspace):
    word, revoke = await make_app_password(house, workspace.id, workspace.member_id, "managesieve")
    plain = base64.b64encode(f"\0anna@acme.example\0{word}".encode()).decode()
    client = await server.connect(f"""
        C: AUTHENTICATE "PLAIN" "{plain}"
        S: OK "Welcome."
        C: LISTSCRIPTS
        S: OK
    """)
    await revoke()
    await client.follow('C: LISTSCRIPTS\nS: NO "Sign in again."')
    assert await client.ended()
    await require_app_passwords(house, workspace.id)
    await server.connect(f"""
        C: AUTHENTICATE "PLAIN" "{PLAIN}"
        S: NO "Mail programs need an app password here. {{*}}"
    """)
