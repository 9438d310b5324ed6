"""From the page to Microsoft and back: an account by consent, in step by what Graph tells of."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts.model import Server
from tests.support.consented import Consented, consented, until
from tests.support.graph_server import GraphServer, graph_server
from tests.support.house import Workspace, letter

ASKED = {"provider": "microsoft365", "address": "anna@contoso.example", "kind": "graph"}


@dataclass
class Scene:
    """A member who links her account, and Graph."""

    member: Consented
    server: GraphServer

    async def link(self) -> str:
        return await self.member.link(ASKED)


@pytest.fixture
async def scene(
    house: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    async with graph_server() as server:
        here = Server(host="127.0.0.1", port=server.port, security="plain")
        async with consented(house, workspace, "microsoft-graph", here, monkeypatch) as member:
            server.accepts = lambda token: token in member.sign_in.live
            server.client = member.outsider
            yield Scene(member, server)


async def test_what_graph_tells_of_is_here_at_once(scene: Scene):
    scene.server.box.deliver(letter(message_id="1@k.example"))
    account_id = await scene.link()
    (account,) = (await scene.member.client.get("/linked-accounts")).json()["items"]
    assert account["kind"] == "graph"
    detail = (await scene.member.client.get(f"/linked-accounts/{account_id}")).json()
    assert (detail["by_consent"], detail["provider"]["key"]) == (True, "microsoft365")
    async with scene.member.keeping():
        await scene.member.until_here(account_id, 1)
        (subscription,) = scene.server.subscriptions.values()
        assert subscription.immutable
        new = scene.server.box.deliver(letter(message_id="2@k.example"))
        assert await subscription.tell(new.id) == 202
        await scene.member.until_here(account_id, 2)


async def test_a_watch_is_renewed_and_made_anew(scene: Scene):
    scene.server.box.deliver(letter(message_id="1@k.example"))
    account_id = await scene.link()
    async with scene.member.keeping():
        await scene.member.until_here(account_id, 1)
        (first,) = scene.server.subscriptions.values()
        assert await first.tell_of_itself("reauthorizationRequired") == 202
        await until(lambda: first.renewed == 1)
        scene.server.subscriptions.clear()
        assert await first.tell_of_itself("subscriptionRemoved") == 202
        await until(lambda: bool(scene.server.subscriptions))
        scene.server.box.deliver(letter(message_id="2@k.example"))
        assert await first.tell_of_itself("missed") == 202
        await scene.member.until_here(account_id, 2)


async def test_who_does_not_know_the_secret_is_refused(scene: Scene):
    account_id = await scene.link()
    async with scene.member.keeping():
        await until(lambda: bool(scene.server.subscriptions))
    (subscription,) = scene.server.subscriptions.values()
    assert await subscription.tell("x", client_state="guessed") == 403
    for path, content, status in (
        (f"/linked-accounts/{account_id}/news", b"{}", 422),
        (f"/linked-accounts/{account_id}/news", b'{"value":[]}', 403),
        (f"/linked-accounts/{new_id()}/news", b'{"value":[{"clientState":"x"}]}', 403),
    ):
        assert (await scene.member.client.post(path, content=content)).status_code == status


async def test_a_consent_for_less_links_nothing(scene: Scene):
    scene.member.sign_in.withheld = frozenset({"https://graph.microsoft.com/Mail.Send"})
    with pytest.raises(AssertionError, match="consent"):
        await scene.link()
    items: list[Any] = (await scene.member.client.get("/linked-accounts")).json()["items"]
    assert items == []
