"""Ways to sign in, and what stops us."""

import ssl
from dataclasses import replace

import pytest

from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts.checking import check
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import (
    Broken,
    Forbidden,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.ews.driver import connect_ews
from posthouse.mail.accounts.model import Server
from tests.support.ews_server import PASSWORD, USER, EwsServer, code, cut, http


@pytest.mark.parametrize("ways", [("Negotiate", "NTLM"), ("Negotiate",), ("Basic",)])
async def test_every_way_of_iis(server: EwsServer, ways: tuple[str, ...]):
    server.gate.ways = ways
    driver = await connect_ews(server.sign_in(), server.outside())
    for _ in range(3):
        assert [each.special_use for each in await driver.folders()].count("inbox") == 1
    await driver.close()
    assert server.connections == 1


async def test_a_password_is_never_shown_where_ntlm_is_offered(server: EwsServer):
    server.gate.ways = ("Negotiate", "NTLM", "Basic")
    await (await connect_ews(server.sign_in(), server.outside())).close()
    assert server.gate.basic == []


async def test_an_address_signs_in_as_well(server: EwsServer):
    sign_in = server.sign_in(login="anna@contoso.example")
    await (await connect_ews(sign_in, server.outside())).close()


async def test_ntlm_names_the_certificate_it_saw(server: EwsServer):
    """Somebody in between who shows another certificate gains nothing by passing NTLM on."""
    server.gate.certificate_hash = b"of another certificate".ljust(32)
    with pytest.raises(SignInRefused):
        await connect_ews(server.sign_in(), server.outside())


@pytest.mark.parametrize("ways", [("NTLM",), ("Basic",)])
async def test_a_wrong_password_is_tried_once(server: EwsServer, ways: tuple[str, ...]):
    server.gate.ways = ways
    with pytest.raises(SignInRefused) as refused:
        await connect_ews(server.sign_in(password="wrong"), server.outside())
    assert refused.value.reason == "wrong"
    assert len(server.gate.basic) <= 1


async def test_a_token_comes_before_everything(server: EwsServer):
    server.gate.ways, server.gate.tokens = ("Bearer",), {"good": "anna"}
    tokens = iter(["good", "bad"])

    async def token() -> str:
        return next(tokens)

    driver = await connect_ews(replace(server.sign_in(), token=token), server.outside())
    with pytest.raises(SignInRefused) as refused:
        await driver.folders()
    assert refused.value.reason == "consent"
    await driver.close()


async def test_a_server_that_takes_tokens_only(server: EwsServer):
    server.gate.ways = ("Bearer",)
    with pytest.raises(SignInRefused) as refused:
        await connect_ews(server.sign_in(), server.outside())
    assert refused.value.reason == "consent"


async def test_a_new_connection_signs_in_anew(server: EwsServer):
    driver = await connect_ews(server.sign_in(), server.outside())
    server.faults.add("GetFolder", cut())
    with pytest.raises(Unreachable):
        await driver.counts([b"any"])
    assert await driver.folders()
    await driver.close()
    assert server.connections == 2


@pytest.mark.parametrize(
    "known", ["Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016"]
)
async def test_older_exchanges_are_asked_in_their_words(server: EwsServer, known: str):
    server.version = known
    driver = await connect_ews(server.sign_in(), server.outside())
    inbox = server.mailbox.folder("inbox")
    item = server.mailbox.deliver(inbox, b"Subject: a\r\n\r\nb")
    await driver.store_flags(
        inbox.id.encode(),
        [item.id.encode()],
        add=driver.traits.flags,
        remove=driver.traits.flags & 0,
        add_keywords=["hot"],
        remove_keywords=[],
    )
    await driver.close()
    assert inbox.items[item.id].read


async def test_our_own_network_is_not_for_members(server: EwsServer):
    with pytest.raises(Forbidden):
        await connect_ews(server.sign_in(), server.outside(private_hosts=False))
    assert server.connections == 0


async def test_nothing_goes_in_the_clear(server: EwsServer):
    sign_in = server.sign_in()
    plain = Server(host="localhost", port=server.port, security="plain")
    with pytest.raises(Forbidden):
        await connect_ews(
            replace(sign_in, servers=replace(sign_in.servers, incoming=plain)), server.outside()
        )


async def test_a_certificate_that_nobody_vouches_for(server: EwsServer):
    outside = Outside(
        resolver=open_resolver("127.0.0.1:9"), tls=ssl.create_default_context(), private_hosts=True
    )
    with pytest.raises(Untrusted):
        await connect_ews(server.sign_in(), outside)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (http(503, "Retry-After: 30"), Throttled),
        (http(403), SignInRefused),
        (http(302, "Location: https://elsewhere.example/owa"), Broken),
        (http(404), Broken),
        (http(502), Unreachable),
        (http(200, "Content-Type: text/html"), Broken),
        (code("ErrorPasswordExpired"), SignInRefused),
        (code("ErrorMailboxStoreUnavailable"), Unreachable),
        (cut(40, done=True), Unreachable),
    ],
)
async def test_what_stops_us(server: EwsServer, fault, error: type[Exception]):
    server.faults.add("GetFolder", fault)
    with pytest.raises(error):
        await connect_ews(server.sign_in(), server.outside())


async def test_secrets_are_in_nothing_that_is_printed(server: EwsServer):
    driver = await connect_ews(server.sign_in(), server.outside())
    assert PASSWORD not in repr(server.sign_in()) + repr(driver)
    assert USER in server.sign_in().servers.login
    await driver.close()


async def test_a_trial_says_how_far_it_got(server: EwsServer):
    server.mailbox.deliver(server.mailbox.folder("inbox"), b"Subject: a\r\n\r\nb")
    checked = await check(connect_ews, server.sign_in(), server.outside())
    assert checked.ok
    assert checked.messages == 1
    assert "Sent Items" in checked.folders
    wrong = await check(connect_ews, server.sign_in(password="wrong"), server.outside())
    assert {each.name: each.error for each in wrong.steps if each.outcome == "failed"} == {
        "sign_in": "wrong"
    }
