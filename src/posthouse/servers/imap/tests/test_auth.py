"""Signing in: passwords, SASL, TLS first."""

import base64

from posthouse.security.members import Scope, actor_of, add_api_key

PLAIN = base64.b64encode(b"\0anna@acme.example\0correct horse battery").decode()


async def test_login(server):
    await server.connect("""
        C: a LOGIN anna@acme.example wrong
        S: a NO [AUTHENTICATIONFAILED] The address or the password is wrong.
        C: b LOGIN nobody@acme.example wrong
        S: b NO [AUTHENTICATIONFAILED] The address or the password is wrong.
        C: c LOGIN anna@acme.example "correct horse battery"
        S: c OK [CAPABILITY IMAP4rev1 {*}] Signed in
    """)


async def test_plain(server):
    await server.connect(f"""
        C: a AUTHENTICATE PLAIN
        S: +{{*}}
        C: {PLAIN}
        S: a OK [CAPABILITY {{*}}] Signed in
    """)
    await server.connect(f"""
        C: a AUTHENTICATE plain {PLAIN}
        S: a OK [CAPABILITY {{*}}] Signed in
    """)


async def test_login_mechanism(server):
    name = base64.b64encode(b"anna@acme.example").decode()
    password = base64.b64encode(b"correct horse battery").decode()
    await server.connect(f"""
        C: a AUTHENTICATE LOGIN
        S: + VXNlcm5hbWU6
        C: {name}
        S: + UGFzc3dvcmQ6
        C: {password}
        S: a OK [CAPABILITY {{*}}] Signed in
    """)


async def test_broken_exchanges(server):
    await server.connect("""
        C: a AUTHENTICATE PLAIN !!!
        S: a BAD The response cannot be read
        C: b AUTHENTICATE PLAIN
        S: +{*}
        C: *
        S: b BAD Cancelled
        C: c AUTHENTICATE KERBEROS
        S: c NO [CANNOT] There is no such mechanism
        C: d AUTHENTICATE PLAIN =
        S: d BAD The response cannot be read
    """)


async def test_an_api_key_as_bearer_token(server, house):
    """RFC 7628 3.1, 3.2.3: what is wrong with a token is said in JSON, then comes the refusal."""
    anna = await actor_of(house, "anna@acme.example")
    async with house.workspace(anna.workspace_id) as tx:
        key = await add_api_key(tx, anna.member_id, frozenset({Scope.MAIL_READ}))
        sender = await add_api_key(tx, anna.member_id, frozenset({Scope.MAIL_SEND}))
    good, wrong, bare = (
        base64.b64encode(f"n,a={who},\x01auth=Bearer {token}\x01\x01".encode()).decode()
        for who, token in (
            ("Anna@acme.example", key),
            ("boss@acme.example", key),
            ("anna@acme.example", sender),
        )
    )
    await server.connect(f"""
        C: a AUTHENTICATE OAUTHBEARER {wrong}
        S: + eyJzdGF0dXMi{{*}}
        C: AQ==
        S: a NO [AUTHENTICATIONFAILED] {{*}}
        C: b AUTHENTICATE OAUTHBEARER {bare}
        S: + eyJzdGF0dXMi{{*}}
        C: AQ==
        S: b NO [AUTHENTICATIONFAILED] {{*}}
        C: c AUTHENTICATE OAUTHBEARER {good}
        S: c OK [CAPABILITY {{*}}] Signed in
    """)
    xoauth2 = f"user=anna@acme.example\x01auth=Bearer {key}\x01\x01".encode()
    await server.connect(f"""
        C: a AUTHENTICATE XOAUTH2
        S: +{{*}}
        C: {base64.b64encode(xoauth2).decode()}
        S: a OK [CAPABILITY {{*}}] Signed in
    """)


async def test_nobody_acts_as_another(server):
    other = base64.b64encode(b"boss\0anna@acme.example\0correct horse battery").decode()
    await server.connect(f"""
        C: a AUTHENTICATE PLAIN {other}
        S: a NO [AUTHORIZATIONFAILED] {{*}}
    """)


async def test_guessing_ends_the_conversation(serve):
    server = await serve(limits={"failed_sign_ins": 2})
    client = await server.connect("""
        C: a LOGIN anna@acme.example one
        S: a NO [AUTHENTICATIONFAILED] {*}
        C: b LOGIN anna@acme.example two
        S: * BYE Too many failed attempts
        S: b NO [AUTHENTICATIONFAILED] {*}
    """)
    assert await client.ended()


async def test_no_password_without_tls(serve):
    server = await serve(plaintext_auth="off")
    await server.connect(f"""
        C: a CAPABILITY
        S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE LOGINDISABLED
        S: a OK Capabilities listed
        C: b LOGIN anna@acme.example x
        S: b NO [PRIVACYREQUIRED] Use TLS first
        C: c AUTHENTICATE PLAIN {PLAIN}
        S: c NO [PRIVACYREQUIRED] Use TLS first
    """)
