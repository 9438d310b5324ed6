"""From the greeting to a ready connection: TLS, mechanisms, refusals; who is not believed."""

import base64
import ssl
from dataclasses import replace

import pytest

from posthouse.mail.accounts.driver import SignIn
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Forbidden,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.imap import connect_imap
from posthouse.mail.accounts.model import Secret
from posthouse.protocols.sasl.scram import ScramServer, derive_keys
from tests.support.authority import issue, make_authority
from tests.support.scripted_imap import PASSWORD, Script, scripted_imap, sign_in, way_here

READY = """
    C: % CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: % OK done
"""
LOGIN = f"""
    C: % LOGIN "anna" "{PASSWORD}"
    S: % OK done
"""
GREETING = """
    S: * OK ready
    C: % CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: % OK done
"""


async def refused(script: str, **how) -> AccountError:
    async with scripted_imap(script) as server:
        with pytest.raises(AccountError) as told:
            await connect_imap(sign_in(server, **how), way_here())
    return told.value


@pytest.fixture(scope="module")
def authority():
    return make_authority()


@pytest.fixture(scope="module")
def tls(authority, tmp_path_factory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server that is `imap.acme.example`, and of a client that trusts it."""
    server = issue(authority, "imap.acme.example").server_context(tmp_path_factory.mktemp("tls"))
    client = ssl.create_default_context(cadata=authority.pem)
    return server, client


STARTTLS = """
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
    C: % STARTTLS
    S: % OK go on
    S: * CAPABILITY IMAP4rev1 AUTH=FORGED
    S: * PREAUTH you are in
    T:
"""


async def test_nothing_said_before_tls_counts(tls):
    async with scripted_imap(STARTTLS + READY + LOGIN + READY, tls=tls[0]) as server:
        how = sign_in(server, host="imap.acme.example", security="starttls")
        driver = await connect_imap(how, way_here(tls[1]))
        assert driver._connection._wire.secure
        await driver.close()


@pytest.mark.parametrize(
    "script",
    [
        "S: * OK [CAPABILITY IMAP4rev1] ready",
        "S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] you are in",
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\n C: % STARTTLS\n S: % NO not today",
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\n C: % STARTTLS\n S: % BAD what",
    ],
)
async def test_tls_is_demanded(script):
    told = await refused(script, security="starttls")
    assert isinstance(told, Unreachable)
    assert "no TLS" in told.what


async def test_a_certificate_of_another_host(tls):
    async with scripted_imap(STARTTLS, tls=tls[0]) as server:
        how = sign_in(server, host="imap.other.example", security="starttls")
        with pytest.raises(Untrusted):
            await connect_imap(how, way_here(tls[1]))


async def test_our_own_network_is_no_place_for_members():
    with pytest.raises(Forbidden):
        await connect_imap(sign_in(), replace(way_here(), private_hosts=False))


async def test_letters_that_need_a_literal():
    script = (
        GREETING
        + """
    C: % LOGIN "anna" {7}
    S: + go on
    C: pferdé
    S: % OK [CAPABILITY IMAP4rev1 MOVE] done
    """
    )
    async with scripted_imap(script) as server:
        how = replace(sign_in(server), secret=Secret(password="pferdé"))
        driver = await connect_imap(how, way_here())
        assert driver.abilities.move
        await driver.close()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[AUTHENTICATIONFAILED] Invalid credentials", "wrong"),
        ("[ALERT] Application-specific password required", "code"),
        ("[ALERT] Your account is not enabled for IMAP use.", "switched_off"),
        ("[ALERT] Please log in via your web browser", "consent"),
        ("LOGIN failed. Basic Authentication is disabled", "consent"),
        ("请使用授权码登录", "code"),
    ],
)
async def test_what_a_person_has_to_do(said, reason):
    told = await refused(GREETING + LOGIN.replace("OK done", f"NO {said}"))
    assert isinstance(told, SignInRefused)
    assert told.reason == reason
    assert PASSWORD not in repr(told) + told.what + told.said


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (GREETING + LOGIN.replace("OK done", "NO [UNAVAILABLE] later"), Unreachable),
        (GREETING + LOGIN.replace("OK done", "NO Too many simultaneous connections"), Throttled),
        (GREETING + "\n C: % LOGIN {*}\n S: * BYE Too many login attempts", Throttled),
        ("S: * BYE not now", Unreachable),
        ("S: 220 mx ESMTP\n X:", Unreachable),
        ("S: + hello", Broken),
        ("S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2] ready", SignInRefused),
        (f"S: * OK {'x' * 70_000}", Broken),
    ],
)
async def test_servers_that_do_not_let_us_in(script, kind):
    assert type(await refused(script)) is kind


async def test_a_token_in_place_of_a_password():
    """RFC 7628; with XOAUTH2 the error is answered before the refusal comes."""

    async def token() -> str:
        return "abc"

    said = base64.b64encode(b"user=anna\x01auth=Bearer abc\x01\x01").decode()
    script = f"""
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN] ready
    C: % AUTHENTICATE XOAUTH2 {said}
    S: + eyJzdGF0dXMiOiI0MDAifQ==
    C:{" "}
    S: % NO [AUTHENTICATIONFAILED] Invalid credentials
    """
    async with scripted_imap(script) as server:
        with pytest.raises(SignInRefused) as told:
            await connect_imap(replace(sign_in(server), token=token), way_here())
    assert told.value.reason == "consent"

    async with scripted_imap(
        script.replace("AUTH=XOAUTH2", "AUTH=OAUTHBEARER AUTH=XOAUTH2")
    ) as server:
        how = replace(sign_in(server), token=token)
        header = f"n,a=anna,\x01host=127.0.0.1\x01port={server.port}\x01auth=Bearer abc\x01\x01"
        bearer = base64.b64encode(header.encode()).decode()
        server.scripts[0] = Script(
            f"""
            S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2] ready
            C: % AUTHENTICATE OAUTHBEARER {bearer}
            S: % OK [CAPABILITY IMAP4rev1] in
            """
        )
        driver = await connect_imap(how, way_here())
        await driver.close()


@pytest.mark.parametrize("knows", [True, False])
async def test_scram(knows):
    """RFC 7677: a server that does not know the password cannot let us in."""
    keys = derive_keys(PASSWORD if knows else "donkeys", iterations=4_096)
    side = ScramServer()

    class Scram(Script):
        def _fits(self, text, line):
            if text == "first":
                side.read_first(base64.b64decode(line.split()[-1]).decode())
                self.reply(side.first_message(keys))
                self._tag = line.split()[0]
                return True
            if text == "final":
                self.reply(side.read_final(base64.b64decode(line).decode()) or "v=AAAA")
                return True
            return super()._fits(text, line)

        def reply(self, message):
            answer = f"S: + {base64.b64encode(message.encode()).decode()}"
            self._lines.insert(self._at + 1, answer)

    script = """
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] ready
    C: first
    C: final
    """
    ending = "C:\nS: % OK [CAPABILITY IMAP4rev1] in" if knows else "X:"
    async with scripted_imap() as server:
        server.scripts.append(Scram(script + ending))
        if knows:
            await (await connect_imap(sign_in(server), way_here())).close()
        else:
            with pytest.raises(AccountError):
                await connect_imap(sign_in(server), way_here())


def test_what_is_never_printed():
    assert PASSWORD not in repr(sign_in())
    assert isinstance(sign_in(), SignIn)
