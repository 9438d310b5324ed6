"""App passwords at the door of IMAP: LOGIN, PLAIN, SCRAM; revoked; the only ones taken."""

import base64

from posthouse.protocols.sasl.client import ScramSha256Client
from posthouse.servers.imap.tests.conftest import Client
from tests.support.app_passwords import make_app_password, require_app_passwords

NEEDED = (
    "[AUTHENTICATIONFAILED] Mail programs need an app password here."
    " Make one in the page: Settings, Mail programs."
)


async def test_every_way_in_takes_one(server):
    at = server.workspace
    word, _ = await make_app_password(server.house, at.id, at.member_id)
    plain = base64.b64encode(f"\0anna@acme.example\0{word}".encode()).decode()
    await server.connect(f"C: a LOGIN anna@acme.example {word}\nS: a OK {{*}}")
    await server.connect(f"C: a AUTHENTICATE PLAIN {plain}\nS: a OK {{*}}")
    for password in (word, "correct horse battery"):
        client = await server.connect()
        mechanism = await _scram(client, password)
        assert mechanism.trusted
        await client.follow("C: \nS: a OK {*}")


async def test_one_for_sending_does_not_read(server):
    at = server.workspace
    word, _ = await make_app_password(server.house, at.id, at.member_id, "smtp")
    said = "[AUTHENTICATIONFAILED] This app password is for SMTP only."
    client = await server.connect(f"C: a LOGIN anna@acme.example {word}\nS: a NO {said}")
    await _scram(client, word)
    await client.follow(f"C: \nS: a NO {said}")


async def test_revoking_it_ends_its_sessions_and_no_others(server):
    at = server.workspace
    phone, revoke = await make_app_password(server.house, at.id, at.member_id)
    other = await server.signed_in()
    idle = await server.connect(f"""
        C: a LOGIN anna@acme.example {phone}
        S: a OK {{*}}
        C: b IDLE
        S: + Waiting
    """)
    await revoke()
    await idle.follow("S: * BYE You may not be here any more")
    assert await idle.ended()
    await other.follow("C: a NOOP\nS: a OK {*}")


async def test_where_they_are_wanted_the_members_own_is_refused_in_words(server):
    at = server.workspace
    word, _ = await make_app_password(server.house, at.id, at.member_id)
    await require_app_passwords(server.house, at.id)
    client = await server.connect(f"""
        C: a LOGIN anna@acme.example "correct horse battery"
        S: a NO {NEEDED}
        C: b LOGIN anna@acme.example wrong
        S: b NO [AUTHENTICATIONFAILED] The address or the password is wrong.
    """)
    await _scram(client, "correct horse battery")
    await client.follow(f"""
        C:{" "}
        S: a NO {NEEDED}
        C: c LOGIN anna@acme.example {word}
        S: c OK {{*}}
    """)


async def _scram(client: Client, password: str) -> ScramSha256Client:
    """Up to the signature of the server, which waits for an empty answer."""
    mechanism = ScramSha256Client("anna@acme.example", password)
    initial = base64.b64encode(mechanism.initial()).decode()
    await client.follow(f"C: a AUTHENTICATE SCRAM-SHA-256 {initial}")
    challenge = base64.b64decode((await client.line()).removeprefix("+ "))
    response = base64.b64encode(mechanism.respond(challenge)).decode()
    await client.follow(f"C: {response}")
    mechanism.respond(base64.b64decode((await client.line()).removeprefix("+ ")))
    return mechanism
