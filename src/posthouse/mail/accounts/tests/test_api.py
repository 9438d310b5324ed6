"""The doors of linked accounts: what a member can do with his own, and who sees what of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from posthouse.foundation.db import Database
from posthouse.foundation.ids import new_id
from posthouse.foundation.resolver import open_resolver
from posthouse.mail.accounts import store
from posthouse.mail.accounts.api import router
from posthouse.mail.accounts.reaching import way_out
from posthouse.security.members import Actor, Role
from tests.support.dns_server import DnsServer
from tests.support.doors import at_the_doors
from tests.support.house import Workspace
from tests.support.ports import free_port
from tests.support.sending import make_actor

ADDRESS = "li.lei@provider.example"
SECRET = "the-horses-at-the-gate"
SERVERS: dict[str, Any] = {
    "incoming": {"host": "imap.provider.example", "port": 993, "security": "tls", "path": ""},
    "outgoing": {"host": "smtp.provider.example", "port": 465, "security": "tls", "path": ""},
    "login": ADDRESS,
}
NEW = {"address": ADDRESS, "servers": SERVERS, "password": SECRET}


@dataclass
class Doors:
    """Whoever `actor` is stands before them."""

    client: httpx.AsyncClient
    house: Database
    actor: Actor

    async def link(self, kind: str = "imap") -> dict[str, Any]:
        answer = await self.client.post("/linked-accounts", json={**NEW, "kind": kind})
        assert answer.status_code == 201, answer.text
        assert SECRET not in answer.text
        linked: dict[str, Any] = answer.json()
        return linked


@pytest.fixture
async def doors(house: Database, workspace: Workspace) -> AsyncIterator[Doors]:
    with DnsServer({"nomail.example": {"MX": [(0, "")]}}) as dns:
        resolver = open_resolver(dns.address, first_try=0.5, tries=1)
        house.provide(way_out(resolver, private_hosts=False))
        standing = Doors(httpx.AsyncClient(), house, make_actor(workspace))
        async with at_the_doors(house, lambda: standing.actor, router) as client:
            standing.client = client
            yield standing
        await resolver.close()


async def test_a_provider_and_its_steps_in_both_languages(doors: Doors):
    answer = await doors.client.post("/linked-accounts/detection", json={"address": "A@QQ.com"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["address"] == "a@qq.com"
    assert found["provider"]["name"] == {"zh": "QQ 邮箱", "en": "QQ Mail"}
    assert found["provider"]["secret"] == "code"
    assert found["provider"]["steps"][0]["zh"].startswith("用浏览器登录 QQ 邮箱")
    imap = found["servers"][0]
    assert (imap["host"], imap["port"], imap["login"]) == ("imap.qq.com", 993, "a@qq.com")
    assert (imap["way"], imap["vouched"]) == ("provider", True)


async def test_addresses_that_cannot_be_linked(doors: Doors, workspace: Workspace):
    ask = doors.client.post
    for address, status in ((workspace.address, 409), ("x@acme.example", 422), ("nobody", 422)):
        answer = await ask("/linked-accounts/detection", json={"address": address})
        assert answer.status_code == status, answer.text
    nowhere = await ask("/linked-accounts/detection", json={"address": "x@nomail.example"})
    assert nowhere.json()["takes_no_mail"] is True


async def test_a_trial_does_not_look_into_our_own_network(doors: Doors):
    incoming = {"host": "127.0.0.1", "port": free_port(), "security": "plain"}
    servers = SERVERS | {"incoming": incoming}
    answer = await doors.client.post("/linked-accounts/trial", json=NEW | {"servers": servers})
    trial = answer.json()
    assert trial["steps"][0] == {
        "name": "reach",
        "outcome": "failed",
        "error": "forbidden",
        "said": "",
    }
    assert (trial["ok"], trial["signed_in"]) == (False, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": ""},
        {"kind": "graph"},
        {"kind": "carrier pigeon"},
        {"servers": SERVERS | {"login": "a\r\nb"}},
        {"servers": SERVERS | {"incoming": {"host": "", "port": 993}}},
        {"servers": SERVERS | {"incoming": {"host": "imap.example", "port": 0}}},
        {"servers": SERVERS | {"incoming": {"host": "imap.example", "security": "perhaps"}}},
    ],
)
async def test_what_cannot_be_right_is_not_tried(doors: Doors, wrong: dict[str, Any]):
    answer = await doors.client.post("/linked-accounts/trial", json=NEW | wrong)
    assert answer.status_code in (400, 422), answer.text


async def test_from_linking_to_unlinking(doors: Doors):
    linked = await doors.link()
    assert linked["state"] == "active"
    assert linked["history_done_at"] is None
    path = f"/linked-accounts/{linked['id']}"
    (item,) = (await doors.client.get("/linked-accounts")).json()["items"]
    assert item == linked
    detail = (await doors.client.get(path)).json()
    assert detail["servers"] == SERVERS | {"outgoing_login": ""}
    assert [act["act"] for act in detail["acts"]] == ["linked"]
    assert (await doors.client.post(f"{path}/pause")).json()["state"] == "paused"
    assert (await doors.client.post(f"{path}/resume")).json()["state"] == "active"
    assert (await doors.client.delete(path)).status_code == 422  # what of the mail is to be said
    gone = await doors.client.delete(path, params={"keep_mail": "false"})
    assert gone.status_code == 204
    assert (await doors.client.get("/linked-accounts")).json() == {"items": []}
    assert (await doors.client.get(path)).status_code == 404


async def test_a_password_that_does_not_sign_in_is_not_kept(doors: Doors):
    linked = await doors.link()
    answer = await doors.client.put(
        f"/linked-accounts/{linked['id']}/secret", json={"password": "another one"}
    )
    assert answer.json()["signed_in"] is False
    async with doors.house.workspace(doors.actor.workspace_id) as tx:
        assert (await store.read_secret(tx, UUID(linked["id"]))).password == SECRET


async def test_how_long_mail_stays_is_asked_of_pop3_alone(doors: Doors):
    linked = await doors.link(kind="pop3")
    path = f"/linked-accounts/{linked['id']}"
    assert (await doors.client.get(path)).json()["keeping"] == {"days": None}
    assert (await doors.client.put(f"{path}/keeping", json={"days": 14})).status_code == 200
    read = (await doors.client.get(path)).json()
    assert (read["keeping"], read["acts"][0]["act"]) == ({"days": 14}, "keeping")
    assert (await doors.client.put(f"{path}/keeping", json={"days": -1})).status_code == 422
    await doors.client.delete(path, params={"keep_mail": "false"})
    path = f"/linked-accounts/{(await doors.link())['id']}"
    assert (await doors.client.get(path)).json()["keeping"] is None
    assert (await doors.client.put(f"{path}/keeping", json={"days": 14})).status_code == 422


async def test_extensions_are_switched_off_over_imap_alone(doors: Doors):
    path = f"/linked-accounts/{(await doors.link())['id']}"
    assert (await doors.client.get(path)).json()["avoiding"] == {"extensions": []}
    changed = await doors.client.put(f"{path}/avoiding", json={"extensions": ["idle", "QRESYNC"]})
    assert changed.status_code == 200
    read = (await doors.client.get(path)).json()
    assert read["avoiding"] == {"extensions": ["IDLE", "QRESYNC"]}
    assert read["acts"][0]["act"] == "extensions"
    nonsense = await doors.client.put(f"{path}/avoiding", json={"extensions": ["IDLE; rm"]})
    assert nonsense.status_code == 422
    await doors.client.delete(path, params={"keep_mail": "false"})
    path = f"/linked-accounts/{(await doors.link(kind='pop3'))['id']}"
    assert (await doors.client.get(path)).json()["avoiding"] is None
    refused = await doors.client.put(f"{path}/avoiding", json={"extensions": ["IDLE"]})
    assert refused.status_code == 422


async def test_others_are_not_let_in(doors: Doors):
    linked = await doors.link()
    path = f"/linked-accounts/{linked['id']}"
    doors.actor = replace(doors.actor, member_id=new_id(), role=Role.ADMIN)
    for answer in (
        await doors.client.get(path),
        await doors.client.post(f"{path}/pause"),
        await doors.client.post(f"{path}/resume"),
        await doors.client.put(f"{path}/secret", json={"password": "x"}),
        await doors.client.put(f"{path}/keeping", json={"days": 0}),
        await doors.client.put(f"{path}/avoiding", json={"extensions": []}),
        await doors.client.delete(path, params={"keep_mail": "true"}),
    ):
        assert answer.status_code == 404
        assert ADDRESS not in answer.text
    assert (await doors.client.get("/linked-accounts")).json() == {"items": []}


async def test_the_wall_is_for_administrators(doors: Doors, workspace: Workspace):
    await doors.link()
    doors.actor = replace(doors.actor, role=Role.MEMBER)
    assert (await doors.client.get("/linked-accounts/wall")).status_code == 403
    doors.actor = replace(doors.actor, member_id=new_id(), role=Role.ADMIN)
    (item,) = (await doors.client.get("/linked-accounts/wall")).json()["items"]
    assert item["member_address"] == workspace.address
    assert item["account"]["address"] == ADDRESS
    assert item["account"]["error_said"] == ""


async def test_a_key_for_mail_alone_links_nothing(doors: Doors):
    doors.actor = replace(doors.actor, scopes=frozenset())
    for method, path, body in (
        ("POST", "/linked-accounts/detection", {"address": ADDRESS}),
        ("POST", "/linked-accounts/trial", NEW),
        ("POST", "/linked-accounts", NEW),
        ("GET", "/linked-accounts", None),
    ):
        answer = await doors.client.request(method, path, json=body)
        assert answer.status_code == 403, path
