"""From the page to the provider and back: an account that signs in by consent at a real Dovecot."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from posthouse.foundation import clock
from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts import store
from posthouse.mail.accounts.api import router
from posthouse.mail.accounts.detection import providers
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.model import Health, Server
from posthouse.mail.accounts.oauth import actions as consents
from posthouse.mail.accounts.oauth.services import Clients
from posthouse.mail.accounts.role import Keeper
from posthouse.protocols.dns import CachingResolver
from posthouse.security.members import Actor
from tests.support.authorization import AuthorizationServer, authorization_server
from tests.support.dns_zones import ZoneResolver
from tests.support.doors import at_the_doors
from tests.support.dovecot import OldServer, old_server
from tests.support.house import Workspace
from tests.support.ports import free_port
from tests.support.sending import make_actor

pytestmark = pytest.mark.interop
PORT = free_port()
LOGIN = "anna@contoso.example"
ASKED = {"provider": "microsoft365", "address": LOGIN}
RETURN = "https://mail.acme.example/api/v1/linked-accounts/consents/return"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[OldServer]:
    with old_server(introspection=PORT) as running:
        yield running


@dataclass
class Scene:
    """A member in his browser, his provider, and the provider's mail server."""

    house: Database
    client: httpx.AsyncClient
    server: AuthorizationServer
    outside: Outside
    actor: Actor

    async def ask(self) -> str:
        answer = await self.client.post("/linked-accounts/consents", json=ASKED)
        assert answer.status_code == 200, answer.text
        url: str = answer.json()["url"]
        return url

    async def come_back(self, url: str) -> dict[str, str]:
        """What the page is told."""
        assert url.startswith(RETURN + "?")
        answer = await self.client.get("/linked-accounts/consents/return?" + url.partition("?")[2])
        assert answer.status_code == 303, answer.text
        to = httpx.URL(answer.headers["location"])
        assert to.path == "/settings/accounts"
        return dict(to.params)

    async def link(self) -> str:
        told = await self.come_back(self.server.consent(await self.ask()))
        assert set(told) == {"linked"}, told
        return told["linked"]

    async def accounts(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/linked-accounts")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture
async def scene(
    house: Database, workspace: Workspace, dovecot: OldServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    imap = Server(host="localhost", port=dovecot.imaps)
    known = next(each for each in providers() if each.key == "microsoft365")
    server = next(each for each in known.servers if each.protocol == "imap")
    here = replace(known, servers=(replace(server, server=imap),))
    monkeypatch.setattr(consents, "providers", lambda: (here,))
    settings = replace(house.service(Settings), public_url="https://mail.acme.example/")
    house.provide(settings)
    outside = Outside(
        resolver=cast(CachingResolver, ZoneResolver({})),
        tls=ssl.create_default_context(cafile=dovecot.authority),
        private_hosts=True,
    )
    house.provide(outside)
    async with authorization_server("microsoft", PORT) as provider:
        house.provide(provider.clients())
        me = replace(make_actor(workspace), session_id=new_id())
        scene = Scene(house, httpx.AsyncClient(), provider, outside, me)
        async with at_the_doors(house, lambda: scene.actor, router) as client:
            scene.client = client
            yield scene


async def test_an_account_is_linked_by_consent(scene: Scene, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    account_id = await scene.link()
    detail = (await scene.client.get(f"/linked-accounts/{account_id}")).json()
    assert (detail["by_consent"], detail["provider"]) == (True, None)
    assert detail["servers"]["login"] == detail["account"]["address"] == LOGIN
    code = scene.server.asked[0]["code"]
    logged = [each.getMessage() for each in caplog.records if each.name != "httpx"]
    for secret in (*scene.server.live, code, scene.server.asked[0]["code_verifier"], "token-0"):
        assert secret not in str(detail)
        assert secret not in str(logged)


async def test_its_tokens_are_renewed_for_as_long_as_the_consent_stands(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    """An hour later the access token is over at both servers; the role signs in with a new one."""
    scene.server.revokes = True
    await scene.link()
    later = datetime.now(UTC) + timedelta(hours=2)
    scene.server.live.clear()
    clock.hold(lambda: later)
    try:
        async with keeping(scene):
            await until(scene, lambda health: health.last_visit_at is not None)
            (access,) = scene.server.live
            assert [form["grant_type"] for form in scene.server.asked] == [
                "authorization_code",
                "refresh_token",
            ]
            assert scene.server.live[access] == LOGIN
    finally:
        clock.hold(None)


async def test_a_consent_taken_back_locks_the_account_until_it_is_given_anew(scene: Scene):
    account_id = await scene.link()
    later = datetime.now(UTC) + timedelta(hours=2)
    clock.hold(lambda: later)
    scene.server.revoke_all()
    try:
        async with keeping(scene):
            health = await until(scene, lambda health: health.state == "locked")
            assert health.error_kind == "consent"
            assert health.error_said.startswith("invalid_grant")
            url = (await scene.client.post(f"/linked-accounts/{account_id}/consent")).json()["url"]
            assert await scene.come_back(scene.server.consent(url)) == {"linked": account_id}
            await until(scene, lambda health: health.last_visit_at is not None)
    finally:
        clock.hold(None)
    assert [each["state"] for each in await scene.accounts()] == ["active"]


async def test_an_access_token_that_is_taken_back_early_is_replaced(scene: Scene):
    await scene.link()
    later = datetime.now(UTC) + timedelta(minutes=10)
    scene.server.live.clear()
    clock.hold(lambda: later)
    try:
        async with keeping(scene):
            await until(scene, lambda health: health.last_visit_at is not None)
    finally:
        clock.hold(None)
    assert [each["state"] for each in await scene.accounts()] == ["active"]


async def test_a_consent_is_good_once_and_in_its_own_session(scene: Scene, workspace: Workspace):
    back = scene.server.consent(await scene.ask())
    mine = scene.actor
    for other in (
        replace(mine, session_id=new_id()),
        replace(mine, member_id=new_id()),
        replace(mine, session_id=None),
    ):
        scene.actor = other
        assert await scene.come_back(back) == {"consent": "late"}
    scene.actor = mine
    assert await scene.accounts() == []
    assert set(await scene.come_back(back)) == {"linked"}
    assert await scene.come_back(back) == {"consent": "late"}
    assert len(await scene.accounts()) == 1


async def test_a_consent_that_took_too_long(scene: Scene):
    back = scene.server.consent(await scene.ask())
    later = datetime.now(UTC) + timedelta(minutes=16)
    clock.hold(lambda: later)
    try:
        assert await scene.come_back(back) == {"consent": "late"}
    finally:
        clock.hold(None)
    assert scene.server.asked == []


async def test_what_keeps_an_account_from_being_linked(scene: Scene):
    assert await scene.come_back(scene.server.refuse(await scene.ask())) == {"consent": "consent"}
    wrong = scene.server.consent(await scene.ask(), login="somebody@else.example")
    assert await scene.come_back(wrong) == {"consent": "consent"}  # the mail server says no
    scene.server.withheld = frozenset(("https://outlook.office.com/IMAP.AccessAsUser.All",))
    assert await scene.come_back(scene.server.consent(await scene.ask())) == {"consent": "consent"}
    scene.server.withheld = frozenset()
    scene.server.before = lambda form: (500, b"oops")
    told = await scene.come_back(scene.server.consent(await scene.ask()))
    assert told == {"consent": "unreachable"}
    scene.server.before = None
    assert await scene.come_back(f"{RETURN}?state=made-up&code=x") == {"consent": "late"}
    assert await scene.come_back(f"{RETURN}?") == {"consent": "late"}
    assert await scene.accounts() == []


async def test_who_may_not_ask(scene: Scene, workspace: Workspace):
    ask = scene.client.post
    for wrong, status in (
        ({"provider": "gmail"}, 422),
        ({"provider": "carrier pigeon"}, 422),
        ({"address": workspace.address}, 409),
        ({"address": "x@acme.example"}, 422),
        ({"login": "a\r\nb"}, 422),
    ):
        answer = await ask("/linked-accounts/consents", json=ASKED | wrong)
        assert answer.status_code == status, answer.text
    mine = scene.actor
    scene.actor = replace(mine, session_id=None)
    assert (await ask("/linked-accounts/consents", json=ASKED)).status_code == 403
    scene.actor = mine
    account_id = await scene.link()
    assert (await ask("/linked-accounts/consents", json=ASKED)).status_code == 409
    scene.actor = replace(mine, member_id=new_id())
    assert (await ask(f"/linked-accounts/{account_id}/consent")).status_code == 404
    scene.actor = mine
    scene.house.provide(Clients({}))
    assert (await ask(f"/linked-accounts/{account_id}/consent")).status_code == 422
    settings = scene.house.service(Settings)
    scene.house.provide(scene.server.clients())
    scene.house.provide(replace(settings, public_url=None))
    assert (await ask(f"/linked-accounts/{account_id}/consent")).status_code == 422
    assert not consents.kinds_to_ask(scene.house, "microsoft365")


@contextlib.asynccontextmanager
async def keeping(scene: Scene) -> AsyncIterator[None]:
    """A process of the role, while it is inside."""
    stop = asyncio.Event()
    task = asyncio.create_task(Keeper(scene.house, scene.outside).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def until(scene: Scene, wanted: Any) -> Health:
    async with asyncio.timeout(30):
        while True:
            async with scene.house.workspace(scene.actor.workspace_id) as tx:
                (health,) = await store.list_health(tx)
            if wanted(health):
                return health
            await asyncio.sleep(0.05)
