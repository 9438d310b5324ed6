"""What the edge adds to the rooms: keys that count once, live changes, the page, health."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx

from posthouse.foundation.events import announce
from posthouse.foundation.ids import new_id
from posthouse.mail.accounts.events import AccountLocked
from posthouse.sending.outbox.events import MessagesQueued
from posthouse.servers.http.app import openapi_schema
from posthouse.servers.http.tests.conftest import Town
from tests.support.house import deliver, letter


async def test_a_repeated_post_counts_once(town: Town, anna: httpx.AsyncClient):
    contact = {"name": "Li Wei", "addresses": ["li.wei@kunde.example"]}
    key = {"Idempotency-Key": "one"}
    first = await anna.post("/contacts", json=contact, headers=key)
    again = await anna.post("/contacts", json=contact, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert len((await anna.get("/contacts")).json()["items"]) == 1
    other = await anna.post("/contacts", json={"name": "Wang"}, headers=key)
    assert (other.status_code, list(other.json()["fields"])) == (422, ["Idempotency-Key"])
    bob = await town.signed_in(town.bob)
    theirs = await bob.post("/contacts", json={"name": "Wang"}, headers=key)
    assert theirs.status_code == 201
    await bob.aclose()


async def test_repeats_at_the_same_moment_count_once(anna: httpx.AsyncClient):
    contact = {"name": "Li Wei"}
    answers = await asyncio.gather(
        *(
            anna.post("/contacts", json=contact, headers={"Idempotency-Key": "two"})
            for _ in range(6)
        )
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len((await anna.get("/contacts")).json()["items"]) == 1


async def test_a_refused_post_is_refused_again(anna: httpx.AsyncClient):
    for _ in range(2):
        answer = await anna.post(
            "/contacts", json={"name": ""}, headers={"Idempotency-Key": "three"}
        )
        assert answer.status_code == 422


async def test_changes_are_pushed_to_who_may_see_them(town: Town, anna: httpx.AsyncClient):
    bob = await town.signed_in(town.bob)
    async with anna.stream("GET", "/live") as hers, bob.stream("GET", "/live") as his:
        assert hers.headers["content-type"].startswith("text/event-stream")
        for_anna, for_bob = _events(hers), _events(his)
        (filed,) = await deliver(town.house, town.anna, letter(message_id="1@k"))
        change = await asyncio.wait_for(anext(for_anna), 5)
        assert change == {
            "what": "threads",
            "ids": [str(filed.thread_id)],
            "mailbox": str(town.anna.mailbox_id),
            "folders": [str(filed.folder_id)],
        }
        await deliver(town.house, town.bob, letter(message_id="2@k"))
        change = await asyncio.wait_for(anext(for_bob), 5)
        assert change["mailbox"] == str(town.bob.mailbox_id)
    await bob.aclose()


async def test_who_runs_the_workspace_hears_of_its_queue(town: Town, anna: httpx.AsyncClient):
    async with anna.stream("GET", "/live") as hers:
        for_anna = _events(hers)
        async with town.house.workspace(town.anna.id) as tx:
            announce(tx, MessagesQueued(outbox_message_ids=[], mailbox_message_ids=[]))
        assert await asyncio.wait_for(anext(for_anna), 5) == {"what": "queue"}


async def test_a_linked_account_that_is_locked_is_heard_of(town: Town, anna: httpx.AsyncClient):
    async with anna.stream("GET", "/live") as hers:
        for_anna = _events(hers)
        async with town.house.workspace(town.anna.id) as tx:
            announce(tx, AccountLocked(account_id=new_id()))
        assert await asyncio.wait_for(anext(for_anna), 5) == {"what": "accounts"}


async def test_the_push_ends_with_the_session(town: Town, anna: httpx.AsyncClient):
    other = await town.signed_in(town.anna)
    async with other.stream("GET", "/live") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await anna.delete("/sessions")
        async with asyncio.timeout(5):
            assert [line async for line in lines if line] == []
    await other.aclose()


async def test_the_page_is_served_with_its_policy(town: Town):
    async with httpx.AsyncClient(base_url=town.url) as client:
        page = await client.get("/mail/inbox")
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        missing = await client.get("/api/v1/nothing")
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"
        assert (await client.get("/assets/../../../etc/passwd")).status_code in (404, 200)
        assert "root:" not in (await client.get("/assets/%2e%2e/%2e%2e/etc/passwd")).text


async def test_health_and_figures(town: Town):
    async with httpx.AsyncClient(base_url=town.url) as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/readyz")).text == "ready\n"
        assert "posthouse_sign_ins_total" in (await client.get("/metrics")).text
        far = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        assert far.status_code == 401


async def test_the_description_fits_the_doors(anna: httpx.AsyncClient):
    described = (await anna.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert described == json.loads(json.dumps(openapi_schema()))
    assert {"/api/v1/threads", "/api/v1/messages/{message_id}/raw"} <= set(described["paths"])


async def _events(stream: httpx.Response) -> AsyncIterator[dict[str, object]]:
    async for line in stream.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
