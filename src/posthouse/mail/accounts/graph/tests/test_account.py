"""From the page to Microsoft and back: an account by consent, in step by what Graph tells of."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
import pytest
from litestar import Router

from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.foundation.settings import Settings
from posthouse.mail.accounts.api import router
from posthouse.mail.accounts.driver import Outside
from posthouse.mail.accounts.model import Server
from posthouse.mail.accounts.oauth import actions as consents
from posthouse.mail.accounts.role import Keeper
from posthouse.mail.mailboxes.folders import find_folder
from posthouse.mail.mailboxes.reading import open_folder
from posthouse.protocols.dns import CachingResolver
from tests.support.authorization import AuthorizationServer, authorization_server
from tests.support.dns_zones import ZoneResolver
from tests.support.doors import at_the_doors
from tests.support.graph_server import GraphServer, graph_server
from tests.support.house import Workspace, letter
from tests.support.sending import make_actor

ASKED = {"provider": "microsoft365", "address": "anna@contoso.example", "kind": "graph"}


@dataclass
class Scene:
    """A member in her browser, Microsoft's sign-in, and Graph."""

    house: Database
    workspace: Workspace
    client: httpx.AsyncClient
    server: GraphServer
    sign_in: AuthorizationServer
    outside: Outside

    async def link(self) -> str:
        asked = await self.client.post("/linked-accounts/consents", json=ASKED)
        assert asked.status_code == 200, asked.text
        back = httpx.URL(self.sign_in.consent(asked.json()["url"]))
        told = await self.client.get("/linked-accounts/consents/return", params=back.params)
        params = dict(httpx.URL(told.headers["location"]).params)
        assert set(params) == {"linked"}, params
        return params["linked"]

    @contextlib.asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """A process of the role, while it is inside."""
        stop = asyncio.Event()
        task = asyncio.create_task(Keeper(self.house, self.outside).run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 10)

    async def until_here(self, account_id: str, count: int) -> None:
        """So many are in the Inbox here."""
        async with asyncio.timeout(20):
            while True:
                async with self.house.workspace(self.workspace.id) as tx:
                    mailbox = await tx.connection.fetchval(
                        "SELECT mailbox_id FROM linked_accounts WHERE id = $1::uuid", account_id
                    )
                    inbox = await find_folder(tx, mailbox, "INBOX")
                    if len((await open_folder(tx, inbox, None)).uids) == count:
                        return
                await asyncio.sleep(0.05)


@pytest.fixture
async def scene(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    house.provide(replace(house.service(Settings), public_url="http://house/"))
    outside = Outside(
        resolver=cast(CachingResolver, ZoneResolver({})),
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        private_hosts=True,
    )
    house.provide(outside)
    me = replace(make_actor(workspace), session_id=new_id())
    under = Router(path="/api/v1", route_handlers=[router])
    async with (
        graph_server() as server,
        authorization_server("microsoft-graph") as sign_in,
        at_the_doors(house, lambda: me, router) as client,
        at_the_doors(house, lambda: me, under) as knocking,
    ):
        house.provide(sign_in.clients())
        server.accepts = lambda token: token in sign_in.live
        server.client = knocking
        here = Server(host="127.0.0.1", port=server.port, security="plain")
        monkeypatch.setattr(consents, "Server", lambda **_: here)
        yield Scene(house, workspace, client, server, sign_in, outside)


async def test_what_graph_tells_of_is_here_at_once(scene: Scene):
    scene.server.box.deliver(letter(message_id="1@k.example"))
    account_id = await scene.link()
    (account,) = (await scene.client.get("/linked-accounts")).json()["items"]
    assert account["kind"] == "graph"
    detail = (await scene.client.get(f"/linked-accounts/{account_id}")).json()
    assert (detail["by_consent"], detail["provider"]["key"]) == (True, "microsoft365")
    async with scene.keeping():
        await scene.until_here(account_id, 1)
        (subscription,) = scene.server.subscriptions.values()
        assert subscription.immutable
        new = scene.server.box.deliver(letter(message_id="2@k.example"))
        assert await subscription.tell(new.id) == 202
        await scene.until_here(account_id, 2)


async def test_a_watch_is_renewed_and_made_anew(scene: Scene):
    scene.server.box.deliver(letter(message_id="1@k.example"))
    account_id = await scene.link()
    async with scene.keeping():
        await scene.until_here(account_id, 1)
        (first,) = scene.server.subscriptions.values()
        assert await first.tell_of_itself("reauthorizationRequired") == 202
        await _until(lambda: first.renewed == 1)
        scene.server.subscriptions.clear()
        assert await first.tell_of_itself("subscriptionRemoved") == 202
        await _until(lambda: bool(scene.server.subscriptions))
        scene.server.box.deliver(letter(message_id="2@k.example"))
        assert await first.tell_of_itself("missed") == 202
        await scene.until_here(account_id, 2)


async def test_who_does_not_know_the_secret_is_refused(scene: Scene):
    account_id = await scene.link()
    async with scene.keeping():
        await _until(lambda: bool(scene.server.subscriptions))
    (subscription,) = scene.server.subscriptions.values()
    assert await subscription.tell("x", client_state="guessed") == 403
    for path, content, status in (
        (f"/linked-accounts/{account_id}/news", b"{}", 422),
        (f"/linked-accounts/{account_id}/news", b'{"value":[]}', 403),
        (f"/linked-accounts/{new_id()}/news", b'{"value":[{"clientState":"x"}]}', 403),
    ):
        assert (await scene.client.post(path, content=content)).status_code == status


async def test_a_consent_for_less_links_nothing(scene: Scene):
    scene.sign_in.withheld = frozenset({"https://graph.microsoft.com/Mail.Send"})
    with pytest.raises(AssertionError, match="consent"):
        await scene.link()
    items: list[Any] = (await scene.client.get("/linked-accounts")).json()["items"]
    assert items == []


async def _until(ready: Any) -> None:
    async with asyncio.timeout(20):
        while True:
            if ready():
                return
            await asyncio.sleep(0.02)
