"""Signing in: passwords, SASL, TLS first."""

import base64

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
        S: a BAD Not base64
        C: b AUTHENTICATE PLAIN
        S: +{*}
        C: *
        S: b BAD Cancelled
        C: c AUTHENTICATE KERBEROS
        S: c NO [CANNOT] There is no such mechanism
        C: d AUTHENTICATE PLAIN =
        S: d BAD The response cannot be read
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
        S: * CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE LOGINDISABLED
        S: a OK Capabilities listed
        C: b LOGIN anna@acme.example x
        S: b NO [PRIVACYREQUIRED] Use TLS first
        C: c AUTHENTICATE PLAIN {PLAIN}
        S: c NO [PRIVACYREQUIRED] Use TLS first
    """)
