"""What is asked of authorization servers, and what their answers mean: nobody's fault but whose?"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.errors import (
    AccountError,
    Broken,
    Refused,
    SignInRefused,
    Throttled,
    Unreachable,
    Untrusted,
)
from posthouse.mail.accounts.oauth import asking
from posthouse.mail.accounts.oauth.model import Client, Grant
from posthouse.mail.accounts.oauth.services import registered, services
from posthouse.protocols.dns import CachingResolver
from tests.support.authorization import CLIENT_SECRET, AuthorizationServer, authorization_server
from tests.support.dns_zones import ZoneResolver
from tests.support.ports import free_port
from tests.support.scripted_web import Reply, scripted_web

COME_BACK = "https://mail.acme.example/api/v1/linked-accounts/consents/return"
LOGIN = "anna@contoso.example"
OUTSIDE = Outside(
    resolver=cast(CachingResolver, ZoneResolver({})), tls=ssl.create_default_context()
)


@pytest.fixture(params=["microsoft", "google"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[AuthorizationServer]:
    async with authorization_server(request.param) as running:
        yield running


@pytest.fixture
async def microsoft() -> AsyncIterator[AuthorizationServer]:
    async with authorization_server("microsoft") as running:
        yield running


def client_of(server: AuthorizationServer, **changes: Any) -> Client:
    client = server.clients().of_service(server.service)
    assert client is not None
    return replace(client, **changes)


async def consent(server: AuthorizationServer, verifier: str) -> dict[str, str]:
    """What the browser brings back."""
    client = client_of(server)
    url = await asking.consent_url(
        client, state="the-state", verifier=verifier, login=LOGIN, come_back=COME_BACK
    )
    back = server.consent(url)
    assert back.startswith(COME_BACK + "?")
    return dict(parse_qsl(urlsplit(back).query))


async def redeemed(server: AuthorizationServer) -> Grant:
    verifier = asking.new_verifier()
    told = await consent(server, verifier)
    assert told["state"] == "the-state"
    return await asking.redeem(
        client_of(server), OUTSIDE, code=told["code"], verifier=verifier, come_back=COME_BACK
    )


async def test_a_code_becomes_tokens_and_they_become_new_ones(server: AuthorizationServer):
    grant = await redeemed(server)
    assert server.live[grant.access] == LOGIN
    assert grant.refresh
    assert grant.seconds == 3599
    again = await asking.refresh(client_of(server), OUTSIDE, grant.refresh)
    assert server.live[again.access] == LOGIN
    assert again.access != grant.access
    assert bool(again.refresh) == (server.service == "microsoft")  # Google's stays


async def test_consent_is_asked_for_with_pkce_and_all_rights():
    settings = Settings(
        data=cast(Any, None),
        microsoft_client_id="m",
        microsoft_tenant="contoso.example",
        google_client_id="g",
    )
    clients = registered(settings)
    microsoft = clients.of_provider("outlook", "imap")
    google = clients.of_provider("gmail", "imap")
    assert clients.kinds_of("outlook") == ["graph", "imap"]
    assert clients.kinds_of("gmail") == ["imap", "gmail"]
    assert microsoft is not None
    assert google is not None
    asked = {}
    for client in (microsoft, google):
        url = await asking.consent_url(
            client, state="s", verifier="v" * 64, login=LOGIN, come_back=COME_BACK
        )
        asked[client.service.key] = (url.partition("?")[0], dict(parse_qsl(urlsplit(url).query)))
    common = {
        "response_type": "code",
        "redirect_uri": COME_BACK,
        "state": "s",
        "login_hint": LOGIN,
        "code_challenge_method": "S256",
        "code_challenge": "w1TpKUdYE9hUAcNSeeSRFioHDxfUxuHho_JHAfZ_vDM",
    }
    assert asked["microsoft"] == (
        "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/authorize",
        common
        | {
            "client_id": "m",
            "prompt": "select_account",
            "scope": "offline_access https://outlook.office.com/IMAP.AccessAsUser.All"
            " https://outlook.office.com/SMTP.Send",
        },
    )
    assert asked["google"] == (
        "https://accounts.google.com/o/oauth2/v2/auth",
        common
        | {
            "client_id": "g",
            "prompt": "consent",
            "access_type": "offline",
            "scope": "https://mail.google.com/",
        },
    )


def test_where_the_house_is_not_registered_nobody_is_asked():
    settings = Settings(data=cast(Any, None), google_client_id="g")
    clients = registered(settings)
    assert clients.of_provider("microsoft365", "imap") is None
    assert clients.of_service("microsoft") is None
    assert clients.of_provider("qq", "imap") is None


def test_secrets_are_not_printed():
    client = Client(service=services()["google"], id="i", secret="horses")
    settings = Settings(data=cast(Any, None), google_client_secret="horses")
    grant = Grant(access="horses", refresh="horses", seconds=1)
    assert "horses" not in f"{client} {settings} {grant}"


async def test_a_code_without_its_verifier_is_worth_nothing(server: AuthorizationServer):
    told = await consent(server, asking.new_verifier())
    with pytest.raises(SignInRefused) as refusal:
        await asking.redeem(
            client_of(server),
            OUTSIDE,
            code=told["code"],
            verifier=asking.new_verifier(),
            come_back=COME_BACK,
        )
    assert refusal.value.reason == "consent"


async def test_a_consent_taken_back_is_said_in_the_servers_words(microsoft: AuthorizationServer):
    grant = await redeemed(microsoft)
    microsoft.revoke_all()
    with pytest.raises(SignInRefused) as refusal:
        await asking.refresh(client_of(microsoft), OUTSIDE, grant.refresh)
    assert refusal.value.reason == "consent"
    assert refusal.value.said.startswith("invalid_grant: AADSTS700082: The refresh token")
    assert "\n" not in refusal.value.said


async def test_a_wrong_registration_is_no_members_fault(microsoft: AuthorizationServer):
    for wrong in (client_of(microsoft, secret="wrong"), client_of(microsoft, secret="")):
        with pytest.raises(Refused) as refusal:
            await asking.refresh(wrong, OUTSIDE, "token")
        assert refusal.value.said.startswith("invalid_client: AADSTS7000215")
    assert [form.get("client_secret") for form in microsoft.asked] == ["wrong", None]


def form_error(error: str, **more: str) -> Any:
    return 400, {"error": error, **more}


TOKEN = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("hang up", Unreachable),
        ((500, b"<html>oops"), Unreachable),
        ((502, {"error": "invalid_grant"}), Unreachable),
        ((503, b"", "Retry-After: 30"), Throttled),
        ((429, {"error": "invalid_grant"}, "Retry-After: 30"), Throttled),
        (form_error("temporarily_unavailable"), Unreachable),
        (form_error("server_error"), Unreachable),
        (form_error("interaction_required"), SignInRefused),
        (form_error("invalid_grant", error_description='“x”\r\n"'), SignInRefused),
        (form_error("unauthorized_client"), Refused),
        (form_error("invalid_scope"), Refused),
        ((400, b"no json"), Broken),
        ((302, b"", "Location: http://127.0.0.1:1/"), Broken),
        ((200, b"[]"), Broken),
        ((200, b"[" * 100_000), Broken),
        ((200, b"x" * (1 << 20)), Broken),
        ((200, {"error": ["invalid_grant"]}), Broken),
        ((200, {}), Broken),
        ((200, TOKEN | {"access_token": "a\x01auth=Bearer b"}), Broken),
        ((200, TOKEN | {"access_token": ""}), Broken),
        ((200, TOKEN | {"access_token": "x" * 70_000}), Broken),
        ((200, TOKEN | {"refresh_token": ["x"]}), Broken),
        ((200, TOKEN | {"token_type": "mac"}), Broken),
        ((200, TOKEN | {"expires_in": "soon"}), Broken),
    ],
)
async def test_what_goes_wrong_and_whose_fault_it_is(
    microsoft: AuthorizationServer, answer: Any, kind: type[AccountError]
):
    microsoft.before = lambda form: answer
    with pytest.raises(AccountError) as error:
        await asking.refresh(client_of(microsoft), OUTSIDE, "the-refresh-token")
    assert type(error.value) is kind
    if isinstance(error.value, Throttled):
        assert error.value.seconds == 30


@pytest.mark.parametrize(
    ("expires_in", "seconds"), [("60", 60), (None, 3600), (-5, 0), (1e30, 86400), (3599.5, 3599.5)]
)
async def test_how_long_a_token_lasts(
    microsoft: AuthorizationServer, expires_in: Any, seconds: float
):
    microsoft.before = lambda form: (200, TOKEN | {"expires_in": expires_in})
    grant = await asking.refresh(client_of(microsoft), OUTSIDE, "the-refresh-token")
    assert grant.seconds == seconds


async def test_a_server_that_repeats_a_secret_is_not_quoted(microsoft: AuthorizationServer):
    for secret in ("the-refresh-token", CLIENT_SECRET):
        answer = form_error("invalid_grant", error_description=f"not {secret}!")
        microsoft.before = lambda form, answer=answer: answer
        with pytest.raises(SignInRefused) as refusal:
            await asking.refresh(client_of(microsoft), OUTSIDE, "the-refresh-token")
        assert refusal.value.said == ""


async def test_nobody_listens():
    async with authorization_server("google") as server:
        client = client_of(server)
    nowhere = replace(client.service, token=f"http://127.0.0.1:{free_port()}/token")
    with pytest.raises(Unreachable):
        await asking.refresh(replace(client, service=nowhere), OUTSIDE, "token")


async def test_only_a_server_that_can_be_trusted_is_asked(tmp_path: Path):
    token = b'{"access_token": "a", "token_type": "bearer", "expires_in": 60}'
    async with scripted_web(tmp_path) as web:
        web.pages["https://localhost/token"] = Reply(body=token)
        google = services()["google"]
        here = replace(google, token=f"https://localhost:{web.https}/token")
        client = Client(service=here, id="i", secret="s")
        zone = {"localhost": {"A": ["127.0.0.1"]}}
        outside = replace(OUTSIDE, resolver=cast(CachingResolver, ZoneResolver(zone)))
        with pytest.raises(Untrusted):
            await asking.refresh(client, outside, "token")
        assert web.bodies == []
        grant = await asking.refresh(client, replace(outside, tls=web.trusting()), "token")
        assert grant.access == "a"
        assert b"refresh_token=token" in web.bodies[0]


async def test_a_server_that_never_answers_is_left(
    microsoft: AuthorizationServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(asking, "_SECONDS", 0.05)
    microsoft.before = lambda form: asyncio.sleep(10)
    with pytest.raises(Unreachable):
        await asking.refresh(client_of(microsoft), OUTSIDE, "token")
