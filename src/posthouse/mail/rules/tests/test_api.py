"""The HTTP doors: the life of a script, its mistakes, and who may not come in."""

from uuid import uuid4

import httpx

from posthouse.foundation.db import Database
from tests.support.house import Workspace, make_workspace


async def test_the_life_of_a_script(client: httpx.AsyncClient, workspace: Workspace):
    box = f"/mailboxes/{workspace.mailbox_id}"
    assert (await client.get(f"{box}/scripts")).json()["items"] == []
    script = {"content": 'require "fileinto"; fileinto "归档";'}
    saved = await client.put(f"{box}/script", params={"name": "我的/规则"}, json=script)
    assert saved.status_code == 200
    (item,) = saved.json()["items"]
    assert (item["name"], item["active"], item["failure"]) == ("我的/规则", False, None)
    chosen = await client.put(f"{box}/active-script", json={"name": "我的/规则"})
    assert chosen.json()["items"][0]["active"]
    read = await client.get(f"{box}/script", params={"name": "我的/规则"})
    assert read.json() == {"name": "我的/规则", "active": True, **script}
    denied = await client.delete(f"{box}/script", params={"name": "我的/规则"})
    assert denied.status_code == 409
    await client.put(f"{box}/active-script", json={"name": None})
    gone = await client.delete(f"{box}/script", params={"name": "我的/规则"})
    assert gone.json()["items"] == []
    missing = await client.get(f"{box}/script", params={"name": "none"})
    assert missing.status_code == 404


async def test_mistakes_have_their_places(client: httpx.AsyncClient, workspace: Workspace):
    checked = await client.post("/scripts/check", json={"content": "keep;\n nonsense;"})
    (problem,) = checked.json()["problems"]
    assert (problem["line"], problem["column"]) == (2, 2)
    assert (await client.post("/scripts/check", json={"content": "keep;"})).json() == {
        "problems": []
    }
    box = f"/mailboxes/{workspace.mailbox_id}"
    refused = await client.put(f"{box}/script", params={"name": "a"}, json={"content": "no"})
    assert refused.status_code == 422
    assert "line 1" in refused.json()["detail"]


async def test_others_do_not_come_in(
    client: httpx.AsyncClient, house: Database, workspace: Workspace
):
    other = await make_workspace(house, "other.example", "bo")
    for mailbox_id in (other.mailbox_id, uuid4()):
        box = f"/mailboxes/{mailbox_id}"
        answers = [
            await client.get(f"{box}/scripts"),
            await client.get(f"{box}/script", params={"name": "a"}),
            await client.put(f"{box}/script", params={"name": "a"}, json={"content": "keep;"}),
            await client.put(f"{box}/active-script", json={"name": "a"}),
            await client.delete(f"{box}/script", params={"name": "a"}),
        ]
        assert {answer.status_code for answer in answers} == {404}
